"""Every catalog item in every language, from signing in to a timeline that moves by itself.

Nothing here is pretended: portal, worker and Temporal are processes, and the browser is a browser.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Locator, Page, expect

from catalog.forms.rules import DAY, day_limit
from ground.messages import translate
from settings import ROOT
from tests.real.installation import Installation

pytestmark = pytest.mark.xdist_group("walks")

ITEMS = ("address-change", "case-routing", "loan-request", "plan-upgrade")
LANGUAGES = ("en", "es", "pt")
MOVES_WITHIN = 30_000
"""Milliseconds until something must have happened to a request by itself."""
MOST_PAGES = 10


@pytest.fixture(scope="module")
def ventanilla(installations: Callable[..., Installation]) -> Installation:
    """One installation for all walks."""
    installation = installations()
    installation.start_and_wait()
    return installation


@pytest.fixture
def page(browser: Browser, ventanilla: Installation) -> Iterator[Page]:
    """A page of a browser that has never been here."""
    context = browser.new_context(base_url=ventanilla.url, viewport={"width": 390, "height": 800})
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    yield page
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("item", ITEMS)
def test_from_signing_in_to_a_timeline_that_moves(
    page: Page, ventanilla: Installation, item: str, language: str
) -> None:
    definition = yaml.safe_load((ROOT / "catalog_defs" / f"{item}.yaml").read_text())
    sign_in(page, ventanilla, language)
    page.get_by_role("link", name=definition["title"][language]).first.click()
    expect(page.locator("h1")).to_have_text(definition["title"][language])
    page.locator(f'a.button[href="/catalog/{item}/form"]').click()
    fill_in(page, definition["examples"][0]["answers"])
    page.locator("main form button.button").click()
    expect(page.locator(".reference").first).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("ol.story")).to_contain_text(received(page, language))
    assert_moves(page)


def sign_in(page: Page, ventanilla: Installation, language: str) -> None:
    """Sign in, and go on in the language."""
    page.goto("/")
    page.locator("#email").fill("customer@example.com")
    page.locator("#password").fill(ventanilla.password)
    page.locator("main button[type=submit]").click()
    page.get_by_role("button", name="Sign out").wait_for()
    page.goto("/catalog")
    page.locator(f'footer button[lang="{language}"]').click()
    expect(page.locator("html")).to_have_attribute("lang", language)


def received(page: Page, language: str) -> str:
    """The first line of the timeline."""
    reference = page.locator(".reference").first.inner_text()
    return translate(language, "requests.submitted", {"reference": reference})


def assert_moves(page: Page) -> None:
    """The page shows, without being loaded again, that the workflow has taken a step."""
    page.evaluate("window.stillHere = true")
    reached = page.locator("ol.track li:not(.pending)")
    expect(reached.nth(1)).to_be_visible(timeout=MOVES_WITHIN)
    assert page.evaluate("window.stillHere") is True


# Filling in whatever form there is


def fill_in(page: Page, answers: dict[str, Any]) -> None:
    """Go through all pages of the form with an example's answers, up to the review."""
    for _ in range(MOST_PAGES):
        if page.url.partition("?")[0].endswith("/review"):
            return
        before = page.url
        fill_page(page, flat(answers))
        page.locator("form#form .actions button[value=continue]").click()
        assert page.locator("#summary").all_inner_texts() == []
        expect(page).not_to_have_url(before)
    pytest.fail("the form has no end")


def flat(answers: dict[str, Any], within: str = "") -> dict[str, Any]:
    """Answers by the names of their fields."""
    found: dict[str, Any] = {}
    for name, value in answers.items():
        if isinstance(value, dict):
            found |= flat(value, f"{within}{name}.")
        else:
            found[within + name] = value
    return found


def fill_page(page: Page, answers: dict[str, Any]) -> None:
    """Answer every question of the page, those too that answers bring up."""
    done: set[str] = set()
    while names := [name for name in asked(page) if name not in done]:
        done.add(names[0])
        answer(page, names[0], answers.get(names[0]))


def asked(page: Page) -> list[str]:
    """The names of the questions, in order, once the page has come to rest."""
    settle(page)
    inputs = page.locator("form#form").locator(
        "input:not([type=hidden], [type=file]), select, textarea"
    )
    return list(dict.fromkeys(inputs.evaluate_all("all => all.map((one) => one.name)")))


def settle(page: Page) -> None:
    """Wait until the form has brought up whatever follows from the last answer."""
    expect(page.locator("form#form[aria-busy]")).to_have_count(0)


def answer(page: Page, name: str, value: Any) -> None:
    """Put an answer into its field; what the example leaves out stays as it is."""
    fields = page.locator(f'form#form [name="{name}"]:not([type=hidden])')
    kind = fields.first.evaluate("one => one.type")
    if isinstance(value, str) and value.startswith("option:"):
        choose_any(page, fields)
    elif value is None:
        return
    elif kind in ("radio", "checkbox"):
        for one in value if isinstance(value, list) else [value]:
            page.locator(f'[name="{name}"][value="{coded(one)}"]').check()
    elif kind == "select-one":
        choose(fields, str(value))
    else:
        fields.fill(typed(fields, value))
        fields.blur()


def choose_any(page: Page, fields: Locator) -> None:
    """The first choice that leaves something to choose afterwards."""
    for number in range(fields.count()):
        fields.nth(number).check()
        settle(page)
        if page.locator("fieldset.choices:not(:has([type=radio], [type=checkbox]))").count() == 0:
            return
    pytest.fail("there is nothing left to choose")


def choose(field: Locator, value: str) -> None:
    """An option by its value, else by its title."""
    known = field.locator("option").evaluate_all("all => all.map((one) => one.value)")
    field.select_option(value=value) if value in known else field.select_option(label=value)


def coded(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def typed(field: Locator, value: Any) -> str:
    """What a person types: days as days, amounts in whole euros."""
    if isinstance(value, str) and DAY.fullmatch(value):
        return day_limit(value, date.today()).isoformat()
    if field.locator("xpath=ancestor::*[contains(@class, 'money')]").count():
        return str(value // 100)
    return str(value)
