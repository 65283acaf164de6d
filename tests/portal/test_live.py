"""A request's page that is looked at while its request moves, in a real browser."""

from playwright.sync_api import Page, Route, expect
from sqlmodel import Session

from services import identity, requests, tasks, timeline
from store.database import Database
from store.requests import Request, StageState
from store.tasks import Audience, Task, TaskStatus
from tests.people import People
from tests.portal.browsing import PHONE, Open
from tests.portal.scenes import asked, moved, told
from tests.portal.test_in_browser import loan

__all__ = ["loan"]


def seal(session: Session, request_id: str) -> None:
    requests.seal(session, timeline.locked(session, request_id))


def cancel(session: Session, request_id: str) -> None:
    """What was asked is not asked any longer."""
    request = timeline.locked(session, request_id)
    for task in tasks.open_tasks(session, request_id, Audience.CUSTOMER):
        tasks.close(
            session, session.get_one(Task, task.id), TaskStatus.CANCELLED, request.created_at
        )


def listening(page: Page) -> None:
    expect(page.get_by_text("Updates by itself")).to_be_visible()


def test_new_entries_are_marked_by_a_word_and_read_out(
    page: Open, loan: Request, database: Database
) -> None:
    customer = page(f"/requests/{loan.reference}")
    listening(customer)
    database.write_now(told, loan.id, "requests.going_on")
    first = customer.locator("ol.story li").first
    expect(first.locator(".fresh")).to_have_text("New")
    expect(customer.locator("[data-live-news]")).to_have_text(
        "The problem on our side is solved and your request goes on."
    )
    database.write_now(moved, loan.id, "documents", StageState.DONE)
    database.write_now(moved, loan.id, "assessment", StageState.IN_PROGRESS)
    expect(customer.locator("ol.track [aria-current]")).to_contain_text("Assessment")
    expect(first.locator(".fresh")).to_have_text("New")


def test_the_focus_is_never_taken(page: Open, loan: Request, database: Database) -> None:
    customer = page(f"/requests/{loan.reference}")
    listening(customer)
    link = customer.get_by_role("link", name="Withdraw the request")
    link.focus()
    database.write_now(seal, loan.id)
    database.write_now(told, loan.id, "requests.going_on")
    expect(customer.locator("ol.story li").first).to_contain_text("goes on")
    expect(link).to_be_focused()
    customer.get_by_label("Your message to us").focus()
    expect(link).to_have_count(0)
    expect(customer.get_by_label("Your message to us")).to_be_focused()


def test_a_form_under_way_stays_when_more_is_asked_and_when_it_is_not_asked_any_longer(
    page: Open, loan: Request, database: Database
) -> None:
    customer = page(f"/requests/{loan.reference}")
    listening(customer)
    database.write_now(asked, loan.id, "loan-offer", Audience.CUSTOMER)
    database.write_now(told, loan.id, "requests.going_on")
    customer.get_by_label("I accept it").check()
    database.write_now(asked, loan.id, "loan-documents", Audience.CUSTOMER)
    database.write_now(told, loan.id, "requests.going_on")
    expect(customer.locator("section.ask")).to_have_count(3)
    expect(customer.get_by_label("I accept it")).to_be_checked()
    customer.get_by_label("Your message to us").focus()
    database.write_now(cancel, loan.id)
    database.write_now(told, loan.id, "requests.going_on")
    expect(customer.locator("section.ask")).to_have_count(1)
    expect(customer.get_by_text("This is no longer asked.")).to_be_visible()
    expect(customer.get_by_label("I accept it")).to_be_checked()


def test_a_server_that_was_away_is_found_again(
    page: Open, loan: Request, database: Database
) -> None:
    customer = page(f"/requests/{loan.reference}")
    listening(customer)
    away = [True]

    def answer(route: Route) -> None:
        if away:
            route.fulfill(status=503, body="away")
        else:
            route.continue_()

    customer.route("**/events?*", answer)
    customer.evaluate("dispatchEvent(new Event('online'))")
    expect(customer.get_by_text("Not connected; reload for news")).to_be_visible()
    expect(customer.get_by_role("link", name="Look for news")).to_be_visible()
    database.write_now(told, loan.id, "requests.going_on")
    away.clear()
    listening(customer)
    expect(customer.locator("ol.story li").first).to_contain_text("goes on")
    expect(customer.get_by_role("link", name="Look for news")).to_be_hidden()


def test_whoever_is_signed_out_elsewhere_is_told_so(
    page: Open, loan: Request, database: Database, people: People
) -> None:
    customer = page(f"/requests/{loan.reference}")
    listening(customer)
    database.write_now(identity.close_sessions, people["customer"].account_id)
    database.write_now(told, loan.id, "requests.going_on")
    expect(customer.get_by_text("You are signed out")).to_be_visible()


def test_on_a_phone_a_hint_stays_in_sight_until_what_is_asked_is(page: Open, loan: Request) -> None:
    customer = page(f"/requests/{loan.reference}", viewport=PHONE)
    hint = customer.locator(".needs-hint")
    customer.locator("#part-files").scroll_into_view_if_needed()
    expect(hint).to_be_in_viewport()
    hint.click()
    expect(customer.locator("section.ask").first).to_be_in_viewport()
    expect(hint).to_be_hidden()
