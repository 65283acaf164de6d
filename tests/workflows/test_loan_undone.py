"""Loans taken back: withdrawn, refused on the last steps, broken and mended, in later runs too."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import Session, select

from activities import effects
from ground import clock
from ground.errors import Conflict
from ground.messages import ref
from services import lending, relay, requests
from store.lending import FundsReservation, Loan, LoanOffer
from store.requests import Request
from tests.workflows.counter import AGENT, AGENT2, CUSTOMER, Counter
from tests.workflows.lender import (
    AUTOMATIC,
    NOTHING_LENT,
    TAKEN_BACK,
    TWO_OFFICERS,
    UNTOUCHED,
    Lender,
    business_days_after,
    lent,
    reserved,
)

# Withdrawn


async def ask_for_documents(lender: Lender) -> Request:
    return await lender.ask(employment="self-employed")


async def ask_first_officer(lender: Lender) -> Request:
    return await lender.ask(amount=TWO_OFFICERS, term_months=84)


async def ask_second_officer(lender: Lender) -> Request:
    request = await ask_first_officer(lender)
    await lender.decide(request, "approve", AGENT)
    return request


async def offer(lender: Lender) -> Request:
    return await lender.ask()


@pytest.mark.parametrize(
    ("stage", "go_to"),
    [
        ("documents", ask_for_documents),
        ("approval", ask_first_officer),
        ("approval", ask_second_officer),
        ("offer", offer),
    ],
)
async def test_the_customer_withdraws(lender: Lender, stage: str, go_to: Any) -> None:
    counter, request = lender.counter, await go_to(lender)
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    assert counter.stages(request)[stage] == "withdrawn"
    assert counter.tasks(request) == []
    assert lender.books() == UNTOUCHED
    assert lender.states() == (TAKEN_BACK if stage == "offer" else NOTHING_LENT)


async def test_a_withdrawal_before_anything_has_happened(lender: Lender) -> None:
    counter, viewer = lender.counter, lender.counter.viewer(CUSTOMER)
    submission = requests.Submission(item="loan-request", answers=lender.answers())
    request = counter.change(lambda s: requests.submit(s, viewer, submission))
    counter.change(lambda s: requests.withdraw(s, viewer, request.id))
    await counter.relay.drain()
    assert await counter.result(request) == "withdrawn"
    assert lender.books() == UNTOUCHED


async def test_once_the_loan_is_on_its_way_nobody_withdraws(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, request, pay = lender.counter, await lender.ask(), lending.disburse
    broken = [True]

    def disburse(*args: Any) -> Loan:
        loan = pay(*args)
        if broken:
            raise OSError("the bank does not answer")
        return loan

    monkeypatch.setattr(lending, "disburse", disburse)
    await lender.accept(request)
    await counter.sleep(minutes=2)
    assert "requests.looking_into_it" in counter.told(request, "customer")
    assert "the bank does not answer" in (counter.request(request).trouble or "")
    assert counter.stages(request)["offer"] == "done"
    with pytest.raises(Conflict, match="too_late_to_withdraw"):
        await counter.withdraw(request)
    assert lender.books() == reserved(AUTOMATIC)
    broken.clear()
    assert await counter.result(request) == "completed"
    assert "requests.going_on" in counter.told(request, "customer")
    assert lender.books() == lent(AUTOMATIC)
    assert lender.states() == {"funds": ["used"], "offers": ["accepted"], "loans": ["active"]}


async def test_a_withdrawal_while_funds_cannot_be_reserved(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise OSError("the bank does not answer")

    monkeypatch.setattr(lending, "reserve_funds", fail)
    counter, request = lender.counter, await lender.ask()
    await counter.sleep(minutes=2)
    await counter.withdraw(request)
    await counter.sleep(minutes=5)
    assert await counter.result(request) == "withdrawn"
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


# Refused or broken on the last steps


async def test_a_refusal_at_the_disbursement_takes_everything_back(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()

    def release(session: Session) -> None:
        held = session.exec(select(FundsReservation)).one()
        lending.release_funds(session, held.id, clock.now())

    counter.change(release)
    await lender.accept(request)
    assert await counter.result(request) == "failed"
    assert lender.outcome(request) == "lending.funds_released"
    assert lender.books() == UNTOUCHED
    assert lender.states() == TAKEN_BACK


async def test_funds_still_held_are_released_when_the_disbursement_is_refused(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> Loan:
        raise Conflict("lending.offer_cancelled")

    monkeypatch.setattr(lending, "disburse", refuse)
    counter, request = lender.counter, await lender.ask()
    await lender.accept(request)
    assert await counter.result(request) == "failed"
    assert counter.stages(request)["disbursement"] == "failed"
    assert lender.books() == UNTOUCHED
    assert lender.states() == TAKEN_BACK


async def test_an_offer_that_ops_have_cancelled_cannot_be_accepted(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()

    def cancel(session: Session) -> None:
        lending.cancel_offer(session, session.exec(select(LoanOffer)).one().id, clock.now())

    counter.change(cancel)
    await lender.accept(request)
    assert await counter.result(request) == "refused"
    assert lender.outcome(request) == "lending.offer_cancelled"
    assert lender.books() == UNTOUCHED


async def test_what_cannot_be_undone_is_told_to_staff_and_holds_nothing_up(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise Conflict("lending.funds_used")

    monkeypatch.setattr(lending, "release_funds", refuse)
    counter, request = lender.counter, await lender.ask()
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    assert lender.states() == {"funds": ["held"], "offers": ["cancelled"], "loans": []}
    [entry] = [e for e in counter.timeline(request) if e.text == "requests.undo_refused"]
    assert (entry.visible, entry.params) == (
        "staff",
        {"what": "lending.release-funds", "why": ref("lending.funds_used")},
    )


def lose_answers(patch: pytest.MonkeyPatch) -> list[bool]:
    """Pay out, but let the workflow not hear of it until the list is cleared."""
    attempt, lost = effects.attempt, [True]

    async def attempt_and_fail(made: Any, *args: Any) -> Any:
        result = await attempt(made, *args)
        if made.name == "lending.disburse" and lost:
            raise OSError("the connection was lost")
        return result

    patch.setattr(effects, "attempt", attempt_and_fail)
    return lost


async def test_a_loan_is_paid_out_once_however_often_it_is_tried(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, request, lost = lender.counter, await lender.ask(), lose_answers(monkeypatch)
    await lender.accept(request)
    await counter.sleep(minutes=5)
    assert lender.books() == lent(AUTOMATIC)
    assert counter.request(request).closed_at is None
    lost.clear()
    await counter.sleep(minutes=5)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(AUTOMATIC)
    assert lender.states() == {"funds": ["used"], "offers": ["accepted"], "loans": ["active"]}


async def test_ended_by_ops_in_the_midst_of_paying_out_it_is_taken_back(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, request = lender.counter, await lender.ask()
    lose_answers(monkeypatch)
    await lender.accept(request)
    await counter.sleep(minutes=1)
    assert lender.books() == lent(AUTOMATIC)
    await counter.handle(request).cancel()
    await counter.sleep(minutes=5)
    assert await counter.result(request) == "terminated"
    assert lender.books() == UNTOUCHED
    assert lender.states() == {
        "funds": ["released"],
        "offers": ["cancelled"],
        "loans": ["reversed"],
    }


# Long histories


@pytest.fixture
def short_runs() -> Iterator[None]:
    """Every workflow started continues as new after few events."""
    start = relay.start_input
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "start_input", lambda r, p: start(r, p) | {"history_limit": 25})
        yield


@pytest.mark.usefixtures("short_runs")
async def test_continuing_as_new_in_every_wait_loses_and_repeats_nothing(lender: Lender) -> None:
    counter = lender.counter
    request = await lender.ask(employment="self-employed", amount=TWO_OFFICERS, term_months=84)
    runs = {await run_of(counter, request)}
    await counter.sleep(days=3)
    runs.add(await run_of(counter, request))
    for document in ("tax_return", "business_registration"):
        await lender.give(request, document, [lender.document()])
        await counter.write(request, "Here it is.")
        runs.add(await run_of(counter, request))
    for officer in (AGENT, AGENT2):
        asked = counter.task(request, "approval").created_at
        await counter.sleep_until(business_days_after(lender, request, asked, 1))
        await lender.decide(request, "approve", officer)
        runs.add(await run_of(counter, request))
    await counter.sleep(days=10, hours=1)
    assert counter.stages(request)["approval"] == "done"
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert len(runs) > 2
    assert lender.books() == lent(TWO_OFFICERS)
    assert [t for t in counter.told(request) if t not in ("requests.message_from_customer",)] == [
        "requests.submitted",
        *2 * ["tasks.asked_document"],
        *2 * ["tasks.reminded_document"],
        *2 * ["tasks.answered_document"],
        "loan.found",
        *2
        * [
            "tasks.asked_approval",
            "tasks.reminded_approval",
            "tasks.answered_approval",
            "tasks.level_approved",
        ],
        "loan.approved",
        "tasks.asked_loan_offer",
        "tasks.reminded_loan_offer",
        "tasks.answered_loan_offer",
        "loan.disbursed",
        "requests.ended_completed",
    ]


@pytest.mark.usefixtures("short_runs")
async def test_withdrawn_in_a_later_run_everything_of_the_first_is_undone(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    first = await run_of(counter, request)
    for number in range(12):
        await counter.write(request, f"Question {number}")
    await counter.sleep(days=11)
    assert await run_of(counter, request) != first
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    assert lender.books() == UNTOUCHED
    assert lender.states() == TAKEN_BACK


async def run_of(counter: Counter, request: Request) -> str | None:
    """The run that carries the request now."""
    return (await counter.handle(request).describe()).run_id
