"""The journeys of people through the portal, in every language and on a telephone and a desk.

Nothing here is pretended: portal, worker and Temporal are processes, and the browser is a browser.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from catalog.forms.rules import DAY, day_limit
from ground.messages import translate
from settings import ROOT
from tests.real.artefacts import Camera
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


@dataclass(frozen=True)
class Look:
    """How somebody reads: the language, and the size of the window."""

    language: str
    size: str

    def __str__(self) -> str:
        return f"{self.language}-{self.size}"

    def says(self, key: str, **params: str) -> str:
        """A text of the portal as it is read here."""
        return translate(self.language, key, params)


SIZES = {"phone": {"width": 390, "height": 800}, "desk": {"width": 1280, "height": 800}}
LOOKS = [Look(language, size) for language in LANGUAGES for size in SIZES]
ONE_OF_EACH = [Look("en", "desk"), Look("es", "phone"), Look("pt", "desk")]

Open = Callable[[Look], Page]


@pytest.fixture
def device(browser: Browser, ventanilla: Installation) -> Iterator[Open]:
    """Opens browsers that have never been here."""
    contexts: list[BrowserContext] = []

    def open_page(look: Look) -> Page:
        size: Any = SIZES[look.size]
        context = browser.new_context(
            base_url=ventanilla.url, viewport=size, locale=look.language, reduced_motion="reduce"
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def camera(request: pytest.FixtureRequest) -> Camera:
    """Takes pictures under the name of the test."""
    name: str = request.node.name
    return Camera(name.removeprefix("test_").replace("[", "-").rstrip("]"))


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_from_signing_in_to_a_timeline_that_moves(
    device: Open, ventanilla: Installation, camera: Camera, item: str, language: str
) -> None:
    turn = ITEMS.index(item) + LANGUAGES.index(language)
    look = Look(language, list(SIZES)[turn % len(SIZES)])
    page = device(look)
    sign_in(page, ventanilla, look)
    find(page, item, look, camera)
    fill_in(page, example(item))
    camera.take(page, "review")
    page.locator("main form button.button").click()
    expect(page.locator(".reference").first).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("ol.story")).to_contain_text(received(page, look))
    assert_moves(page)
    camera.take(page, "request")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_request_is_changed_spoken_about_and_withdrawn(
    device: Open, ventanilla: Installation, camera: Camera, look: Look
) -> None:
    page = asked_for(device, ventanilla, look, "address-change")
    request = page.url.partition("?")[0]
    page.goto(f"{request}/amend")
    page.locator("main a[href*='/amend/form/']").first.click()
    page.locator("form#form input[type=text]").first.fill("Calle Nueva 7")
    camera.take(page, "amend")
    page.locator("form#form button.button[value=continue]").click()
    while not page.url.partition("?")[0].endswith(("/amend", "/amend/review")):
        page.locator("form#form button.button[value=continue]").click()
    page.locator("main form[action$='/amend/review'] button.button").first.click()
    expect(page.locator("main")).to_contain_text("Calle Nueva 7")
    page.locator("form[action$='/messages'] textarea").fill("Is this enough?")
    page.locator("form[action$='/messages'] button.button").first.click()
    expect(page.locator("ol.story")).to_contain_text("Is this enough?")
    camera.take(page, "message")
    page.goto(f"{request}/withdraw")
    camera.take(page, "withdraw")
    page.locator("main form[action$='/withdraw'] button").click()
    said = look.says("requests.status_withdrawn")
    expect(page.locator("header.request-head")).to_contain_text(said, timeout=MOVES_WITHIN)
    camera.take(page, "withdrawn")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_what_is_typed_on_one_device_is_sent_from_another(
    device: Open, ventanilla: Installation, camera: Camera, look: Look
) -> None:
    first, second = device(look), device(Look(look.language, other_size(look)))
    for page in (first, second):
        sign_in(page, ventanilla, look)
    first.goto("/catalog/suggest-improvement/form")
    fill_page(first, flat(example("suggest-improvement")))
    first.locator("form#form button.button[value=continue]").click()
    first.wait_for_url(re.compile("(?!.*form$)"))
    second.goto("/")
    camera.take(second, "begun")
    second.locator("main a[href^='/catalog/suggest-improvement']").first.click()
    camera.take(second, "item")
    second.goto("/catalog/suggest-improvement/form")
    fill_in(second, example("suggest-improvement"))
    second.locator("main form button.button").click()
    expect(second.locator(".reference").first).to_be_visible()


@pytest.mark.parametrize("look", ONE_OF_EACH, ids=str)
def test_staff_ask_back_the_customer_answers_and_reads_the_end(
    device: Open, ventanilla: Installation, camera: Camera, look: Look
) -> None:
    customer = asked_for(device, ventanilla, look, "suggest-improvement")
    agent = device(look)
    sign_in(agent, ventanilla, look, "agent2@example.com")
    decide(agent, customer, "ask", camera)
    question = customer.locator("section.ask")
    question.locator("textarea").fill("On the first page.", timeout=MOVES_WITHIN)
    camera.take(customer, "asked")
    question.locator(".actions button.button").click()
    decide(agent, customer, "decline", camera)
    ended = look.says("requests.status_completed")
    expect(customer.locator("header.request-head")).to_contain_text(ended, timeout=MOVES_WITHIN)
    camera.take(customer, "end")


def decide(agent: Page, customer: Page, decision: str, camera: Camera) -> None:
    """Take the task of the customer's request, and answer it."""
    reference = customer.locator(".reference").first.inner_text()
    mine = agent.locator("main a[href^='/tasks/']", has_text=reference).first
    for _ in range(60):
        agent.goto("/tasks")
        if mine.count():
            break
        agent.wait_for_timeout(250)
    mine.click()
    agent.locator("form[action$='/claim'] button").click()
    agent.locator(f'form [name=decision][value="{decision}"]').check()
    settle(agent)
    for promise in agent.locator("form#form input[type=checkbox]").all():
        promise.check()
    camera.take(agent, decision)
    agent.locator("form#form .actions button.button").click()
    expect(agent.locator(f'form#form [value="{decision}"]')).to_have_count(0)


