"""An upgrade: priced, paid, switched now or with the next month, invoiced; or all taken back."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, col, select

from activities.effects import REGISTRY, Call, Undo, apply
from ground import clock
from services import balance, billing, payments, profiles, relay, requests
from services.invoices import Line, issue_invoice, lines_of
from services.proration import Quote, When
from services.requests import Submission
from store.billing import (
    EntryKind,
    Invoice,
    InvoiceStatus,
    Payment,
    PaymentStatus,
    Plan,
    PlanTerm,
    Subscription,
    SubscriptionStatus,
)
from store.requests import Effect, Request
from store.tasks import TaskStatus
from tests.workflows.counter import CUSTOMER, Counter

ITEM = "plan-upgrade"
MADRID = ZoneInfo("Europe/Madrid")
AT_START = 25_00


def today(days: int = 0) -> date:
    """The day it is, or so many days later, in Madrid."""
    return clock.now().astimezone(MADRID).date() + timedelta(days=days)


def customer(counter: Counter) -> str:
    """The customer's id."""
    return counter.viewer(CUSTOMER).account_id


def fibre(counter: Counter) -> str:
    """The customer's first subscription, for Fibre 300."""
    return counter.look(lambda s: billing.subscriptions(s, customer(counter), today())[0]).of.id


def answers(counter: Counter, **changes: Any) -> dict[str, Any]:
    """A filled form: from Fibre 300 to Fibre 600, at once, from the balance."""
    plain = {
        "subscription": fibre(counter),
        "plan": "fibre-600",
        "when": "now",
        "payment_method": "balance",
        "consent": True,
    }
    return plain | changes


async def begun(counter: Counter, **changes: Any) -> Request:
    """A request that has come as far as it does by itself."""
    request = await counter.submit(ITEM, answers(counter, **changes))
    await counter.sleep(minutes=1)
    return request


async def with_next_month(counter: Counter) -> Request:
    """An upgrade that waits for the next month."""
    return await begun(counter, when="next-cycle", payment_method=None)


async def pay(counter: Counter, request: Request, method: str) -> None:
    """The customer chooses how to pay instead."""
    await counter.answer(request, "payment-method", CUSTOMER, decision=method)
    await counter.sleep(minutes=1)


def quote(counter: Counter, on: date | None = None, when: When = When.NOW) -> Quote:
    """What the upgrade costs on a day."""
    of = fibre(counter)
    return counter.look(lambda s: billing.quote(s, of, "fibre-600", when, on or today()))


def held(counter: Counter) -> int:
    """The customer's balance."""
    return counter.look(lambda s: balance.balance_minor(s, customer(counter)))


def spend(counter: Counter) -> None:
    """Leave nothing of the customer's balance."""
    amount, of = -held(counter), customer(counter)
    counter.change(lambda s: balance.book(s, of, EntryKind.PAYMENT, amount, None, clock.now()))


def has(counter: Counter, on: date | None = None) -> str:
    """The plan that the subscription has on a day."""
    of = fibre(counter)
    return counter.look(lambda s: billing.plan_on(s, of, on or today())).id


def paid(counter: Counter) -> list[Payment]:
    """Every attempt of a request to be paid."""
    query = select(Payment).where(col(Payment.key).contains("/billing.charge"))
    return counter.look(lambda s: list(s.exec(query.order_by(col(Payment.id)))))


def statuses(counter: Counter) -> list[str]:
    """How the attempts to be paid ended."""
    return [payment.status for payment in paid(counter)]


def invoices(counter: Counter) -> list[Invoice]:
    """The invoices and credit notes of the subscription."""
    query = select(Invoice).where(Invoice.subscription_id == fibre(counter))
    return counter.look(lambda s: list(s.exec(query.order_by(col(Invoice.id)))))


def reason(counter: Counter, request: Request) -> tuple[str, str]:
    """Why the request ended, and why that was so."""
    outcome = counter.request(request).outcome
    assert outcome
    return outcome["$ref"], outcome["params"].get("why", {}).get("$ref", "")


