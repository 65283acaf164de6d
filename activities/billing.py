"""Upgrades: the price, the charge, the switch and the invoice, each with its undo."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, Nothing, Undo, effect, undo
from ground.messages import ref
from services import balance, billing, invoices, payments, profiles, timeline
from services.billing import Switch
from services.invoices import Issued
from services.payments import Charge
from services.proration import Quote, When
from store.billing import EntryKind, PaymentStatus


class Order(BaseModel):
    """What the customer ordered, at which price, and by which method they want to pay."""

    subscription: str
    quote: Quote
    method: str | None

    @property
    def due_minor(self) -> int:
        """What is to be paid for the change; never less than nothing."""
        return max(self.quote.total_minor, 0)


class ChargeOrder(BaseModel):
    """What to take from the customer, in minor units, and how."""

    method: str
    amount_minor: int
    currency: str


class Charged(BaseModel):
    """How a charge went; `failure` is a message reference when it did not succeed.

    What is only `promised` is paid later, by invoice.
    """

    payment: str
    promised: bool = False
    failure: dict[str, Any] | None = None


class Switched(BaseModel):
    """A change of plan as it was made; `starts_at` is when the customer has the new plan."""

    switch: Switch
    starts_at: datetime


class Confirm(BaseModel):
    """Which agreed change of plan should now be in force."""

    term: str


class InvoiceOrder(BaseModel):
    """What to invoice: the change that was quoted, and the payment for it, if there was one."""

    order: Order
    payment: str | None
    due_days: int


class InvoiceMonth(BaseModel):
    """The first month at the new price, which begins `on` a day, to invoice."""

    subscription: str
    on: date
    due_days: int


@effect
def quote_upgrade(session: Session, call: Call[Nothing]) -> Order:
    """Check the upgrade and quote it. Refuses what `billing.check_upgrade` refuses.

    The customer has seen the price of the day of submission. When that day is over the price of
    today may be another: the lower of the two holds, so that our delay costs them nothing.
    """
    request = timeline.locked(session, call.request)
    wish, customer_id = request.answers, request.customer_id
    subscription, plan, when = wish["subscription"], wish["plan"], When(wish["when"])
    today, shown = (
        profiles.local_day(session, customer_id, at) for at in (call.at, request.created_at)
    )
    billing.check_upgrade(session, customer_id, subscription, plan, today)
    quotes = [billing.quote(session, subscription, plan, when, on) for on in (shown, today)]
    return Order(
        subscription=subscription,
        # The latest of equals, so that the invoice names the days that are really left.
        quote=min(reversed(quotes), key=lambda quote: quote.total_minor),
        method=wish.get("payment_method"),
    )


@effect
def charge(session: Session, call: Call[ChargeOrder]) -> Charged:
    """Take money from the customer. That a payment fails is an answer, not an error."""
    request = timeline.locked(session, call.request)
    order = Charge(key=call.key, customer_id=request.customer_id, **call.body.model_dump())
    payment = payments.charge(session, order, call.at)
    if payment.status == PaymentStatus.FAILED:
        return Charged(payment=payment.id, failure=ref(payment.failure, **payment.failure_params))
    return Charged(payment=payment.id, promised=payment.status == PaymentStatus.AUTHORISED)


@undo(of=charge)
def refund(session: Session, call: Call[Undo], did: Charged) -> None:
    """Give the money back the way it came."""
    payments.refund(session, did.payment, call.at)


@effect
def switch_plan(session: Session, call: Call[Nothing]) -> Switched:
    """Change the plan now, or agree that it changes with the next paid month."""
    request = timeline.locked(session, call.request)
    wish, customer_id = request.answers, request.customer_id
    on = profiles.local_day(session, customer_id, call.at)
    switch = billing.switch_plan(
        session, wish["subscription"], wish["plan"], When(wish["when"]), on, call.at
    )
    starts_at = profiles.start_of_day(session, customer_id, switch.effective_on)
    return Switched(switch=switch, starts_at=starts_at)


@undo(of=switch_plan)
def switch_back(session: Session, call: Call[Undo], did: Switched) -> None:
    """The old plan goes on as if nothing had been changed."""
    billing.undo_switch(session, did.switch.term_id, call.at)


@effect
def confirm_switch(session: Session, call: Call[Confirm]) -> None:
    """See that an agreed change has come into force. Refuses when the contract has ended since."""
    request = timeline.locked(session, call.request)
    on = profiles.local_day(session, request.customer_id, call.at)
    billing.check_in_force(session, call.body.term, on)


@effect
def invoice_change(session: Session, call: Call[InvoiceOrder]) -> Issued:
    """Invoice the rest of the month; what the new plan costs less is given as balance."""
    request, body = timeline.locked(session, call.request), call.body
    issued = invoices.issue_invoice(
        session,
        request.customer_id,
        billing.quote_lines(session, body.order.quote),
        call.at,
        body.due_days,
        payment_id=body.payment,
        subscription_id=body.order.subscription,
    )
    if issued.total_minor < 0:
        balance.credit(session, request.customer_id, -issued.total_minor, call.at)
    return issued


@undo(of=invoice_change)
def credit_change(session: Session, call: Call[Undo], did: Issued) -> None:
    """Take the invoice back, and what was given along with it."""
    invoices.credit_invoice(session, did.invoice_id, call.at)
    if did.total_minor < 0:
        customer_id = timeline.locked(session, call.request).customer_id
        balance.book(session, customer_id, EntryKind.CREDIT, did.total_minor, None, call.at)


@effect
def invoice_month(session: Session, call: Call[InvoiceMonth]) -> Issued | None:
    """Invoice the first month at the new price; None when that has been done already."""
    body = call.body
    if billing.has_regular_invoice(session, body.subscription, body.on):
        return None
    return billing.invoice_period(session, body.subscription, body.on, call.at, body.due_days)


@undo(of=invoice_month)
def credit_month(session: Session, call: Call[Undo], did: Issued | None) -> None:
    """Take the invoice back, if it was ours."""
    if did:
        invoices.credit_invoice(session, did.invoice_id, call.at)