@pytest.mark.parametrize("look", ONE_OF_EACH, ids=str)
def test_a_service_is_retired_and_brought_back(
    device: Open, ventanilla: Installation, camera: Camera, look: Look
) -> None:
    """What a designer publishes is in the catalog of customers at once."""
    item, designer, customer = "complain", device(look), device(look)
    sign_in(customer, ventanilla, look)
    sign_in(designer, ventanilla, look, "designer@example.com")
    for ability, status in (("retire", 404), ("restore", 200)):
        designer.goto(f"/definitions/{item}")
        camera.take(designer, ability)
        with designer.expect_navigation():
            designer.locator(f"button[name=_action][value={ability}]").first.click()
        answer = customer.goto(f"/catalog/{item}")
        assert answer
        assert answer.status == status


def other_size(look: Look) -> str:
    return next(size for size in SIZES if size != look.size)


def example(item: str) -> dict[str, Any]:
    """The answers of an item's first example, as its file says them."""
    answers: dict[str, Any] = definition(item)["examples"][0]["answers"]
    return answers


def definition(item: str) -> dict[str, Any]:
    """An item's file."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "catalog_defs" / f"{item}.yaml").read_text())
    return found


def sign_in(
    page: Page, ventanilla: Installation, look: Look, email: str = "customer@example.com"
) -> None:
    """Sign in, and go on in the language."""
    page.goto("/sign-in?next=/catalog")
    page.locator("#email").fill(email)
    page.locator("#password").fill(ventanilla.password)
    page.locator("main button[type=submit]").click()
    page.locator(f'footer button[lang="{look.language}"]').click()
    expect(page.locator("html")).to_have_attribute("lang", look.language)


def find(page: Page, item: str, look: Look, camera: Camera) -> None:
    """Look for an item by its title, read about it, and begin."""
    title = definition(item)["title"][look.language]
    page.goto("/catalog")
    page.locator("main input[type=search]").first.fill(title)
    page.locator("main input[type=search]").first.press("Enter")
    page.locator(f'main a[href^="/catalog/{item}"]').first.click()
    expect(page.locator("h1")).to_have_text(title)
    camera.take(page, "item")
    page.locator(f'a.button[href^="/catalog/{item}/"]').first.click()


def asked_for(device: Open, ventanilla: Installation, look: Look, item: str) -> Page:
    """The page of a request that has just been sent."""
    page = device(look)
    sign_in(page, ventanilla, look)
    page.goto(f"/catalog/{item}/drafts/new")
    fill_in(page, example(item))
    page.locator("main form button.button").click()
    expect(page.locator(".reference").first).to_be_visible()
    return page


def received(page: Page, look: Look) -> str:
    """The first line of the timeline."""
    return look.says("requests.submitted", reference=page.locator(".reference").first.inner_text())


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
