"""Two services in both spellings: whatever people do, a declared process does as its workflow.

After everything that happens, both sides show the same timeline, the same effects in their order
and the same rows in every table; at the end they have asked the engine for the same.
"""

from typing import Any

import pytest

from services import profiles, relay
from tests.workflows.counter import AGENT, AGENT2, CUSTOMER
from tests.workflows.declared.pair import Pair
from tests.workflows.lender import AUTOMATIC, FUNDS, ONE_OFFICER, TWO_OFFICERS
from tests.workflows.test_address_change import ABROAD, HERE, WRONG, answers, refuse, today

OTHER = HERE | {"lines": "Calle de Alcalá 52"}


# A change of address


async def move(pair: Pair, **changes: Any) -> None:
    """A customer moves, today if nothing else is said."""
    await pair.submit("address-change", lambda side: answers(**changes))


async def move_later(pair: Pair, **changes: Any) -> None:
    """A customer moves in ten days."""
    await move(pair, effective_date=today(10).isoformat(), **changes)


async def test_a_move_of_today(pair: Pair) -> None:
    await move(pair, email="clara@new.example")
    await pair.end_alike("completed")


async def test_a_move_of_a_later_day(pair: Pair) -> None:
    await move_later(pair, follow=["billing"])
    await pair.sleep(days=11)
    await pair.end_alike("completed")


async def test_nothing_that_would_change(pair: Pair) -> None:
    same = HERE | {"lines": "Calle de Atocha 27\n3.º B", "postal_code": "28012"}
    await move(pair, address=same)
    await pair.end_alike("refused")


async def test_a_move_abroad_by_somebody_who_is_confirmed(pair: Pair) -> None:
    await move_later(pair, address=ABROAD)
    await pair.answer("identity-check", AGENT, decision="confirm", method="call")
    await pair.sleep(days=11)
    await pair.end_alike("completed")


async def test_a_move_abroad_by_somebody_who_is_not(pair: Pair) -> None:
    await move(pair, address=ABROAD)
    await pair.answer("identity-check", AGENT, decision="reject", finding="Another voice.")
    await pair.end_alike("refused")


async def test_a_move_abroad_that_nobody_checks(pair: Pair) -> None:
    await move(pair, address=ABROAD)
    await pair.sleep(days=15)
    await pair.end_alike("refused")


async def test_an_address_that_is_corrected(pair: Pair) -> None:
    await move(pair, address=WRONG)
    await pair.sleep(days=3)
    await pair.answer("address-correction", CUSTOMER, address=HERE)
    await pair.end_alike("completed")


async def test_an_address_that_stays_wrong(pair: Pair) -> None:
    await move(pair, address=WRONG)
    await pair.sleep(days=8)
    await pair.end_alike("refused")


async def test_an_amendment_while_staff_check(pair: Pair) -> None:
    await move_later(pair, address=ABROAD)
    await pair.amend(lambda side: answers(effective_date=today(10).isoformat()))
    await pair.sleep(days=11)
    await pair.end_alike("completed")


async def test_an_amendment_while_the_day_is_waited_for(pair: Pair) -> None:
    await move_later(pair)
    await pair.amend(lambda side: answers(effective_date=today(5).isoformat(), address=OTHER))
    await pair.sleep(days=6)
    await pair.end_alike("completed")


@pytest.mark.parametrize(
    "changes",
    [{"address": WRONG}, {"address": ABROAD}, {}],
    ids=["received", "identity-check", "scheduled"],
)
async def test_a_move_that_is_withdrawn(pair: Pair, changes: dict[str, Any]) -> None:
    await move_later(pair, **changes)
    await pair.withdraw()
    await pair.end_alike("withdrawn")


