"""Without a connection, in a real browser: forms are filled in, kept, and sent exactly once."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect
from sqlmodel import Session, col, func, select

from store.database import Database
from store.drafts import Draft
from store.requests import Request
from tests.people import People
from tests.portal.line import Line, line_to
from tests.portal.serving import served
from tests.services.test_document_types import PDF

FORM = "/catalog/suggest-improvement/form"
IDEA = "Show the due date on the first page"
Enter = Callable[[str], Page]
KEPT = """(await Promise.all((await caches.keys()).map(async (name) =>
  (await (await caches.open(name)).keys()).filter((one) => one.url.includes("/form/")).length)))
  .some((count) => count === 2)"""
"""Both pages of the form are on the device."""


@pytest.fixture
def line(app: FastAPI) -> Iterator[Line]:
    """The line to the portal."""
    with served(app) as address, line_to(address) as (line, _):
        yield line


@pytest.fixture
def device(browser: Browser, line: Line) -> Iterator[BrowserContext]:
    """A browser on one device, with room of its own to keep things in."""
    context = browser.new_context(base_url=f"http://127.0.0.1:{line.port}", locale="en-GB")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def sign_in(device: BrowserContext, app: FastAPI, people: People) -> Iterator[Enter]:
    """Sign somebody in on the device, whose app is installed then."""

    failures: list[str] = []

    def enter(who: str) -> Page:
        cookie = {"name": app.state.cookie_name, "value": people.tokens[who]}
        device.add_cookies([{**cookie, "url": "http://127.0.0.1"}])  # type: ignore[typeddict-item]
        page = device.new_page()
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto("/catalog")
        until(page, "!!navigator.serviceWorker.controller")
        page.reload()
        return page

    yield enter
    assert failures == []


def until(page: Page, condition: str) -> None:
    """Wait for something to be so on a page, whose policy forbids asking it to evaluate texts."""
    for _ in range(100):
        if page.evaluate(f"async () => {condition}"):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"not so: {condition}")


def made(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Request)).one()


def ask(page: Page, what: str, **more: Any) -> Any:
    """What the service worker answers."""
    return page.evaluate(
        """([ask, more]) => new Promise(async (resolve) => {
          const { active } = await navigator.serviceWorker.ready;
          const channel = new MessageChannel();
          channel.port1.onmessage = ({ data }) => resolve(data);
          active.postMessage({ ask, ...more }, [channel.port2]);
        })""",
        [what, more],
    )


def opened(page: Page) -> str:
    """Open the form while there is a connection, and wait until the device has it."""
    page.goto(FORM)
    address: str = page.url
    until(page, "(await caches.keys()).some((name) => name.length > 20)")
    until(page, KEPT)
    return address


def cut(line: Line, device: BrowserContext) -> None:
    line.down = True
    device.set_offline(True)


def mend(line: Line, device: BrowserContext) -> None:
    line.down = False
    device.set_offline(False)


def test_a_form_that_was_opened_is_filled_in_and_sent_without_a_connection(
    device: BrowserContext, line: Line, sign_in: Enter, database: Database
) -> None:
    page = sign_in("customer")
    before = database.read_now(made)
    opened(page)
    cut(line, device)
    fill_in(page)
    page.get_by_role("button", name="Send as soon as").click()
    expect(page.locator("[data-queue]")).to_contain_text("Waits for a connection")
    expect(page.locator("#offline")).to_contain_text("Waiting to be sent: 1")
    assert database.read_now(made) == before
    mend(line, device)
    expect(page.locator("[data-queue]")).to_contain_text("Sent")
    assert database.read_now(made) == before + 1
    expect(page.locator("#offline")).to_be_hidden()
    page.get_by_role("link", name="Open the request").click()
    expect(page.locator("main")).to_contain_text(IDEA)


def fill_in(page: Page, idea: str = IDEA) -> None:
    """Fill in the form from its first page to its review."""
    page.goto(FORM)
    first_page(page, idea)
    page.get_by_label("No, just take it").check()
    page.locator("main").get_by_role("button", name="Continue").click()
    expect(page.locator("[data-review]")).to_contain_text(idea)


def first_page(page: Page, idea: str = IDEA) -> None:
    page.get_by_label("Plans and prices").check()
    page.locator("[name=idea]").fill(idea)
    page.locator("[name=description]").fill("Nobody finds it today.")
    page.locator("main").get_by_role("button", name="Continue").click()


def queue_one(page: Page, line: Line, device: BrowserContext, idea: str = IDEA) -> None:
    """A request that waits on the device."""
    opened(page)
    cut(line, device)
    fill_in(page, idea)
    page.get_by_role("button", name="Send as soon as").click()
    expect(page.locator("[data-queue]")).to_contain_text("Waits for a connection")


def drafts_of(session: Session, people: People) -> list[Draft]:
    viewer = people["customer"]
    return list(session.exec(select(Draft).where(Draft.account_id == viewer.account_id)))


def test_an_answer_that_is_lost_five_times_makes_one_request(
    device: BrowserContext, line: Line, sign_in: Enter, database: Database
) -> None:
    page = sign_in("customer")
    before = database.read_now(made)
    queue_one(page, line, device)
    line.swallow, line.swallowing = b"POST /api/offline/requests", 5
    mend(line, device)
    for _ in range(12):
        ask(page, "send")
    expect(page.locator("[data-queue]")).to_contain_text("Sent")
    assert len(line.heard) == 6, line.heard
    assert database.read_now(made) == before + 1


def test_a_review_whose_answer_is_lost_is_sent_once(
    device: BrowserContext, line: Line, sign_in: Enter, database: Database
) -> None:
    page = sign_in("customer")
    before = database.read_now(made)
    opened(page)
    first_page(page)
    page.get_by_label("No, just take it").check()
    page.locator("main").get_by_role("button", name="Continue").click()
    line.swallow, line.swallowing = b"POST /catalog/suggest-improvement/review", 20
    page.locator("main").get_by_role("button", name="Send").click()
    expect(page).to_have_url(f"http://127.0.0.1:{line.port}/offline")
    ask(page, "send")
    expect(page.locator("[data-queue]")).to_contain_text("Sent")
    assert database.read_now(made) == before + 1


def test_what_is_refused_comes_back_with_everything_that_was_typed(
    device: BrowserContext, line: Line, sign_in: Enter, database: Database
) -> None:
    page = sign_in("customer")
    before = database.read_now(made)
    queue_one(page, line, device, idea="Hm")
    mend(line, device)
    expect(page.locator("[data-queue]")).to_contain_text("Not accepted yet")
    expect(page.locator("#offline")).to_contain_text("To be corrected: 1")
    assert database.read_now(made) == before
    page.get_by_role("link", name="Correct it and send it").click()
    expect(page.locator("[name=description]")).to_have_value("Nobody finds it today.")
    page.locator("[name=idea]").fill(IDEA)
    page.locator("main").get_by_role("button", name="Continue").click()
    page.locator("main").get_by_role("button", name="Continue").click()
    expect(page.locator("main")).to_contain_text(IDEA)
    page.locator("main").get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile("done=sent"))
    assert database.read_now(made) == before + 1


def test_what_is_typed_offline_goes_on_as_the_draft_when_there_is_a_connection(
    device: BrowserContext,
    line: Line,
    sign_in: Enter,
    database: Database,
    people: People,
) -> None:
    page = sign_in("customer")
    opened(page)
    cut(line, device)
    page.goto(FORM)
    first_page(page)
    page.goto(FORM)
    expect(page.locator("[name=idea]")).to_have_value(IDEA)
    expect(page.get_by_label("Plans and prices")).to_be_checked()
    assert database.read_now(drafts_of, people) == []
    mend(line, device)
    ask(page, "send")
    (draft,) = database.read_now(drafts_of, people)
    assert draft.answers["idea"] == IDEA


def test_answers_that_are_missing_are_told_before_they_are_queued(
    device: BrowserContext, line: Line, sign_in: Enter
) -> None:
    page = sign_in("customer")
    opened(page)
    cut(line, device)
    page.goto(FORM)
    first_page(page)
    page.locator("main").get_by_role("button", name="Continue").click()
    expect(page.locator("[data-missing]")).to_contain_text("Do you want to know")
    expect(page.locator("[data-send]")).to_be_hidden()
    page.locator("[data-missing] a").click()
    page.get_by_label("No, just take it").check()
    page.locator("main").get_by_role("button", name="Continue").click()
    expect(page.locator("[data-send]")).to_be_visible()


def test_a_file_that_is_chosen_offline_is_sent_with_the_request(
    device: BrowserContext, line: Line, sign_in: Enter, database: Database
) -> None:
    page = sign_in("customer")
    opened(page)
    cut(line, device)
    page.goto(FORM)
    file = {"name": "sketch.pdf", "mimeType": "application/pdf", "buffer": PDF}
    page.locator("[type=file][name=sketches]").set_input_files(file)  # type: ignore[arg-type]
    first_page(page)
    page.get_by_label("No, just take it").check()
    page.locator("main").get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send as soon as").click()
    mend(line, device)
    expect(page.locator("[data-queue]")).to_contain_text("Sent")
    latest = database.read_now(lambda session: session.exec(newest()).first())
    assert latest.answers["sketches"]


def newest() -> Any:
    return select(Request).order_by(col(Request.id).desc())


# Whose it is


def test_another_account_on_the_device_neither_sees_nor_sends_it(
    device: BrowserContext, line: Line, sign_in: Enter, database: Database
) -> None:
    page = sign_in("customer")
    before = database.read_now(made)
    queue_one(page, line, device)
    line.down = False
    device.set_offline(False)
    other = sign_in("customer2")
    other.goto("/offline")
    assert ask(other, "state")["queue"] == []
    expect(other.locator("[data-queue] li")).to_have_count(0)
    ask(other, "send")
    assert ask(other, "state")["account"] != ""
    cut(line, device)
    other.goto(FORM)
    expect(other.locator("h1")).to_have_text("On this device")
    mend(line, device)
    sent = database.read_now(lambda session: [one.customer_id for one in session.exec(newest())])
    assert len(sent) <= before + 1
    again = sign_in("customer")
    again.goto("/offline")
    expect(again.locator("[data-queue]")).to_contain_text("Sent")
    assert database.read_now(made) == before + 1


def answering(page: Page, how: str) -> list[str]:
    """Answer whatever a page asks, and note it."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        getattr(dialog, how)()

    page.on("dialog", answer)
    return asked


def test_signing_out_forgets_what_the_device_has_kept(
    device: BrowserContext, line: Line, sign_in: Enter
) -> None:
    page = sign_in("customer")
    opened(page)
    account = ask(page, "state")["account"]
    asked = answering(page, "accept")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    assert asked == []
    kept = page.evaluate("async () => (await caches.keys())")
    assert not [name for name in kept if account in name]
    assert ask(page, "state") == {"account": "", "forms": [], "queue": []}
    cut(line, device)
    page.goto(FORM)
    expect(page.locator("h1")).to_have_text("On this device")
    assert "Clara" not in page.content()


def test_signing_out_warns_of_what_would_be_lost(
    device: BrowserContext, line: Line, sign_in: Enter
) -> None:
    page = sign_in("customer")
    queue_one(page, line, device)
    asked = answering(page, "dismiss")
    page.get_by_role("button", name="Sign out").click()
    until(page, "true")
    page.wait_for_timeout(300)
    assert ["has not been sent" in one for one in asked] == [True]
    assert len(ask(page, "state")["queue"]) == 1
