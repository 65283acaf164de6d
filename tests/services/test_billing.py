"""Plans and subscriptions: what may be changed, what it costs, what is undone."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from ground.errors import Conflict, NotFound, Refusal
from ground.messages import languages, translate
from services import billing, invoices
from services.proration import When
from store.billing import InvoiceStatus, Plan, Subscription, SubscriptionStatus
from store.database import Database
from tests.services.customers import START, TODAY, add_subscriber, days_later

NEXT_CYCLE = date(2025, 3, 31)
"""The small plan began on a 31st, so that March's paid month ends on the 31st."""


@pytest.fixture
def subscription(database: Database) -> str:
    """Clara's small plan."""
    return database.write_now(add_subscriber)


def plan_id(database: Database, subscription_id: str, on: date = TODAY) -> str:
    """Which plan a subscription has on a day."""
    return database.read_now(billing.plan_on, subscription_id, on).id


def refusal(database: Database, subscription_id: str, plan: str, who: str = "clara") -> str:
    """Why an upgrade is refused today, as a key."""
    with pytest.raises(Refusal) as caught:
        database.read_now(billing.check_upgrade, who, subscription_id, plan, TODAY)
    for language in languages():
        text = translate(language, caught.value.key, caught.value.params)
        assert text != caught.value.key
        assert "%" not in text
    return caught.value.key


def offered(database: Database, subscription: str) -> list[Plan]:
    """The plans that a subscription can be upgraded to."""
    held = database.read_now(billing.holding, subscription, TODAY)
    return database.read_now(billing.plans_above, held.present)


def test_higher_plans_of_the_same_family_that_are_sold_are_offered(
    database: Database, subscription: str
) -> None:
    assert [plan.id for plan in offered(database, subscription)] == ["medium", "large"]


def test_every_offered_plan_may_be_chosen(database: Database, subscription: str) -> None:
    for plan in offered(database, subscription):
        database.read_now(billing.check_upgrade, "clara", subscription, plan.id, TODAY)


@pytest.mark.parametrize(
    ("plan", "key"),
    [
        ("small", "billing.same_plan"),
        ("giant", "billing.plan_not_sold"),
        ("mobile", "billing.not_an_upgrade"),
        ("unknown", "billing.no_plan"),
    ],
)
def test_a_plan_that_is_no_upgrade_is_refused_with_its_reason(
    database: Database, subscription: str, plan: str, key: str
) -> None:
    assert refusal(database, subscription, plan) == key


def test_a_lower_plan_is_refused(database: Database, subscription: str) -> None:
    database.write_now(billing.switch_plan, subscription, "large", When.NOW, TODAY, START)
    assert refusal(database, subscription, "medium") == "billing.not_an_upgrade"


def test_anothers_subscription_does_not_exist(database: Database, subscription: str) -> None:
    database.write_now(add_subscriber, "marcos")
    assert refusal(database, subscription, "medium", who="marcos") == "billing.no_subscription"


@pytest.mark.parametrize("status", [SubscriptionStatus.PAUSED, SubscriptionStatus.ENDED])
def test_only_an_active_subscription_can_be_changed(
    database: Database, subscription: str, status: SubscriptionStatus
) -> None:
    def stop(session: Session) -> None:
        session.get_one(Subscription, subscription).status = status

    database.write_now(stop)
    assert refusal(database, subscription, "medium") == "billing.subscription_not_active"


def test_a_second_change_is_refused_while_one_is_agreed(
    database: Database, subscription: str
) -> None:
    database.write_now(billing.switch_plan, subscription, "medium", When.NEXT_CYCLE, TODAY, START)
    assert refusal(database, subscription, "large") == "billing.change_pending"
    database.read_now(billing.check_upgrade, "clara", subscription, "large", NEXT_CYCLE)


def test_an_overdue_invoice_refuses_an_upgrade_until_it_is_paid_or_credited(
    database: Database, subscription: str
) -> None:
    line = [invoices.Line("billing.line_installation", 10_00)]
    old = days_later(-40)
    for end in (settle, invoices.credit_invoice):
        issued = database.write_now(invoices.issue_invoice, "clara", line, old, 30)
        assert refusal(database, subscription, "medium") == "billing.invoice_overdue"
        database.write_now(end, issued.invoice_id, START)
        database.read_now(billing.check_upgrade, "clara", subscription, "medium", TODAY)


def settle(session: Session, invoice_id: str, at: Any) -> None:
    """The money has come."""
    invoices.settle_invoice(session, invoice_id, "bank-1", at)


def test_an_invoice_is_not_overdue_on_the_day_it_is_due(
    database: Database, subscription: str
) -> None:
    line = [invoices.Line("billing.line_installation", 10_00)]
    database.write_now(invoices.issue_invoice, "clara", line, days_later(-30), 30)
    database.read_now(billing.check_upgrade, "clara", subscription, "medium", TODAY)
    assert database.read_now(invoices.overdue_invoices, "clara", TODAY) == []
    tomorrow = TODAY + timedelta(days=1)
    assert len(database.read_now(invoices.overdue_invoices, "clara", tomorrow)) == 1


def test_a_quote_prices_the_rest_of_the_month(database: Database, subscription: str) -> None:
    quote = database.read_now(billing.quote, subscription, "medium", When.NOW, TODAY)
    assert (quote.period.start, quote.period.end) == (date(2025, 2, 28), NEXT_CYCLE)
    assert (quote.days_remaining, quote.total_minor, quote.monthly_minor) == (21, 6_77, 30_00)


