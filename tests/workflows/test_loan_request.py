"""A loan on its way from the form to the money, with the books checked at its end."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from catalog.explain import check
from ground.errors import Forbidden, Invalid, NotFound
from ground.messages import languages, money, translate
from services import catalog, lending, tasks
from services.amortisation import amortisation
from store.identity import Account
from store.lending import LoanInstalment, LoanOffer
from store.profiles import Customer
from store.requests import Message
from tests.workflows.counter import AGENT, AGENT2, CUSTOMER, Counter
from tests.workflows.lender import (
    AUTOMATIC,
    ONE_OFFICER,
    TWO_OFFICERS,
    UNTOUCHED,
    Lender,
    lent,
    reserved,
)
from workflows.loan_request import LoanSettings

# Lent


async def test_a_small_loan_needs_nobody_but_its_customer(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    assert counter.stages(request) == {
        "received": "done",
        "documents": "skipped",
        "assessment": "done",
        "approval": "skipped",
        "offer": "waiting-customer",
    }
    assert lender.books() == reserved(AUTOMATIC)
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(AUTOMATIC)
    assert lender.states() == {"funds": ["used"], "offers": ["accepted"], "loans": ["active"]}
    assert counter.stages(request)["done"] == "done"
    assert counter.told(request, "customer") == [
        "requests.submitted",
        "loan.approved",
        "tasks.asked_loan_offer",
        "tasks.answered_loan_offer",
        "loan.disbursed",
        "requests.ended_completed",
    ]


async def test_the_offer_says_exactly_what_the_stored_schedule_says(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    offer = counter.look(lambda session: session.exec(select(LoanOffer)).one())
    task = counter.task(request, "loan-offer")
    schedule = lending.schedule_of(offer)
    first = schedule.instalments[0].due_on
    assert schedule == amortisation(AUTOMATIC, Decimal("0.0795"), 24, first)
    assert first > (offer.expires_at + timedelta(days=27)).date()
    assert task.params == {
        "amount": money(AUTOMATIC, "EUR"),
        "months": 24,
        "instalment": money(schedule.instalment_minor, "EUR"),
        "rate": {"$percent": "0.0795"},
        "total": money(schedule.total_minor, "EUR"),
        "first": {"$day": first.isoformat()},
    }
    assert task.due_at == offer.expires_at
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    owed = counter.look(lambda session: session.exec(select(LoanInstalment)).all())
    assert [each.due_on for each in owed] == [each.due_on for each in schedule.instalments]
    assert sum(each.total_minor for each in owed) == schedule.total_minor
    assert sum(each.principal_minor for each in owed) == AUTOMATIC


async def test_one_officer_decides_on_a_middling_loan(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=ONE_OFFICER)
    assert counter.stages(request)["approval"] == "waiting-staff"
    assert counter.task(request, "approval").group == "loan-officers"
    assert lender.books() == UNTOUCHED
    await lender.decide(request, "approve", AGENT, note="A good customer.")
    assert counter.look(lambda session: session.exec(select(Message)).all()) == []
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(ONE_OFFICER)
    assert counter.stages(request)["approval"] == "done"
    told = counter.told(request, "staff")
    assert told == ["loan.found", "tasks.answered_approval", "tasks.level_approved"]


async def test_two_different_officers_decide_on_a_large_loan(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=TWO_OFFICERS, term_months=84)
    first, agent = counter.task(request, "approval"), counter.viewer(AGENT)
    await lender.decide(request, "approve", AGENT)
    second = counter.task(request, "approval")
    assert second.id != first.id
    assert (second.params["level"], second.params["levels"]) == (2, 2)
    with pytest.raises(Forbidden, match="not_for_you"):
        await lender.decide(request, "approve", AGENT)
    with pytest.raises(Forbidden, match="not_for_you"):
        counter.change(lambda session: tasks.claim(session, agent, second.id))
    await lender.decide(request, "approve", AGENT2)
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(TWO_OFFICERS)
    assert counter.told(request).count("tasks.level_approved") == 2


@pytest.mark.parametrize(
    ("amount", "levels"),
    [(3_000_00, 0), (3_000_01, 1), (15_000_00, 1), (15_000_01, 2)],
)
async def test_the_limits_themselves_belong_to_the_lower_level(
    lender: Lender, amount: int, levels: int
) -> None:
    request = await lender.ask(amount=amount, term_months=84)
    asked = [task for task in lender.counter.tasks(request) if task.kind == "approval"]
    assert [task.params["levels"] for task in asked] == [levels] * bool(levels)


async def test_staff_who_ask_for_a_loan_do_not_decide_on_it(lender: Lender) -> None:
    counter = lender.counter
    counter.change(lambda session: make_customer(session, AGENT))
    request = await lender.ask(by=AGENT, amount=ONE_OFFICER)
    with pytest.raises(NotFound):
        await lender.decide(request, "approve", AGENT)
    await lender.decide(request, "approve", AGENT2)
    await lender.accept(request, by=AGENT)
    assert await counter.result(request) == "completed"
    assert lender.books(AGENT) == lent(ONE_OFFICER)


def make_customer(session: Session, email: str) -> None:
    """Make an account a customer's too."""
    account = session.exec(select(Account).where(Account.email == email)).one()
    session.add(
        Customer(
            account_id=account.id,
            name=account.name,
            email=email,
            born_on=date(1990, 1, 1),
            customer_since=date(2020, 1, 1),
            country="ES",
        )
    )


