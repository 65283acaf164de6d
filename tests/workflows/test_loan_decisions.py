"""Loans that are not lent: by the officers, by their silence, and by the rules."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from ground import clock
from ground.errors import Forbidden, Invalid
from ground.messages import money, ref
from store.lending import Loan, LoanInstalment
from store.profiles import Customer
from store.requests import Message
from tests.workflows.counter import AGENT, AGENT2, CUSTOMER
from tests.workflows.lender import (
    AUTOMATIC,
    FUNDS,
    NOTHING_LENT,
    ONE_OFFICER,
    OPERATOR,
    TWO_OFFICERS,
    UNTOUCHED,
    Lender,
    business_days_after,
    lent,
    reserved,
    with_settings,
)

# Refused by officers, or not decided


async def test_an_officer_rejects_with_a_note_that_the_customer_reads(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=ONE_OFFICER)
    with pytest.raises(Invalid):
        await lender.decide(request, "reject", AGENT)
    await lender.decide(request, "reject", AGENT, note="The payslips are not legible.")
    assert await counter.result(request) == "refused"
    assert lender.outcome(request) == "loan.rejected"
    message = counter.look(lambda session: session.exec(select(Message)).one())
    author = counter.viewer(AGENT).account_id
    assert (message.text, message.author_id) == ("The payslips are not legible.", author)
    assert message.visible == "customer"
    assert "requests.message_from_staff" in counter.told(request, "customer")
    assert "tasks.level_rejected" in counter.told(request, "staff")
    assert "loan.approved" not in counter.told(request)
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


async def test_the_second_officer_rejects(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=TWO_OFFICERS, term_months=84)
    await lender.decide(request, "approve", AGENT2)
    await lender.decide(request, "reject", AGENT, note="Too much.")
    assert await counter.result(request) == "refused"
    assert lender.outcome(request) == "loan.rejected"
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


async def test_officers_are_reminded_and_then_another_group_sees_it_too(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=ONE_OFFICER)
    task = counter.task(request, "approval")
    asked = task.created_at
    assert task.due_at == business_days_after(lender, request, asked, 3, 2)
    await counter.sleep_until(business_days_after(lender, request, asked, 1))
    assert counter.told(request, "staff")[-1] == "tasks.reminded_approval"
    with pytest.raises(Forbidden, match="not_for_you"):
        await lender.decide(request, "approve", OPERATOR)
    await counter.sleep_until(business_days_after(lender, request, asked, 3))
    assert counter.task(request, "approval").escalated_to == "operations"
    assert counter.told(request, "staff")[-1] == "tasks.escalated"
    await lender.decide(request, "approve", OPERATOR)
    await lender.accept(request)
    assert await counter.result(request) == "completed"
    assert lender.books() == lent(ONE_OFFICER)


async def test_nobody_decides_not_even_after_the_escalation(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=ONE_OFFICER)
    await counter.sleep(days=30)
    assert await counter.result(request) == "failed"
    assert lender.outcome(request) == "loan.not_decided"
    assert counter.told(request, "staff")[-3:] == [
        "tasks.reminded_approval",
        "tasks.escalated",
        "tasks.level_expired",
    ]
    assert counter.stages(request)["approval"] == "failed"
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


async def test_nobody_decides_where_there_is_no_escalation(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(monkeypatch, approval={"group": "loan-officers", "deadline": "P1DT4H"})
    counter, request = lender.counter, await lender.ask(amount=ONE_OFFICER)
    await counter.sleep(days=30)
    assert await counter.result(request) == "failed"
    assert lender.outcome(request) == "loan.not_decided"
    assert counter.told(request, "staff") == ["loan.found", "tasks.level_expired"]
    [task] = counter.tasks(request, "expired")
    assert task.escalated_to is None


async def test_the_second_level_has_a_deadline_of_its_own(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask(amount=TWO_OFFICERS, term_months=84)
    first = counter.task(request, "approval")
    await counter.sleep_until(business_days_after(lender, request, first.created_at, 3))
    await lender.decide(request, "approve", OPERATOR)
    second = counter.task(request, "approval")
    assert second.escalated_to is None
    assert second.due_at == business_days_after(lender, request, second.created_at, 3, 2)
    await counter.sleep(days=30)
    assert await counter.result(request) == "failed"
    assert lender.outcome(request) == "loan.not_decided"
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


# Not lent to


async def test_whoever_is_too_young_and_too_new_is_told_both(lender: Lender) -> None:
    today = clock.now().date()
    change_customer(lender, born_on=today - timedelta(days=17 * 365), customer_since=today)
    request = await lender.ask()
    assert await lender.counter.result(request) == "refused"
    assert lender.counter.request(request).outcome == ref(
        "loan.several_reasons",
        first=ref("lending.too_young", years=18),
        others=ref("lending.customer_too_new", months=3),
    )
    assert lender.counter.tasks(request) == []
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


async def test_whoever_is_behind_with_a_loan_gets_no_other(lender: Lender) -> None:
    counter, request = lender.counter, await lender.ask()
    await lender.accept(request)
    assert await counter.result(request) == "completed"

    def fall_behind(session: Session) -> None:
        first = session.exec(select(LoanInstalment).where(LoanInstalment.number == 1)).one()
        first.due_on = date(2024, 1, 1)

    counter.change(fall_behind)
    again = await lender.ask()
    assert await counter.result(again) == "refused"
    assert counter.request(again).outcome == ref("lending.overdue", count=1)
    assert lender.books() == lent(AUTOMATIC)


async def test_eligibility_is_judged_again_at_the_assessment(lender: Lender) -> None:
    request = await lender.ask(employment="retired")
    change_customer(lender, born_on=None)
    await lender.give(request, "pension_statement", [lender.document()])
    assert await lender.counter.result(request) == "refused"
    assert lender.outcome(request) == "lending.too_young"


def change_customer(lender: Lender, **values: Any) -> None:
    """Change what is known of the customer."""
    account = lender.counter.viewer(CUSTOMER).account_id
    lender.counter.change(
        lambda session: session.get_one(Customer, account).sqlmodel_update(values)
    )


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        # 40 % of 1,000.00 are 400.00; 250.00 are bound, and 150.00 bear 3,318.36 in 24 months.
        (
            {
                "amount": 3_318_37,
                "net_income": 900_00,
                "other_income": 100_00,
                "housing_costs": 100_00,
                "living_costs": 100_00,
                "has_loans": True,
                "existing_loans": [
                    {"lender": "A", "remaining": 5_000_00, "monthly": 200_00},
                    {"lender": "B", "remaining": 1_000_00, "monthly": 50_00},
                ],
            },
            ref("loan.unaffordable_but", largest=money(3_318_36, "EUR"), months=24),
        ),
        ({"living_costs": 1_940_00}, ref("loan.unaffordable")),
        ({"net_income": 0}, ref("loan.unaffordable")),
    ],
)
async def test_nobody_is_lent_what_they_cannot_bear(
    lender: Lender, changes: dict[str, Any], outcome: dict[str, Any]
) -> None:
    request = await lender.ask(**changes)
    assert await lender.counter.result(request) == "refused"
    assert lender.counter.request(request).outcome == outcome
    assert (lender.books(), lender.states()) == (UNTOUCHED, NOTHING_LENT)


async def test_the_largest_amount_named_is_lent(lender: Lender) -> None:
    loans = [{"lender": "A", "remaining": 5_000_00, "monthly": 250_00}]
    request = await lender.ask(
        amount=3_318_36,
        net_income=1_000_00,
        housing_costs=100_00,
        living_costs=100_00,
        has_loans=True,
        existing_loans=loans,
    )
    await lender.decide(request, "approve", AGENT)
    task = lender.counter.task(request, "loan-offer")
    assert task.params["instalment"] == money(150_00, "EUR")


async def test_our_own_loans_count_as_instalments_too(lender: Lender) -> None:
    counter, first = lender.counter, await lender.ask(net_income=1_600_00)
    await lender.accept(first)
    assert await counter.result(first) == "completed"
    instalment = counter.look(lambda session: session.exec(select(Loan)).one()).instalment_minor
    second = await lender.ask(net_income=(1_150_00 + 2 * instalment - 1))
    assert await counter.result(second) == "refused"
    third = await lender.ask(net_income=(1_150_00 + 2 * instalment))
    assert counter.task(third, "loan-offer")


async def test_without_funds_nothing_is_offered(lender: Lender) -> None:
    others = FUNDS - AUTOMATIC + 1
    lender.promise(others)
    request = await lender.ask()
    assert await lender.counter.result(request) == "failed"
    assert lender.outcome(request) == "lending.no_funds"
    assert (lender.books(), lender.states()) == (reserved(others), NOTHING_LENT)