def test_a_change_now_takes_effect_today_and_its_undo_takes_it_back(
    database: Database, subscription: str
) -> None:
    switch = database.write_now(billing.switch_plan, subscription, "medium", When.NOW, TODAY, START)
    assert (switch.old_plan_id, switch.new_plan_id) == ("small", "medium")
    assert switch.effective_on == TODAY
    assert plan_id(database, subscription) == "medium"
    assert plan_id(database, subscription, TODAY - timedelta(days=1)) == "small"
    for _ in range(2):
        database.write_now(billing.undo_switch, switch.term_id, START)
    assert plan_id(database, subscription) == "small"


def test_a_change_at_the_next_cycle_takes_over_by_itself_on_that_day(
    database: Database, subscription: str
) -> None:
    switch = database.write_now(
        billing.switch_plan, subscription, "medium", When.NEXT_CYCLE, TODAY, START
    )
    assert switch.effective_on == NEXT_CYCLE
    assert plan_id(database, subscription, NEXT_CYCLE - timedelta(days=1)) == "small"
    assert plan_id(database, subscription, NEXT_CYCLE) == "medium"
    database.write_now(billing.undo_switch, switch.term_id, START)
    assert plan_id(database, subscription, NEXT_CYCLE) == "small"


def test_a_refused_switch_changes_nothing(database: Database, subscription: str) -> None:
    with pytest.raises(Refusal, match=r"billing\.plan_not_sold"):
        database.write_now(billing.switch_plan, subscription, "giant", When.NOW, TODAY, START)
    assert plan_id(database, subscription) == "small"


def test_the_first_plan_cannot_be_taken_back(database: Database, subscription: str) -> None:
    [first] = database.read_now(billing.standing_terms, subscription)
    with pytest.raises(Conflict):
        database.write_now(billing.undo_switch, first.id, START)


@pytest.mark.parametrize(
    ("order", "left"),
    [(["medium", "large"], ["large", "small"]), (["large", "medium"], ["medium", "small"])],
)
def test_changes_are_undone_in_any_order_and_later_ones_stay(
    database: Database, subscription: str, order: list[str], left: list[str]
) -> None:
    terms = {
        plan: database.write_now(
            billing.switch_plan, subscription, plan, When.NOW, TODAY, START
        ).term_id
        for plan in ("medium", "large")
    }
    for undone, remaining in zip(order, left, strict=True):
        database.write_now(billing.undo_switch, terms[undone], START)
        assert plan_id(database, subscription) == remaining


def test_two_changes_at_once_leave_one(database: Database, subscription: str) -> None:
    def change(plan: str) -> Callable[[Session], Any]:
        return lambda session: billing.switch_plan(
            session, subscription, plan, When.NEXT_CYCLE, TODAY, START
        )

    waiting = [database.writer.submit(change(plan)) for plan in ("medium", "large") * 4]
    errors = [done.exception() for done in waiting]
    assert errors.count(None) == 1
    assert all(isinstance(error, Refusal) for error in errors if error)
    assert len(database.read_now(billing.standing_terms, subscription)) == 2


def test_the_invoice_of_a_change_says_what_is_charged_and_what_comes_back(
    database: Database, subscription: str
) -> None:
    quote = database.read_now(billing.quote, subscription, "medium", When.NOW, TODAY)
    lines = database.read_now(billing.quote_lines, quote)
    assert sum(line.amount_minor for line in lines) == quote.total_minor
    assert [translate("en", line.text, line.params) for line in lines] == [
        "Medium, March 10, 2025 to March 30, 2025",
        "Small, unused from March 10, 2025 to March 30, 2025",
    ]


def test_a_month_is_invoiced_once_at_the_plan_of_its_first_day(
    database: Database, subscription: str
) -> None:
    database.write_now(billing.switch_plan, subscription, "medium", When.NEXT_CYCLE, TODAY, START)
    march = database.write_now(billing.invoice_period, subscription, TODAY, START, 14)
    april = database.write_now(billing.invoice_period, subscription, NEXT_CYCLE, START, 14)
    assert (march.total_minor, april.total_minor) == (20_00, 30_00)
    with pytest.raises(Conflict, match=r"billing\.already_invoiced"):
        database.write_now(billing.invoice_period, subscription, TODAY, START, 14)


def test_a_credited_month_can_be_invoiced_again(database: Database, subscription: str) -> None:
    first = database.write_now(billing.invoice_period, subscription, TODAY, START, 14)
    database.write_now(invoices.credit_invoice, first.invoice_id, START)
    second = database.write_now(billing.invoice_period, subscription, TODAY, START, 14)
    assert second.status == InvoiceStatus.OPEN


def test_ended_subscriptions_are_not_listed(database: Database, subscription: str) -> None:
    [listed] = database.read_now(billing.subscriptions, "clara", TODAY)
    assert (listed.of.id, listed.present.id) == (subscription, "small")

    def end(session: Session) -> None:
        session.get_one(Subscription, subscription).status = SubscriptionStatus.ENDED

    database.write_now(end)
    assert database.read_now(billing.subscriptions, "clara", TODAY) == []
    with pytest.raises(NotFound):
        database.read_now(billing.subscription, "unknown")