def take_back(counter: Counter, request: Request) -> None:
    """Undo every effect of a request, the latest first."""
    query = select(Effect).where(Effect.request_id == request.id).order_by(col(Effect.at).desc())
    for effect in counter.look(lambda s: list(s.exec(query))):
        for undo in REGISTRY[effect.name].undo:
            call = Call[Any](
                request=request.id,
                key=f"{effect.key}/undo",
                at=clock.now(),
                body=Undo(of=effect.key),
            )
            counter.change(partial(apply, made=undo, call=call))


def set_plan(counter: Counter, **values: Any) -> None:
    """Change Fibre 600 as it is sold."""

    def change(session: Session) -> None:
        plan = session.get_one(Plan, "fibre-600")
        for name, value in values.items():
            setattr(plan, name, value)

    counter.change(change)


# At once


async def test_it_charges_the_balance_switches_and_invoices(counter: Counter) -> None:
    due = quote(counter).total_minor
    request = await begun(counter)
    assert await counter.result(request) == "completed"
    assert has(counter) == "fibre-600"
    assert held(counter) == AT_START - due
    [payment], [invoice] = paid(counter), invoices(counter)
    assert (payment.amount_minor, payment.status) == (due, PaymentStatus.CAPTURED)
    assert (invoice.total_minor, invoice.status) == (due, InvoiceStatus.PAID)
    assert payment.invoice_id == invoice.id
    lines = counter.look(lambda s: [line.text for line in lines_of(s, invoice.id)])
    assert lines == ["billing.line_plan", "billing.line_old_plan"]
    assert counter.stages(request) == dict.fromkeys(
        ["received", "payment", "switch", "invoice", "done"], "done"
    )
    assert counter.effects(request) == sorted(
        [
            *("billing.quote-upgrade", "billing.charge", "requests.seal"),
            *("subscriptions.change", "billing.invoice-change", "requests.close"),
        ]
    )


async def test_it_is_put_on_the_invoice(counter: Counter) -> None:
    due = quote(counter).total_minor
    request = await begun(counter, payment_method="invoice")
    assert await counter.result(request) == "completed"
    [payment], [invoice] = paid(counter), invoices(counter)
    assert (payment.amount_minor, payment.status) == (due, PaymentStatus.AUTHORISED)
    assert (invoice.total_minor, invoice.status) == (due, InvoiceStatus.OPEN)
    assert invoice.due_on - invoice.issued_on == timedelta(days=14)
    assert held(counter) == AT_START
    assert counter.look(lambda s: payments.owed_minor(s, customer(counter))) == due
    assert "upgrade.promised" in counter.told(request, "customer")


async def test_what_costs_nothing_is_not_charged(counter: Counter) -> None:
    set_plan(counter, price_minor=2990)
    request = await begun(counter)
    assert await counter.result(request) == "completed"
    [invoice] = invoices(counter)
    assert (invoice.total_minor, invoice.status) == (0, InvoiceStatus.PAID)
    assert paid(counter) == []


async def test_what_costs_less_is_given_as_balance(counter: Counter) -> None:
    set_plan(counter, price_minor=1990)
    back = -quote(counter).total_minor
    assert back > 0
    request = await begun(counter)
    assert await counter.result(request) == "completed"
    assert held(counter) == AT_START + back
    assert paid(counter) == []


# The price that was shown


