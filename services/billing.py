"""Plans and subscriptions: what a customer has, what they may change to, what that costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from ground.errors import Conflict, NotFound, Refusal
from ground.messages import day, local, money
from services.invoices import Issued, Line, issue_invoice, overdue_invoices
from services.proration import Price, Quote, When, period_at, proration
from store.billing import (
    Invoice,
    InvoiceStatus,
    Plan,
    PlanTerm,
    Subscription,
    SubscriptionStatus,
)

Terms = Sequence[tuple[Subscription, PlanTerm, Plan]]
"""A subscription's terms that have not been undone, each with its plan."""


@dataclass(frozen=True)
class Holding:
    """A subscription with its plan on a day, and the plans agreed for later with their terms."""

    of: Subscription
    present: Plan
    agreed: list[tuple[PlanTerm, Plan]]

    @classmethod
    def of_terms(cls, terms: Terms, on: date) -> "Holding":
        """Made of all its terms in the order in which they take effect."""
        in_force = [plan for _, term, plan in terms if term.effective_on <= on]
        agreed = [(term, plan) for _, term, plan in terms if term.effective_on > on]
        (of, _, first), *_ = terms
        return cls(of, in_force[-1] if in_force else first, agreed)


@dataclass(frozen=True)
class Change:
    """What a subscription has on a day, and the plan that is wanted instead."""

    of: Subscription
    present: Plan
    wanted: Plan

    def quote(self, when: When, on: date) -> Quote:
        """What it costs on that day."""
        period = period_at(self.of.anchor_day, on)
        return proration(price(self.present), price(self.wanted), period, when, on)


@dataclass(frozen=True)
class Switch:
    """A change of plan as it was made; `term_id` is what `undo_switch` needs."""

    term_id: str
    subscription_id: str
    old_plan_id: str
    new_plan_id: str
    effective_on: date


def plan(session: Session, plan_id: str) -> Plan:
    """A plan, still sold or not. Raises `NotFound`."""
    found = session.get(Plan, plan_id)
    if found is None:
        raise NotFound("billing.no_plan")
    return found


def subscribe(
    session: Session, customer_id: str, plan_id: str, on: date, at: datetime
) -> Subscription:
    """Start a subscription on a day, which its paid months begin on."""
    new = Subscription(customer_id=customer_id, started_on=on, anchor_day=on.day)
    session.add(new)
    session.flush()
    add_term(session, new.id, plan_id, on, at)
    return new


def subscription(
    session: Session, subscription_id: str, customer_id: str | None = None, lock: bool = False
) -> Subscription:
    """A subscription, of this customer if one is named. Raises `NotFound`."""
    found = session.get(
        Subscription, subscription_id, with_for_update=lock or None, populate_existing=lock
    )
    if found is None or customer_id not in (None, found.customer_id):
        raise NotFound("billing.no_subscription")
    return found


def subscriptions(session: Session, customer_id: str, on: date) -> list[Holding]:
    """A customer's subscriptions that have not ended, oldest first, as they are on a day."""
    not_ended = col(Subscription.status) != SubscriptionStatus.ENDED
    return holdings(session, on, (col(Subscription.customer_id) == customer_id) & not_ended)


def holding(
    session: Session, subscription_id: str, on: date, customer_id: str | None = None
) -> Holding:
    """A subscription as it is on a day, of this customer if one is named. Raises `NotFound`."""
    found = holdings(session, on, col(Subscription.id) == subscription_id)
    if not found or customer_id not in (None, found[0].of.customer_id):
        raise NotFound("billing.no_subscription")
    return found[0]


def holdings(session: Session, on: date, which: ColumnElement[bool]) -> list[Holding]:
    """Some subscriptions with their plans, read at once; before its start, one has its first."""
    rows = session.exec(
        select(Subscription, PlanTerm, Plan)
        .join(PlanTerm, col(PlanTerm.subscription_id) == col(Subscription.id))
        .join(Plan, col(Plan.id) == col(PlanTerm.plan_id))
        .where(which, col(PlanTerm.undone_at).is_(None))
        .order_by(col(Subscription.started_on), col(Subscription.id))
        .order_by(col(PlanTerm.effective_on), col(PlanTerm.number))
    )
    return [Holding.of_terms(list(terms), on) for _, terms in groupby(rows, lambda row: row[0].id)]


def plan_on(session: Session, subscription_id: str, on: date) -> Plan:
    """The plan of a subscription on a day; before its start, the first one."""
    return holding(session, subscription_id, on).present


