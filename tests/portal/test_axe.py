"""Nothing on any page, in any of its states, stands in anybody's way.

Each scene of the showroom is looked at by axe on a telephone and on a desk, once light and once
dark, in one of the languages (the pages of items' forms on a telephone); in all languages nothing
scrolls sideways at 320 pixels, and the keyboard reaches everything and comes round again. A new
page needs its scenes: `SCENES` in `showroom.py`.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, Response

from api.languages import LANGUAGE_COOKIE
from ground.messages import languages
from store.database import Database
from tests.portal.serving import served
from tests.portal.showroom import NO_PAGES, SCENES, Scene, Showroom, page_routes, showroom

Scheme = Literal["light", "dark"]

PHONE = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 800}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

LOOK = """options => axe.run(document, {...options, resultTypes: ["violations"]}).then(found =>
  found.violations.flatMap(one => one.nodes.map(node =>
    `${one.id}: ${one.help}: ${node.target.join(" ")}: ${node.html.slice(0, 160)}`)))"""
RULES: dict[str, Any] = {"runOnly": {"type": "tag", "values": TAGS}}

SIDEWAYS = """() => {
  const page = document.documentElement
  if (page.scrollWidth <= page.clientWidth) return []
  return [...document.body.querySelectorAll("*")]
    .filter(one => one.getBoundingClientRect().right > page.clientWidth + 0.5)
    .map(one => one.outerHTML.slice(0, 120))
}"""
SMALL_TARGETS = """() =>
  [...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((one) => one.checkVisibility() && !one.closest(".unseen, .skip, [inert]"))
  .filter((one) => !one.closest("label"))
  .filter((one) => !one.closest("p, dd, li:not(:has(> a:only-child))") || one.tagName !== "A")
  .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
HEADINGS = "() => document.querySelectorAll('h1').length"


@dataclass
class Looker:
    """A browser that looks at scenes; `answers` are the statuses of the pages it was shown."""

    browser: Browser
    url: str
    room: Showroom
    answers: list[int] = field(default_factory=list)

    def open(
        self, scene: Scene, language: str, size: dict[str, int], scheme: Scheme = "light"
    ) -> Page:
        """The scene, in a language and a size, in the one window that there is."""
        page = self.page
        page.context.clear_cookies()
        page.context.add_cookies(self.cookies(scene.who, language))  # type: ignore[arg-type]
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        self.answers.clear()
        page.goto(self.url + self.room.address(scene))
        scene.act(page)
        assert self.answers[-1] == scene.status, f"{scene}: {self.answers}"
        assert page.locator("html").get_attribute("lang") == language, scene
        return page

    @cached_property
    def page(self) -> Page:
        """The window, which fails the test that is running when a script fails."""
        # Pages are kept for offline use by fetching more of them, which nobody looks at here.
        page = self.browser.new_page(service_workers="block")
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
        page.on("response", self.note)
        return page

    def note(self, answer: Response) -> None:
        """Remember the status of what the window shows, not of files nor of steps on the way."""
        if answer.request.is_navigation_request() and answer.status not in (302, 303):
            self.answers.append(answer.status)

    def cookies(self, who: str, language: str) -> list[dict[str, str]]:
        given = {LANGUAGE_COOKIE: language}
        if who:
            given[self.room.app.state.cookie_name] = self.room.people.tokens[who]
        return [{"name": name, "value": value, "url": self.url} for name, value in given.items()]


@pytest.fixture(scope="module")
def room(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Showroom]:
    """One showroom for all scenes."""
    folder = tmp_path_factory.mktemp("showroom")
    database = Database(f"sqlite:///{shutil.copy(furnished, folder / 'ventanilla.db')}")
    with showroom(database, folder) as room:
        yield room
    database.close()


@pytest.fixture(scope="module")
def looker(browser: Browser, room: Showroom) -> Iterator[Looker]:
    with served(room.app) as url:
        looker = Looker(browser, url, room)
        yield looker
        looker.page.close()


def spoken(number: int) -> tuple[str, ...]:
    """The languages, beginning with another one for each scene."""
    all_languages = sorted(languages())
    turn = number % len(all_languages)
    return (*all_languages[turn:], *all_languages[:turn])


def in_group(scene: Scene) -> pytest.MarkDecorator:
    """The scenes are shared by two; each has a browser of its own."""
    return pytest.mark.xdist_group("axe-forms" if scene.of_item else "axe-pages")


@pytest.mark.parametrize("route", NO_PAGES)
def test_what_is_not_looked_at_is_no_page(looker: Looker, route: str) -> None:
    who, address, expected = NO_PAGES[route]
    named = address.format_map(looker.room.names)
    headers = {"Cookie": "; ".join(f"{c['name']}={c['value']}" for c in looker.cookies(who, "en"))}
    with TestClient(looker.room.app, headers=headers, follow_redirects=False) as client:
        answer = client.get(named)
    kind = answer.headers.get("content-type", "").partition(";")[0]
    assert (kind if answer.status_code == 200 else str(answer.status_code)) == expected


NUMBERED = [
    pytest.param(number, scene, id=str(scene), marks=in_group(scene))
    for number, scene in enumerate(SCENES)
]


def test_every_page_is_looked_at(room: Showroom) -> None:
    shown = {scene.route for scene in SCENES} - {"error"}
    assert page_routes(room.app) - {"/fails/{status}"} == shown | set(NO_PAGES)
    assert not shown & set(NO_PAGES)


@pytest.mark.parametrize(("number", "scene"), NUMBERED)
def test_nothing_stands_in_anybodys_way(looker: Looker, number: int, scene: Scene) -> None:
    first, *others = spoken(number)
    light_first = number % 2 == 0
    page = looker.open(scene, first, PHONE, "light" if light_first else "dark")
    page.evaluate(AXE_SCRIPT)
    found = {"phone": looked_at(page)}
    if not scene.of_item:
        page.emulate_media(color_scheme="dark" if light_first else "light")
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        found["desk"] = looked_at(page)
    for language in others:
        found[language] = looker.open(scene, language, PHONE).evaluate(SIDEWAYS)
    wrong = {when: what for when, what in found.items() if what}
    assert not wrong, "\n".join([f"{scene} in {first}", *lines(wrong)])


def looked_at(page: Page) -> list[str]:
    """Everything that is wrong with the page as it stands."""
    found: list[str] = page.evaluate(LOOK, RULES)
    found += [f"sideways: {one}" for one in page.evaluate(SIDEWAYS)]
    found += [f"small target: {one}" for one in page.evaluate(SMALL_TARGETS)]
    return found + ([] if page.evaluate(HEADINGS) == 1 else ["not exactly one h1"])


def lines(wrong: dict[str, list[str]]) -> Iterator[str]:
    for when, found in wrong.items():
        yield f"  {when}"
        yield from (f"    {one}" for one in found)


# By keyboard alone

FIRST_SCENES = [
    pytest.param(scene, id=str(scene), marks=in_group(scene))
    for scene in {scene.route: scene for scene in SCENES}.values()
]
WATCH = """() => {
  window.stops = []
  addEventListener("focusin", ({target}) => {
    const around = [target, target.closest("label")].filter(Boolean)
    const seen = around.map(one => getComputedStyle(one)).some(look =>
      (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 0)
        || look.boxShadow !== "none")
    window.stops.push([target.outerHTML.slice(0, 120), seen])
  })
}"""
REACHABLE = """() => {
  const groups = new Set()
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter(one => one.checkVisibility() && !one.disabled && one.type !== "hidden")
    .filter(one => !one.closest("[inert]") && one.tabIndex >= 0)
    .filter(one => {
      if (one.type !== "radio") return true
      const chosen = document.querySelector(`input[name="${one.name}"]:checked`)
      if (chosen ? one !== chosen : groups.has(one.name)) return false
      groups.add(one.name)
      return true
    }).map(one => one.outerHTML.slice(0, 120))
}"""


@pytest.mark.parametrize("scene", FIRST_SCENES)
def test_the_keyboard_reaches_everything_and_leaves(looker: Looker, scene: Scene) -> None:
    page = looker.open(scene, "en", DESK)
    page.evaluate("document.activeElement.blur()")
    page.evaluate(WATCH)
    wanted = page.evaluate(REACHABLE)
    for _ in range(len(wanted) + 40):
        page.keyboard.press("Tab")
    stops = page.evaluate("window.stops")
    assert [html for html, seen in stops if not seen] == []
    assert stops.count(stops[0]) > 1, "the keyboard never comes round"
    reached = {html for html, _ in stops}
    assert [html for html in wanted if html not in reached] == []