@pytest.mark.parametrize(
    ("first_day", "what"),
    [(0, "yesterday's, the last day of its month"), (-1, "today's, a day less of the same month")],
)
async def test_the_lower_price_of_submission_and_start_holds(
    counter: Counter, first_day: int, what: str
) -> None:
    begins = today(first_day)
    of, viewer = fibre(counter), counter.viewer(CUSTOMER)

    def submitted_yesterday(session: Session) -> Request:
        session.get_one(Subscription, of).anchor_day = begins.day
        submission = Submission(item=ITEM, answers=answers(counter))
        request = requests.submit(session, viewer, submission)
        request.created_at -= timedelta(days=1)
        # `submit` writes plain statements and hands over a row that the session does not know.
        session.merge(request)
        return request

    request = counter.change(submitted_yesterday)
    yesterdays, todays = (quote(counter, day).total_minor for day in (today(-1), today()))
    assert (yesterdays < todays) == (first_day == 0), what
    await counter.relay.drain()
    assert await counter.result(request) == "completed"
    assert [payment.amount_minor for payment in paid(counter)] == [min(yesterdays, todays)]
    assert [invoice.total_minor for invoice in invoices(counter)] == [min(yesterdays, todays)]


async def test_days_spent_waiting_for_a_payment_are_not_paid(counter: Counter) -> None:
    spend(counter)
    request = await begun(counter)
    await counter.sleep(days=3)
    now = (await counter.environment.get_current_time()).astimezone(MADRID).date()
    least = min(quote(counter, day).total_minor for day in (today(), now))
    await pay(counter, request, "invoice")
    assert await counter.result(request) == "completed"
    assert [invoice.total_minor for invoice in invoices(counter)] == [least]


# Who may not


async def test_an_overdue_invoice_is_in_the_way(counter: Counter) -> None:
    of, long_ago = customer(counter), datetime(2024, 2, 1, tzinfo=UTC)
    line = [Line("billing.line_installation", 19_90)]
    counter.change(lambda s: issue_invoice(s, of, line, long_ago, 30))
    request = await begun(counter)
    assert await counter.result(request) == "refused"
    assert reason(counter, request)[0] == "billing.invoice_overdue"
    assert (paid(counter), has(counter)) == ([], "fibre-300")


async def test_another_change_is_in_the_way(counter: Counter) -> None:
    waiting = await with_next_month(counter)
    request = await begun(counter)
    assert await counter.result(request) == "refused"
    assert reason(counter, request)[0] == "billing.change_pending"
    assert counter.request(waiting).closed_at is None


# When the payment fails


async def test_a_failed_payment_asks_for_another_way_again_and_again(counter: Counter) -> None:
    spend(counter)
    request = await begun(counter)
    task = counter.task(request, "payment-method")
    assert task.params["why"]["$ref"] == "billing.balance_too_low"
    assert counter.request(request).status == "waiting-customer"
    await pay(counter, request, "balance")
    assert counter.task(request, "payment-method").id != task.id
    assert has(counter) == "fibre-300"
    await pay(counter, request, "invoice")
    assert await counter.result(request) == "completed"
    assert statuses(counter) == ["failed", "failed", "authorised"]
    assert has(counter) == "fibre-600"
    assert len(invoices(counter)) == 1


async def test_who_has_topped_up_may_choose_the_balance_again(counter: Counter) -> None:
    spend(counter)
    request = await begun(counter)
    of = customer(counter)
    counter.change(lambda s: balance.credit(s, of, 50_00, clock.now()))
    await pay(counter, request, "balance")
    assert await counter.result(request) == "completed"
    assert held(counter) == 50_00 - invoices(counter)[0].total_minor


async def test_who_chooses_nothing_is_reminded_and_then_refused(counter: Counter) -> None:
    spend(counter)
    request = await begun(counter)
    await counter.sleep(days=6)
    assert counter.told(request, "customer").count("tasks.reminded_payment_method") == 2
    await counter.sleep(days=1)
    assert await counter.result(request) == "refused"
    assert reason(counter, request) == ("upgrade.not_paid", "billing.balance_too_low")
    assert [task.kind for task in counter.tasks(request, TaskStatus.EXPIRED)] == ["payment-method"]
    assert (statuses(counter), invoices(counter), has(counter)) == (["failed"], [], "fibre-300")


# With the next month