def standing_terms(session: Session, subscription_id: str) -> Sequence[PlanTerm]:
    """The plans a subscription had and will have, in the order in which they take effect."""
    return session.exec(
        select(PlanTerm)
        .where(PlanTerm.subscription_id == subscription_id, col(PlanTerm.undone_at).is_(None))
        .order_by(col(PlanTerm.effective_on), col(PlanTerm.number))
    ).all()


def add_term(
    session: Session, subscription_id: str, plan_id: str, on: date, at: datetime
) -> PlanTerm:
    """Give a subscription a plan from a day on; the caller holds its row's lock."""
    made = select(func.count()).where(PlanTerm.subscription_id == subscription_id)
    term = PlanTerm(
        subscription_id=subscription_id,
        number=session.exec(made).one() + 1,
        plan_id=plan_id,
        effective_on=on,
        made_at=at,
    )
    session.add(term)
    session.flush()
    return term


def plans_above(session: Session, present: Plan) -> list[Plan]:
    """The plans that one with this plan can be upgraded to, the nearest level first."""
    return list(
        session.exec(
            select(Plan)
            .where(
                Plan.family == present.family,
                Plan.currency == present.currency,
                col(Plan.level) > present.level,
                col(Plan.sold),
            )
            .order_by(col(Plan.level), col(Plan.id))
        )
    )


def check_upgrade(
    session: Session, customer_id: str, subscription_id: str, plan_id: str, on: date
) -> Change:
    """The upgrade of a customer's subscription to a plan on a day, if allowed. Raises `Refusal`.

    Not with an overdue invoice, nor for another's subscription (`NotFound`), nor where
    `checked_switch` refuses.
    """
    held = holding(session, subscription_id, on, customer_id)
    change = checked_switch(session, held, plan_id)
    if overdue := overdue_invoices(session, customer_id, on):
        oldest = overdue[0]
        raise Refusal(
            "billing.invoice_overdue",
            number=oldest.number,
            amount=money(oldest.total_minor, oldest.currency),
            due=day(oldest.due_on),
        )
    return change


def checked_switch(session: Session, held: Holding, plan_id: str) -> Change:
    """The change of a subscription to a higher plan, if it is also allowed by `checked_change`.

    Raises `Refusal`, with the reason as its key.
    """
    change = checked_change(session, held, plan_id)
    if change.wanted.level <= change.present.level:
        names = {"plan": local(change.wanted.name), "present": local(change.present.name)}
        raise Refusal("billing.not_an_upgrade", **names)
    return change


def checked_change(session: Session, held: Holding, plan_id: str) -> Change:
    """The change of a subscription to a plan: active, sold, alike, nothing else agreed.

    Raises `Refusal`, with the reason as its key.
    """
    wanted, present = plan(session, plan_id), held.present
    if held.of.status != SubscriptionStatus.ACTIVE:
        raise Refusal("billing.subscription_not_active")
    for term, agreed in held.agreed:
        name = local(agreed.name)
        raise Refusal("billing.change_pending", plan=name, on=day(term.effective_on))
    if wanted.id == present.id:
        raise Refusal("billing.same_plan", plan=local(wanted.name))
    if not wanted.sold:
        raise Refusal("billing.plan_not_sold", plan=local(wanted.name))
    if (wanted.family, wanted.currency) != (present.family, present.currency):
        names = {"plan": local(wanted.name), "present": local(present.name)}
        raise Refusal("billing.not_an_upgrade", **names)
    return Change(held.of, present, wanted)


def quote(session: Session, subscription_id: str, plan_id: str, when: When, on: date) -> Quote:
    """What a change of plan costs on a day; whether it is allowed is `check_upgrade`'s affair."""
    held = holding(session, subscription_id, on)
    return Change(held.of, held.present, plan(session, plan_id)).quote(when, on)


def price(of: Plan) -> Price:
    """What a plan costs a month."""
    return Price(of.id, of.price_minor, of.currency)


def switch_plan(
    session: Session, subscription_id: str, plan_id: str, when: When, on: date, at: datetime
) -> Switch:
    """Change to a higher plan, today (`on`) or from the next paid month, when it takes over itself.

    Undone by `undo_switch`. Raises `Refusal` like `checked_switch`.
    """
    of = subscription(session, subscription_id, lock=True)
    change = checked_switch(session, holding(session, of.id, on), plan_id)
    effective_on = on if when == When.NOW else next_month(of, on)
    return make_switch(session, change, effective_on, at)


