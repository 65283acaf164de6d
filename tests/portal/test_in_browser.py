"""The portal in a real browser: what scripts add, what works without them, what assistive
technology finds."""

import re
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from ground import clock
from services import requests, timeline
from store.database import Database
from store.requests import Request, StageState, Status
from store.tasks import Audience
from tests.people import People
from tests.portal.browsing import PHONE, Open
from tests.portal.scenes import asked, moved, submitted, told
from tests.services.test_document_types import PDF

SOON = timedelta(days=14)


@pytest.fixture
def loan(database: Database, people: People) -> Request:
    """A loan request on which something has happened and something is asked."""
    loan = database.write_now(submitted, people["customer"])
    database.write_now(moved, loan.id, "received", StageState.DONE)
    database.write_now(moved, loan.id, "documents", StageState.WAITING_CUSTOMER)
    database.write_now(told, loan.id, "requests.trouble_cause", "staff", {"cause": "no answer"})
    database.write_now(asked, loan.id, "loan-documents", Audience.CUSTOMER)
    database.write_now(requests.write_message, people["customer"], loan.id, "Hello there")
    database.write_now(requests.write_message, people["agent"], loan.id, "Hello too")
    return loan


def finish(session: Any, request_id: str) -> None:
    request = timeline.locked(session, request_id)
    requests.close(session, request, Status.COMPLETED, clock.now())


def test_everything_can_be_done_with_the_keyboard(page: Open) -> None:
    customer = page("/catalog/address-change/form/contact")
    customer.keyboard.press("Tab")
    expect(customer.locator(".skip")).to_be_focused()
    customer.keyboard.press("Enter")
    expect(customer.locator("main")).to_be_focused()
    email = customer.locator("#email")
    for _ in range(5):
        customer.keyboard.press("Tab")
        if email.evaluate("one => one === document.activeElement"):
            break
    expect(email).to_be_focused()
    customer.keyboard.press("Enter")
    summary = customer.locator("#summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link").first.press("Enter")
    expect(customer.locator("#reason")).to_be_focused()


# Forms that keep themselves


def test_questions_follow_from_answers_at_once(page: Open) -> None:
    customer = page("/catalog/plan-upgrade/form/plan")
    expect(customer.get_by_text("Which plan do you want?")).to_have_count(0)
    customer.get_by_label("Fibre 300").check()
    customer.get_by_label("Fibre 600").wait_for()
    expect(customer.get_by_label("Fibre 300")).to_be_checked()
    expect(customer.locator(".saved")).to_contain_text("a few more questions")
    customer.get_by_label("Mobile 10 GB").check()
    customer.get_by_label("Mobile 50 GB").wait_for()
    expect(customer.get_by_label("Fibre 600")).to_have_count(0)


def test_typing_goes_on_while_questions_change(page: Open) -> None:
    customer = page("/catalog/case-routing/form/problem")
    story = customer.get_by_label("What happened?")
    story.fill("The router")
    customer.get_by_label("Internet, telephone or network").check()
    story.press_sequentially(" shows a red light.", delay=15)
    expect(customer.locator("#subtopic")).to_be_visible()
    expect(story).to_have_value("The router shows a red light.")
    expect(story).to_be_focused()


def test_what_is_typed_is_there_on_another_device(page: Open) -> None:
    first = page("/catalog/case-routing/form/problem")
    first.get_by_label("What happened?").fill("The router shows a red light.")
    first.get_by_label("What happened?").blur()
    expect(first.locator(".saved")).to_have_text("Saved")
    second = page("/catalog/case-routing/form/problem")
    expect(second.get_by_label("What happened?")).to_have_value("The router shows a red light.")


def test_the_browsers_own_back_loses_nothing(page: Open) -> None:
    customer = page("/catalog/address-change/form/contact")
    customer.get_by_label("E-mail").fill("half@typed")
    customer.goto("/catalog")
    customer.go_back()
    expect(customer.get_by_label("E-mail")).to_have_value("half@typed")


def test_a_mistake_goes_away_once_it_is_put_right(page: Open) -> None:
    customer = page("/catalog/loan-request/form/loan")
    customer.locator("button.button[value=continue]").click()
    expect(customer.locator("#amount-error")).to_contain_text("Enter how much you want to borrow.")
    customer.get_by_label("How much do you want to borrow?").fill("2500")
    customer.get_by_label("How much do you want to borrow?").blur()
    expect(customer.locator("#amount-error")).to_have_count(0)
    expect(customer.locator("#purpose-error")).to_have_count(1)