async def test_it_waits_for_the_next_month_and_invoices_it(counter: Counter) -> None:
    begins = quote(counter, when=When.NEXT_CYCLE).effective_on
    request = await with_next_month(counter)
    assert counter.request(request).stage == "scheduled"
    assert (has(counter), has(counter, begins)) == ("fibre-300", "fibre-600")
    await counter.sleep_until(profile_midnight(counter, begins) - timedelta(hours=1))
    assert counter.request(request).stage == "scheduled"
    await counter.sleep_until(profile_midnight(counter, begins))
    assert await counter.result(request) == "completed"
    [invoice] = invoices(counter)
    assert (invoice.total_minor, invoice.period_start) == (39_90, begins)
    assert invoice.status == InvoiceStatus.OPEN
    assert (paid(counter), held(counter)) == ([], AT_START)
    assert counter.stages(request) == {"payment": "skipped"} | dict.fromkeys(
        ["received", "scheduled", "switch", "invoice", "done"], "done"
    )


def profile_midnight(counter: Counter, day: date) -> datetime:
    """When a day begins for the customer."""
    return counter.look(lambda s: profiles.start_of_day(s, customer(counter), day))


async def test_a_month_that_is_invoiced_already_is_not_invoiced_again(counter: Counter) -> None:
    request = await with_next_month(counter)
    of, begins = fibre(counter), quote(counter, when=When.NEXT_CYCLE).effective_on
    counter.change(lambda s: billing.invoice_period(s, of, begins, clock.now(), 14))
    await counter.sleep_until(profile_midnight(counter, begins))
    assert await counter.result(request) == "completed"
    assert [invoice.total_minor for invoice in invoices(counter)] == [39_90]
    assert "upgrade.invoiced" not in counter.told(request)
    take_back(counter, request)
    assert [invoice.total_minor for invoice in invoices(counter)] == [39_90], "it was not ours"


@pytest.mark.parametrize("how", ["contract ended", "change undone"])
async def test_a_change_that_is_gone_by_then_fails(counter: Counter, how: str) -> None:
    request = await with_next_month(counter)
    of, begins = fibre(counter), quote(counter, when=When.NEXT_CYCLE).effective_on

    def intervene(session: Session) -> None:
        if how == "contract ended":
            session.get_one(Subscription, of).status = SubscriptionStatus.ENDED
        else:
            [(term, _)] = billing.holding(session, of, today()).agreed
            billing.undo_switch(session, term.id, clock.now())

    counter.change(intervene)
    await counter.sleep_until(profile_midnight(counter, begins))
    assert await counter.result(request) == "failed"
    why = {
        "contract ended": "billing.subscription_not_active",
        "change undone": "billing.change_gone",
    }
    assert reason(counter, request) == ("upgrade.not_switched", why[how])
    assert invoices(counter) == []


# Withdrawal


async def test_withdrawn_while_it_waits_for_the_month_nothing_changes(counter: Counter) -> None:
    request = await with_next_month(counter)
    begins = quote(counter, when=When.NEXT_CYCLE).effective_on
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    assert has(counter, begins) == "fibre-300"
    assert counter.stages(request)["scheduled"] == "withdrawn"
    again = await begun(counter)
    assert await counter.result(again) == "completed", "nothing is in the way of another one"


async def test_withdrawn_while_it_waits_for_a_payment_nothing_is_paid(counter: Counter) -> None:
    spend(counter)
    request = await begun(counter)
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    assert (statuses(counter), counter.tasks(request)) == (["failed"], [])


@pytest.mark.parametrize("method", ["balance", "invoice"])
async def test_a_withdrawal_that_comes_before_the_switch_refunds(
    counter: Counter, method: str
) -> None:
    viewer, submission = (
        counter.viewer(CUSTOMER),
        Submission(item=ITEM, answers=answers(counter, payment_method=method)),
    )
    request = counter.change(lambda s: requests.submit(s, viewer, submission))
    counter.change(lambda s: requests.withdraw(s, viewer, request.id))
    await counter.relay.start(request)
    await counter.sleep(minutes=1)
    assert statuses(counter) == ["captured" if method == "balance" else "authorised"]
    await counter.relay.drain()
    assert await counter.result(request) == "withdrawn"
    assert (statuses(counter), held(counter)) == (["refunded"], AT_START)
    assert (has(counter), invoices(counter)) == ("fibre-300", [])