async def test_staff_who_are_no_customers_are_not_lent_to(lender: Lender) -> None:
    request = await lender.ask(by=AGENT)
    assert await lender.counter.result(request) == "refused"
    assert lender.outcome(request) == "profiles.no_customer"


# Not taken


async def test_the_customer_declines(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    await counter.answer(request, "loan-offer", CUSTOMER, decision="decline")
    assert await counter.result(request) == "refused"
    assert lender.outcome(request) == "loan.offer_declined"
    assert lender.books() == UNTOUCHED
    assert lender.states() == {"funds": ["released"], "offers": ["declined"], "loans": []}


async def test_accepting_needs_consent_to_the_schedule(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    with pytest.raises(Invalid) as refused:
        await counter.answer(request, "loan-offer", CUSTOMER, decision="accept")
    assert [error.pointer for error in refused.value.fields] == ["/agreement"]
    with pytest.raises(NotFound):
        await lender.accept(request, by=AGENT)


async def test_nobody_answers_the_offer(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    await counter.sleep(days=10, hours=1)
    assert "tasks.reminded_loan_offer" in counter.told(request, "customer")
    assert lender.books() == reserved(AUTOMATIC)
    await counter.sleep(days=4)
    assert await counter.result(request) == "refused"
    assert lender.outcome(request) == "loan.offer_expired"
    assert lender.books() == UNTOUCHED
    assert lender.states() == {"funds": ["released"], "offers": ["expired"], "loans": []}


async def test_an_answer_that_came_before_the_end_counts_even_if_it_is_heard_after_it(
    lender: Lender,
) -> None:
    counter, request = lender.counter, await lender.ask()
    viewer, task = counter.viewer(CUSTOMER), counter.task(request, "loan-offer")
    answers = {"decision": "accept", "agreement": True}
    counter.change(lambda session: tasks.complete(session, viewer, task.id, answers, "en"))
    await counter.sleep(days=20)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(AUTOMATIC)


# Settings


async def test_amounts_that_fall_from_level_to_level_are_a_mistake(counter: Counter) -> None:
    request = await Lender(counter).ask()
    settings = counter.look(lambda s: catalog.version(s, request.version)).item.settings
    assert check(LoanSettings, settings)[1] == []
    for wrong in ({"automatic_limit": 15_000_01}, {"one_officer_limit": 50_000_01}):
        [mistake] = check(LoanSettings, settings | wrong)[1]
        assert "must not fall" in mistake.message


# Words


async def test_everything_told_is_a_sentence_in_every_language(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(employment="retired", amount=ONE_OFFICER)
    await lender.give(request, "pension_statement", [lender.document()])
    await lender.decide(request, "approve", AGENT)
    await counter.sleep(days=11)
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    said = [(e.text, e.params) for e in counter.timeline(request) if e.text]
    said += [(task.title, task.params) for task in counter.tasks(request, "done")]
    for language in languages():
        for key, params in said:
            text = translate(language, key, params)
            assert key not in text
            assert "loan." not in text
            assert "%(" not in text