def test_files_are_sent_when_they_are_chosen(page: Open, tmp_path: Any) -> None:
    customer = page("/catalog/case-routing/form/problem")
    file = tmp_path / "invoice.pdf"
    file.write_bytes(PDF)
    customer.get_by_label("Files that show it").set_input_files(file)
    expect(customer.get_by_role("link", name="invoice.pdf")).to_be_visible()
    second = tmp_path / "letter.pdf"
    second.write_bytes(PDF)
    customer.get_by_label("Files that show it").set_input_files(second)
    expect(customer.locator(".files li")).to_have_count(2)
    too_large = tmp_path / "large.pdf"
    too_large.write_bytes(b"%PDF" + b"x" * 10_485_760)
    customer.get_by_label("Files that show it").set_input_files(too_large)
    expect(customer.locator(".sending")).to_contain_text("too large")
    customer.locator("button.button[value=continue]").click()
    expect(customer.locator(".files li")).to_have_count(2)


def test_a_lost_connection_is_said_and_nothing_is_lost(page: Open) -> None:
    customer = page("/catalog/case-routing/form/problem")
    customer.context.set_offline(True)
    customer.get_by_label("What happened?").fill("The router is dead.")
    customer.get_by_label("What happened?").blur()
    expect(customer.locator(".saved")).to_contain_text("stays on this page")
    customer.context.set_offline(False)
    customer.get_by_label("Internet, telephone or network").check()
    expect(customer.locator(".saved")).to_contain_text("a few more questions")
    expect(customer.get_by_label("What happened?")).to_have_value("The router is dead.")


# Without scripts


def test_a_request_is_made_without_scripts(page: Open) -> None:
    customer = page("/catalog", java_script_enabled=False, viewport=PHONE)
    customer.get_by_role("link", name="Change of address").click()
    customer.get_by_role("link", name="Start").click()
    customer.get_by_label("Street, number and the like").fill("Calle de Alcalá 50")
    customer.get_by_label("City or town").fill("Madrid")
    customer.get_by_label("Postal code").fill("28014")
    customer.get_by_label("Province, state or region").select_option("Madrid")
    customer.get_by_label("From which day").fill((date.today() + SOON).isoformat())
    customer.get_by_role("button", name="Continue").click()
    customer.get_by_label("I am moving house").check()
    customer.get_by_label("I confirm that this is my address").check()
    customer.get_by_role("button", name="Continue").click()
    customer.get_by_role("button", name="Send the request").click()
    expect(customer.get_by_text("We have received your request", exact=True)).to_be_visible()
    expect(customer.get_by_role("link", name="Look for news")).to_be_visible()


# Live


def test_a_request_moves_while_one_looks(page: Open, loan: Request, database: Database) -> None:
    customer = page(f"/requests/{loan.reference}")
    expect(customer.get_by_text("Updates by itself")).to_be_visible()
    customer.get_by_label("Your message to us").fill("I am still writing")
    database.write_now(moved, loan.id, "documents", StageState.DONE)
    database.write_now(moved, loan.id, "assessment", StageState.IN_PROGRESS)
    database.write_now(told, loan.id, "requests.going_on")
    expect(customer.locator("ol.story li").first).to_contain_text("your request goes on")
    expect(customer.locator("ol.track [aria-current]")).to_contain_text("Assessment")
    expect(customer.locator("[data-live-news]")).to_contain_text("your request goes on")
    expect(customer.get_by_label("Your message to us")).to_have_value("I am still writing")


def test_a_new_question_appears_and_can_be_answered(
    page: Open, loan: Request, database: Database
) -> None:
    customer = page(f"/requests/{loan.reference}")
    expect(customer.get_by_text("Updates by itself")).to_be_visible()
    database.write_now(asked, loan.id, "loan-offer", Audience.CUSTOMER)
    database.write_now(told, loan.id, "requests.going_on")
    customer.get_by_label("I accept it").check()
    customer.get_by_label("I will pay back the loan").check()
    offer = customer.locator("section.ask", has_text="Do you accept the offer?")
    offer.get_by_role("button", name="Send the answer").click()
    expect(customer.get_by_text("Thank you, we have your answer.")).to_be_visible()


def test_the_end_is_seen_without_reloading(page: Open, loan: Request, database: Database) -> None:
    customer = page(f"/requests/{loan.reference}")
    expect(customer.get_by_text("Updates by itself")).to_be_visible()
    database.write_now(finish, loan.id)
    database.write_now(told, loan.id, "requests.going_on")
    expect(customer.locator("header.request-head")).to_contain_text("Done")
    expect(customer.get_by_role("link", name="Withdraw the request")).to_have_count(0)
    expect(customer.get_by_label("Your message to us")).to_have_count(0)


def test_nothing_is_sent_twice(page: Open, loan: Request) -> None:
    # A test cannot hold up what a service worker sends.
    customer = page(f"/requests/{loan.reference}", service_workers="block")
    sent: list[str] = []
    gate = threading.Event()
    customer.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    customer.route(re.compile("/messages$"), lambda route: (gate.wait(0.3), route.continue_()))
    customer.get_by_label("Your message to us").fill("Only once")
    customer.get_by_role("button", name="Send the message").dblclick()
    expect(customer.get_by_text("Your message has been sent.")).to_be_visible()
    assert len([one for one in sent if one.endswith("/messages")]) == 1
