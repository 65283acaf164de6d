"""One request, and what one may do with it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from fastapi import FastAPI
from sqlmodel import Session

from catalog.forms import DocumentAnswer
from ground import clock
from services import documents, lending, requests, tasks, timeline
from services.amortisation import amortisation
from store.database import Database
from store.requests import Request, StageState, Status
from store.tasks import Audience, Task, TaskStatus
from tests.people import People
from tests.portal.scenes import asked, moved, submitted, told
from tests.portal.visitor import Element, Visitor
from tests.services.test_document_types import PDF

Visit = Callable[..., Visitor]
NOW = clock.now()


def finish(session: Session, request_id: str, status: Status = Status.COMPLETED) -> None:
    request = timeline.locked(session, request_id)
    requests.close(session, request, status, clock.now())


@pytest.fixture
def loan(database: Database, people: People) -> Request:
    """A loan request of the customer that has just been submitted."""
    return database.write_now(submitted, people["customer"])


def story(visitor: Visitor) -> list[Element]:
    return visitor.page.one("ol", class_="story").all("li")


# One request


def test_a_new_request_is_confirmed_with_its_reference(visitor: Visit, loan: Request) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}?done=sent")
    assert "We have received your request" in customer.text
    assert loan.reference in customer.page.one("section", class_="notice").text
    assert customer.go(f"/requests/{loan.reference}?done=<script>").status == 200
    assert not customer.page.one("main").all("section", class_="notice")


def test_the_stages_are_a_track_with_the_present_one_marked(
    visitor: Visit, loan: Request, database: Database
) -> None:
    database.write_now(moved, loan.id, "received", StageState.DONE)
    database.write_now(moved, loan.id, "documents", StageState.WAITING_CUSTOMER)
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    track = customer.page.one("ol", class_="track")
    assert [one.one("b").text for one in track.all("li")][:3] == [
        "Received",
        "Your documents",
        "Assessment",
    ]
    (now,) = [one for one in track.all("li") if one.get("aria-current") == "step"]
    assert now.text == "Your documents Waiting for you"
    assert track.all("li")[0].text.startswith("Received Done")
    assert track.all("li")[2].text == "Assessment To come"
    assert "Next: Assessment." in customer.text


def test_the_answers_stand_beside_in_the_readers_words(visitor: Visit, loan: Request) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    answers = customer.page.one("section", aria_labelledby="part-answers").text
    assert "€12,000.00" in answers
    assert "I am self-employed" in answers


def test_the_whole_timeline_is_shown_the_latest_first(
    visitor: Visit, loan: Request, database: Database
) -> None:
    for _ in range(230):
        database.write_now(told, loan.id, "requests.going_on")
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    numbers = [int(one.get("data-number")) for one in story(customer)]
    assert numbers == list(range(231, 0, -1))
    assert customer.page.one("div", data_live_request=loan.id).get("data-last") == "231"


def test_a_mere_move_of_a_stage_is_not_told_twice(
    visitor: Visit, loan: Request, database: Database
) -> None:
    database.write_now(moved, loan.id, "received", StageState.DONE)
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    assert len(story(customer)) == 1
    assert customer.page.one("div", data_live_request=loan.id).get("data-last") == "2"


def test_another_customers_request_is_not_there(visitor: Visit, loan: Request) -> None:
    stranger = visitor("customer2").go(f"/requests/{loan.reference}")
    assert stranger.status == 404
    assert "Check the reference" in stranger.text


def test_documents_of_a_request_are_listed_by_name(
    visitor: Visit, people: People, database: Database
) -> None:
    customer = visitor("customer").go("/catalog/case-routing/form/problem")
    pdf = ("invoice.pdf", PDF, "application/pdf")
    customer.send(press="upload:attachments", files={"attachments": pdf})
    document = customer.page.one("ul", class_="files").one("a").get("href").rpartition("/")[2]
    case = database.write_now(submitted, people["customer"], "case-routing", 1)
    database.write_now(attach, case.id, people["customer"].account_id, document)
    customer.go(f"/requests/{case.reference}")
    listed = customer.page.one("section", aria_labelledby="part-files").one("a")
    assert listed.text == "invoice.pdf"


def attach(session: Session, request_id: str, owner: str, document: str) -> None:
    request = timeline.locked(session, request_id)
    answer = DocumentAnswer("/attachments/0", document, (), None)
    documents.accept(session, request, owner, [answer], clock.now())


# Where it stands


def standing(visitor: Visitor) -> str:
    return visitor.page.one("p", class_="standing").text


def test_one_sentence_says_who_has_it_and_what_comes_next(
    visitor: Visit, loan: Request, database: Database
) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    assert standing(customer) == (
        "We have received it, and it starts by itself now. Next: Assessment."
    )
    database.write_now(moved, loan.id, "received", StageState.DONE)
    database.write_now(moved, loan.id, "assessment", StageState.WAITING_STAFF)
    staff = database.write_now(asked, loan.id, "approval", Audience.STAFF, "loan-officers")
    customer.go(f"/requests/{loan.reference}")
    assert standing(customer).startswith("It is with our loan team now: A reminder: Look at this")
    assert standing(customer).endswith("Next: Decision.")
    people = customer.page.one("ul", class_="people").all("li")
    assert [one.text for one in people] == ["You Customer", "Our loan team has it now"]
    database.write_now(lambda s: tasks.close(s, s.get_one(Task, staff.id), TaskStatus.DONE, NOW))
    database.write_now(asked, loan.id, "loan-documents", Audience.CUSTOMER)
    customer.go(f"/requests/{loan.reference}")
    assert standing(customer).startswith("It is your turn: A reminder: Look at this")
    agent = visitor("agent").go(f"/requests/{loan.reference}")
    assert standing(agent).startswith("It waits for the customer: A reminder")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.COMPLETED, "It is done, since"),
        (Status.REFUSED, "It was declined on"),
        (Status.WITHDRAWN, "It was withdrawn on"),
        (Status.FAILED, "It could not be carried out"),
        (Status.TERMINATED, "An operator ended it on"),
    ],
)
def test_the_sentence_tells_how_it_ended(
    visitor: Visit, loan: Request, database: Database, status: Status, words: str
) -> None:
    database.write_now(finish, loan.id, status)
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    assert standing(customer).startswith(words)
    assert "Next:" not in standing(customer)


def test_trouble_on_our_side_is_said_without_its_cause(
    visitor: Visit, loan: Request, database: Database
) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    assert customer.page.all(class_="expected")
    database.write_now(put_trouble, loan.id, "ConnectionError: bank.example")
    customer.go(f"/requests/{loan.reference}")
    assert not customer.page.all(class_="expected"), "how long it lasts nobody knows"
    assert standing(customer).startswith("Something is not working on our side.")
    assert "bank.example" not in customer.text


@pytest.mark.parametrize(
    ("audience", "reason"),
    [
        (Audience.STAFF, "it has been with our loan team since"),
        (Audience.CUSTOMER, "It goes on as soon as you answer."),
    ],
)
def test_a_request_past_its_promised_day_is_late_and_says_why(
    visitor: Visit, loan: Request, database: Database, audience: Audience, reason: str
) -> None:
    group = "loan-officers" if audience == Audience.STAFF else None
    form = "approval" if audience == Audience.STAFF else "loan-documents"
    database.write_now(asked, loan.id, form, audience, group)
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    assert "It was to be done by" not in customer.text

    def promise(session: Session) -> None:
        session.get_one(Request, loan.id).due_at = NOW - timedelta(days=1)

    database.write_now(promise)
    assert reason in customer.go(f"/requests/{loan.reference}").text


def test_on_a_phone_a_hint_leads_to_what_is_asked(
    visitor: Visit, loan: Request, database: Database
) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    assert not customer.page.all("a", class_="needs-hint")
    task = database.write_now(asked, loan.id, "loan-documents", Audience.CUSTOMER)
    customer.go(f"/requests/{loan.reference}")
    hint = customer.page.one("a", class_="needs-hint")
    assert hint.get("href") == f"#task-{task.id}"
    assert customer.page.all("section", id=f"task-{task.id}")


def test_names_of_staff_are_read_only_of_those_who_wrote(
    visitor: Visit, loan: Request, people: People, database: Database
) -> None:
    note = database.write_now
    note(requests.write_message, people["agent2"], loan.id, "Careful.", True)
    note(requests.write_message, people["agent"], loan.id, "Good morning.")
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    involved = customer.page.one("ul", class_="people").text
    assert "Ana Torres" in involved
    assert "Bruno Costa" not in customer.text
    assert "Bruno Costa" not in visitor("customer", "pt").go(f"/requests/{loan.reference}").text


# What staff see


def test_staff_see_the_cause_the_inner_side_and_the_way_to_the_engine(
    visitor: Visit, loan: Request, database: Database
) -> None:
    cause = "ConnectionError: bank.example"
    database.write_now(told, loan.id, "requests.trouble_cause", "staff", {"cause": cause})
    database.write_now(put_trouble, loan.id, cause)
    agent = visitor("agent").go(f"/requests/{loan.reference}")
    assert agent.page.one("p", class_="cause").text == cause
    assert "internal" in story(agent)[0].text
    engine = [a for a in agent.page.all("a") if a.text == "Open the workflow in Temporal"]
    assert engine[0].get("href") == (
        f"http://127.0.0.1:8233/namespaces/default/workflows/{loan.id}"
    )
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    assert cause not in customer.text
    assert "Temporal" not in customer.text
    assert len(story(customer)) == 1


def put_trouble(session: Session, request_id: str, cause: str) -> None:
    request = timeline.locked(session, request_id)
    request.trouble = cause
    session.add(request)


def test_without_an_address_of_the_engine_there_is_no_link(
    visitor: Visit, loan: Request, app: FastAPI
) -> None:
    outside = {"temporal_address": "temporal:7233"}
    app.state.settings = app.state.settings.model_copy(update=outside)
    agent = visitor("agent").go(f"/requests/{loan.reference}")
    assert "Temporal" not in agent.text
    named = outside | {"temporal_ui_url": "https://t.example/", "temporal_namespace": "n"}
    app.state.settings = app.state.settings.model_copy(update=named)
    agent.go(f"/requests/{loan.reference}")
    links = [a.get("href") for a in agent.page.all("a") if "Temporal" in a.text]
    assert links == [f"https://t.example/namespaces/n/workflows/{loan.id}"]


# Messages


def test_both_sides_write_to_each_other(visitor: Visit, loan: Request) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    customer.send({"text": "Hello,\nis it <b>done</b>?"}, press="send")
    assert customer.address == f"/requests/{loan.reference}?done=message"
    assert "Your message has been sent." in customer.text
    assert story(customer)[0].one("p", class_="bubble").text == "Hello, is it <b>done</b>?"
    agent = visitor("agent").go(f"/requests/{loan.reference}")
    agent.send({"text": "Soon."}, press="send").send({"text": "Be kind."}, press="note")
    assert "the customer does not see it" in agent.text
    assert [one.one("p", class_="bubble").text for one in story(agent)[:2]] == ["Be kind.", "Soon."]
    customer.go(f"/requests/{loan.reference}")
    assert story(customer)[0].one("p", class_="bubble").text == "Soon."
    assert "Ana Torres, our staff" in story(customer)[0].text.replace(" ,", ",")


@pytest.mark.parametrize(
    ("text", "why"), [("  ", "Write something"), ("x" * 4001, "has 4001 characters")]
)
def test_a_message_that_cannot_be_sent_stays_in_its_field(
    visitor: Visit, loan: Request, text: str, why: str
) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    customer.send({"text": text}, press="send")
    assert customer.status == 422
    assert why in customer.errors[0]
    assert "".join(map(str, customer.page.one("textarea", name="text").children)) == text.strip()


def test_a_message_to_a_request_that_has_ended_is_given_back(
    visitor: Visit, loan: Request, database: Database
) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    database.write_now(finish, loan.id)
    customer.send({"text": "One more thing, please."}, press="send")
    assert customer.status == 409
    assert "has ended" in customer.text
    assert "One more thing, please." in customer.text
    assert not customer.go(f"/requests/{loan.reference}").page.all("textarea")


# What is asked of the customer


@pytest.fixture
def offered(loan: Request, database: Database) -> Task:
    """The customer is asked whether they accept."""
    return database.write_now(asked, loan.id, "loan-offer", Audience.CUSTOMER)


def test_what_is_asked_is_answered_on_the_request_itself(
    visitor: Visit, loan: Request, offered: Task
) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    assert "We need you" in customer.text
    answer = customer.page.one("section", id=f"task-{offered.id}").one("form")
    customer.send({}, form=answer)
    assert customer.status == 422
    assert customer.errors == ["Choose whether you accept or decline the offer."]
    answer = customer.page.one("section", id=f"task-{offered.id}").one("form")
    customer.send({"decision": "decline"}, form=answer)
    assert customer.address == f"/requests/{loan.reference}?done=answered"
    assert "Thank you, we have your answer." in customer.text
    assert not customer.page.all("section", class_="ask")


def test_an_answer_may_bring_up_a_question_before_it_is_sent(
    visitor: Visit, loan: Request, offered: Task
) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    answer = customer.page.one("section", class_="ask").one("form")
    customer.send({"decision": "accept"}, form=answer)
    assert customer.status == 200
    assert customer.errors == []
    assert "we have a few more questions" in customer.text
    answer = customer.page.one("section", class_="ask").one("form")
    assert customer.send({"agreement": "true"}, form=answer).address.endswith("done=answered")


def test_a_repeated_answer_is_the_same_success_and_another_one_a_conflict(
    visitor: Visit, loan: Request, offered: Task
) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    answer = customer.page.one("section", class_="ask").one("form")
    customer.send({"decision": "decline"}, form=answer)
    assert customer.send({"decision": "decline"}, form=answer).address.endswith("done=answered")
    customer.send({"decision": "accept", "agreement": "true"}, form=answer)
    assert customer.status == 409
    assert "answered already" in customer.text


def test_a_document_is_handed_in_where_it_is_asked_for(
    visitor: Visit, loan: Request, database: Database
) -> None:
    database.write_now(asked, loan.id, "loan-documents", Audience.CUSTOMER)
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    pdf = ("payslip.pdf", PDF, "application/pdf")
    answer = customer.page.one("section", class_="ask").one("form")
    customer.send(form=answer, press="upload:files", files={"files": pdf})
    assert customer.page.one("ul", class_="files").one("a").text == "payslip.pdf"
    answer = customer.page.one("section", class_="ask").one("form")
    customer.send(form=answer, press="continue")
    assert customer.address.endswith("done=answered")


def test_an_offer_comes_with_its_repayment_schedule(
    visitor: Visit, loan: Request, offered: Task, database: Database
) -> None:
    database.write_now(make_offer, loan)
    customer = visitor("customer").go(f"/requests/{loan.reference}")
    table = customer.page.one("table")
    assert len(table.one("tbody").all("tr")) == 60
    assert "€12,000.00" in customer.text
    assert "7.95%" in customer.text


def make_offer(session: Session, request: Request) -> None:
    schedule = amortisation(1200000, Decimal("0.0795"), 60, date(2027, 1, 31))
    until = datetime.now(UTC) + timedelta(days=14)
    lending.make_offer(
        session, request.id, request.customer_id, schedule, "EUR", until, clock.now()
    )


# Withdrawing


def test_withdrawing_is_confirmed_first(visitor: Visit, loan: Request) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}").follow("Withdraw the request")
    assert customer.address == f"/requests/{loan.reference}/withdraw"
    assert "This cannot be taken back" in customer.text
    customer.send()
    assert customer.address == f"/requests/{loan.reference}?done=withdrawn"
    assert "Being withdrawn" in customer.text
    assert "Withdraw the request" not in customer.text


def test_it_can_be_too_late_to_withdraw(visitor: Visit, loan: Request, database: Database) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}/withdraw")
    database.write_now(lambda s: requests.seal(s, timeline.locked(s, loan.id)))
    assert customer.send().status == 409
    assert "gone too far to be withdrawn" in customer.text
    assert customer.go(f"/requests/{loan.reference}/withdraw").status == 409


# Changing the answers


def test_answers_are_changed_from_their_review(
    visitor: Visit, loan: Request, database: Database
) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}").follow("Change my answers")
    assert not [b for b in customer.page.all("button") if b.text == "Send the changes"]
    change = [a for a in customer.page.all("a") if a.text.startswith("Change How much")]
    customer.go(change[0].get("href").partition("#")[0])
    customer.send({"amount": "9,000"})
    assert customer.address == f"/requests/{loan.reference}/amend/review"
    customer.send(press="Send the changes")
    assert customer.address == f"/requests/{loan.reference}?done=amended"
    changed = database.read_now(lambda s: s.get_one(Request, loan.id))
    assert (changed.answers["amount"], changed.revision) == (900000, 1)


def test_changes_can_be_left_undone(visitor: Visit, loan: Request, database: Database) -> None:
    customer = visitor("customer").go(f"/requests/{loan.reference}/amend/form/loan?change=1")
    customer.send({"amount": "9,000"}).send(press="Leave everything as it was")
    assert customer.address == f"/requests/{loan.reference}"
    assert database.read_now(lambda s: s.get_one(Request, loan.id)).revision == 0
    assert "€12,000.00" in customer.go(f"/requests/{loan.reference}/amend").text


def test_staff_change_nobodys_answers(visitor: Visit, loan: Request) -> None:
    assert visitor("agent").go(f"/requests/{loan.reference}/amend").status == 403