async def test_from_the_switch_on_nobody_withdraws(counter: Counter) -> None:
    request = await begun(counter)
    assert await counter.result(request) == "completed"
    assert counter.request(request).withdrawal == "sealed"


# When the switch fails


@pytest.mark.parametrize("method", ["balance", "invoice"])
async def test_a_plan_no_longer_sold_is_refunded(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    charge = payments.charge

    def sold_out_meanwhile(session: Session, *arguments: Any) -> Payment:
        session.get_one(Plan, "fibre-600").sold = False
        return charge(session, *arguments)

    monkeypatch.setattr(payments, "charge", sold_out_meanwhile)
    request = await begun(counter, payment_method=method)
    assert await counter.result(request) == "failed"
    assert reason(counter, request) == ("upgrade.not_switched", "billing.plan_not_sold")
    assert (statuses(counter), held(counter)) == (["refunded"], AT_START)
    assert counter.look(lambda s: payments.owed_minor(s, customer(counter))) == 0
    assert (has(counter), invoices(counter)) == ("fibre-300", [])


@pytest.mark.parametrize("price", [39_90, 19_90], ids=["dearer", "cheaper"])
@pytest.mark.parametrize("when", list(When))
async def test_every_effect_can_be_taken_back_in_reverse(
    counter: Counter, price: int, when: When
) -> None:
    set_plan(counter, price_minor=price)
    begins = quote(counter, when=when).effective_on
    request = await begun(counter, when=when)
    await counter.sleep_until(profile_midnight(counter, begins))
    assert await counter.result(request) == "completed"
    take_back(counter, request)
    assert (has(counter, begins), held(counter)) == ("fibre-300", AT_START)
    assert sum(invoice.total_minor for invoice in invoices(counter)) == 0
    assert set(statuses(counter)) <= {"refunded"}
    assert counter.look(lambda s: payments.owed_minor(s, customer(counter))) == 0


async def test_what_fails_in_between_is_done_once_it_is_mended(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("the invoices are locked")

    with monkeypatch.context() as patch:
        patch.setattr("services.invoices.issue_invoice", broken)
        request = await begun(counter)
        assert "requests.looking_into_it" in counter.told(request, "customer")
    await counter.sleep(minutes=5)
    assert await counter.result(request) == "completed"
    assert (statuses(counter), len(invoices(counter))) == (["captured"], 1)
    query = select(PlanTerm).where(PlanTerm.subscription_id == fibre(counter))
    assert len(counter.look(lambda s: list(s.exec(query)))) == 2


# A long way


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workflows that continue as new at nearly every wait."""
    start: Callable[..., dict[str, Any]] = relay.start_input
    monkeypatch.setattr(relay, "start_input", lambda *a: start(*a) | {"history_limit": 8})


@pytest.mark.usefixtures("short")
async def test_it_goes_on_in_new_runs_without_paying_twice(counter: Counter) -> None:
    spend(counter)
    request = await begun(counter)
    first_run = (await counter.handle(request).describe()).run_id
    for _ in range(3):
        await counter.sleep(days=1)
        await pay(counter, request, "balance")
    await pay(counter, request, "invoice")
    assert await counter.result(request) == "completed"
    assert (await counter.handle(request).describe()).run_id != first_run
    assert statuses(counter) == ["failed"] * 4 + ["authorised"]
    assert len(invoices(counter)) == 1


@pytest.mark.usefixtures("short")
async def test_a_withdrawal_in_a_later_run_takes_the_switch_back(counter: Counter) -> None:
    request = await with_next_month(counter)
    begins = quote(counter, when=When.NEXT_CYCLE).effective_on
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    assert has(counter, begins) == "fibre-300"