async def test_a_move_that_one_record_refuses(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The branches of a fork end with the first that fails, those of a workflow run to their end.

    Whatever they have done is undone either way.
    """
    monkeypatch.setattr(profiles, "update_billing_address", refuse)
    pair.cut_short = True
    await move(pair)
    await pair.end_alike("failed")


async def test_a_move_through_many_runs(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    in_many_runs(monkeypatch)
    await move_later(pair, address=ABROAD)
    await pair.sleep(days=2)
    await pair.answer("identity-check", AGENT, decision="confirm", method="call")
    await pair.sleep(days=11)
    await pair.end_alike("completed")


def in_many_runs(patch: pytest.MonkeyPatch) -> None:
    """Let workflows go on in a new run at every opportunity."""
    start = relay.start_input
    patch.setattr(relay, "start_input", lambda *given: start(*given) | {"history_limit": 15})


# A loan


async def ask(pair: Pair, **changes: Any) -> None:
    """A customer asks for a loan, a small one if nothing else is said."""
    await pair.submit("loan-request", lambda side: side.answers(**changes))


async def accept(pair: Pair) -> None:
    """The customer accepts the offer, and is paid."""
    await pair.answer("loan-offer", CUSTOMER, decision="accept", agreement=True)


async def test_a_small_loan(pair: Pair) -> None:
    await ask(pair)
    await accept(pair)
    await pair.end_alike("completed")


async def test_a_loan_for_one_officer(pair: Pair) -> None:
    await ask(pair, amount=ONE_OFFICER)
    await pair.answer("approval", AGENT, decision="approve")
    await accept(pair)
    await pair.end_alike("completed")


async def test_a_loan_for_two_officers(pair: Pair) -> None:
    await ask(pair, amount=TWO_OFFICERS, term_months=84)
    await pair.answer("approval", AGENT, decision="approve")
    await pair.answer("approval", AGENT2, decision="approve")
    await accept(pair)
    await pair.end_alike("completed")


async def test_a_loan_that_an_officer_rejects(pair: Pair) -> None:
    await ask(pair, amount=ONE_OFFICER)
    await pair.answer("approval", AGENT, decision="reject", note="Too much.")
    await pair.end_alike("refused")


async def test_a_loan_that_nobody_decides_on(pair: Pair) -> None:
    await ask(pair, amount=ONE_OFFICER)
    await pair.sleep(days=30)
    await pair.end_alike("failed")


async def test_a_loan_that_cannot_be_borne(pair: Pair) -> None:
    await ask(pair, living_costs=1_940_00)
    await pair.end_alike("refused")


async def test_documents_that_are_given_late(pair: Pair) -> None:
    await ask(pair, employment="self-employed")
    await pair.sleep(days=4)
    await pair.give("business_registration")
    await pair.give("tax_return")
    await accept(pair)
    await pair.end_alike("completed")


async def test_documents_that_are_never_given(pair: Pair) -> None:
    await ask(pair, employment="self-employed")
    await pair.give("tax_return")
    await pair.sleep(days=15)
    await pair.end_alike("refused")


async def test_an_amendment_that_asks_for_other_documents(pair: Pair) -> None:
    await ask(pair, employment="self-employed")
    await pair.amend(lambda side: side.answers(employment="retired"))
    await pair.give("pension_statement")
    await accept(pair)
    await pair.end_alike("completed")


async def test_an_offer_that_is_declined(pair: Pair) -> None:
    await ask(pair)
    await pair.answer("loan-offer", CUSTOMER, decision="decline")
    await pair.end_alike("refused")


async def test_an_offer_that_expires(pair: Pair) -> None:
    await ask(pair)
    await pair.sleep(days=15)
    await pair.end_alike("refused")


@pytest.mark.parametrize(
    "changes",
    [{"employment": "retired"}, {"amount": ONE_OFFICER}, {}],
    ids=["documents", "approval", "offer"],
)
async def test_a_loan_request_that_is_withdrawn(pair: Pair, changes: dict[str, Any]) -> None:
    await ask(pair, **changes)
    await pair.withdraw()
    await pair.end_alike("withdrawn")


async def test_a_loan_through_many_runs(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    in_many_runs(monkeypatch)
    await ask(pair, employment="retired", amount=ONE_OFFICER)
    await pair.give("pension_statement")
    await pair.sleep(days=2)
    await pair.answer("approval", AGENT, decision="approve")
    await pair.sleep(days=11)
    await accept(pair)
    await pair.end_alike("completed")


async def test_a_loan_for_which_there_are_no_funds(pair: Pair) -> None:
    for side in pair.sides:
        side.promise(FUNDS - AUTOMATIC + 1)
    await ask(pair)
    await pair.end_alike("failed")