def change_plan(
    session: Session, subscription_id: str, plan_id: str, effective_on: date, on: date, at: datetime
) -> Switch:
    """Change to any plan of the same family, today (`on`) or from a later day.

    Undone by `undo_switch`. Raises `Refusal` like `checked_change`, and for a day that is over.
    """
    of = subscription(session, subscription_id, lock=True)
    change = checked_change(session, holding(session, of.id, on), plan_id)
    if effective_on < on:
        raise Refusal("billing.day_over", on=day(effective_on))
    return make_switch(session, change, effective_on, at)


def make_switch(session: Session, change: Change, effective_on: date, at: datetime) -> Switch:
    """Give a locked subscription another plan from a day on."""
    of, old, new = change.of, change.present, change.wanted
    term = add_term(session, of.id, new.id, effective_on, at)
    return Switch(term.id, of.id, old.id, new.id, effective_on)


def next_month(of: Subscription, on: date) -> date:
    """The day on which the next paid month of a subscription begins."""
    return period_at(of.anchor_day, on).end


@dataclass(frozen=True)
class StatusChange:
    """Whether a subscription is served, before and after."""

    subscription_id: str
    old: SubscriptionStatus
    new: SubscriptionStatus


def set_status(session: Session, subscription_id: str, status: SubscriptionStatus) -> StatusChange:
    """Serve a subscription, pause it or end it, now. Undone by `restore_status`.

    Raises `Conflict` for one that has ended; the same status again changes nothing.
    """
    of = subscription(session, subscription_id, lock=True)
    old = SubscriptionStatus(of.status)
    if old == SubscriptionStatus.ENDED and status != old:
        raise Conflict("billing.subscription_ended")
    of.status = status
    session.flush()
    return StatusChange(of.id, old, status)


def restore_status(session: Session, change: StatusChange) -> None:
    """Take a change of status back, unless another one has come since."""
    of = subscription(session, change.subscription_id, lock=True)
    if of.status == change.new:
        of.status = change.old
        session.flush()


def check_in_force(session: Session, term_id: str, on: date) -> None:
    """Whether an agreed change of plan has come into force by a day. Raises `Refusal`."""
    term = session.get_one(PlanTerm, term_id)
    of = subscription(session, term.subscription_id)
    if of.status != SubscriptionStatus.ACTIVE:
        raise Refusal("billing.subscription_not_active")
    if term.undone_at or plan_on(session, of.id, on).id != term.plan_id:
        raise Refusal("billing.change_gone", plan=local(plan(session, term.plan_id).name))


def undo_switch(session: Session, term_id: str, at: datetime) -> None:
    """Take a change of plan back, also one in force; changes made after it stay. Twice is once."""
    term = session.get_one(PlanTerm, term_id, with_for_update=True, populate_existing=True)
    if term.number == 1:
        raise Conflict("billing.first_plan")
    term.undone_at = term.undone_at or at
    session.flush()


def quote_lines(session: Session, of: Quote) -> list[Line]:
    """The invoice lines for a change of plan now: the new plan's share, less the old one's."""
    days = {"start": day(of.effective_on), "end": day(of.period.end - timedelta(days=1))}
    new, old = plan(session, of.new_plan_id), plan(session, of.old_plan_id)
    return [
        Line("billing.line_plan", of.charge_minor, {"plan": local(new.name), **days}),
        Line("billing.line_old_plan", -of.credit_minor, {"plan": local(old.name), **days}),
    ]


def has_regular_invoice(session: Session, subscription_id: str, period_start: date) -> bool:
    """Whether a regular invoice for the month stands."""
    return bool(
        session.exec(
            select(func.count()).where(
                Invoice.subscription_id == subscription_id,
                Invoice.period_start == period_start,
                Invoice.status != InvoiceStatus.CREDITED,
            )
        ).one()
    )


def invoice_period(
    session: Session, subscription_id: str, on: date, at: datetime, due_days: int
) -> Issued:
    """The regular invoice of the paid month that a day lies in, for the plan of its first day.

    It comes before any change of plan on that day. One may stand for each month: a second one
    raises `Conflict`.
    """
    of = subscription(session, subscription_id, lock=True)
    period = period_at(of.anchor_day, on)
    if has_regular_invoice(session, subscription_id, period.start):
        raise Conflict("billing.already_invoiced", start=day(period.start))
    present = plan_on(session, subscription_id, period.start)
    days = {"start": day(period.start), "end": day(period.end - timedelta(days=1))}
    line = Line("billing.line_plan", present.price_minor, {"plan": local(present.name), **days})
    return issue_invoice(
        session,
        of.customer_id,
        [line],
        at,
        due_days,
        subscription_id=subscription_id,
        period_start=period.start,
    )
