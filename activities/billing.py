"""Money from and for the customer: prices, charges, invoices, each with its undo."""

from datetime import date
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import OF_MONEY, Call, Nothing, Undo, effect, undo
from ground.messages import ref
from services import balance, billing, invoices, payments, profiles, refunds, timeline
from services.invoices import Issued, Line
from services.payments import Charge
from services.proration import Quote, When
from store.billing import EntryKind, Payment, PaymentStatus
from store.requests import Request


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
    """What to take from the customer, in minor units, and how.

    Without a `method` it is the one that the request's answers name as `payment_method`, else the
    balance where it suffices, else an invoice. With a `title`, the parameter of a message, the
    amount is invoiced, to be paid within `due_days` where it is not paid at once.
    """

    method: str | None = None
    amount_minor: int
    currency: str
    title: dict[str, Any] | None = None
    due_days: int = 14


class Charged(BaseModel):
    """How a charge went; `failure` is a message reference when it did not succeed.

    What is only `promised` is paid later, by invoice.
    """

    payment: str
    promised: bool = False
    invoice: str | None = None
    failure: dict[str, Any] | None = None


class RefundOrder(BaseModel):
    """What to give back to the customer, in minor units, for what (`title`), `of` which payment."""

    amount_minor: int
    currency: str
    title: dict[str, Any]
    of: str | None = None


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


@effect(patience=OF_MONEY)
def charge(session: Session, call: Call[ChargeOrder]) -> Charged:
    """Take money from the customer. That a payment fails is an answer, not an error."""
    request, wants = timeline.locked(session, call.request), call.body
    payment = paid(session, request, wants, call)
    if payment.status == PaymentStatus.FAILED:
        return Charged(payment=payment.id, failure=ref(payment.failure, **payment.failure_params))
    invoice = None
    if wants.title:
        line = Line("billing.line_titled", wants.amount_minor, {"title": wants.title})
        invoice = invoices.issue_invoice(
            session, request.customer_id, [line], call.at, wants.due_days, payment_id=payment.id
        ).invoice_id
    promised = payment.status == PaymentStatus.AUTHORISED
    return Charged(payment=payment.id, promised=promised, invoice=invoice)


def paid(session: Session, request: Request, wants: ChargeOrder, call: Call[Any]) -> Payment:
    """The first attempt that succeeds, else the last one."""
    ways = [wants.method] if wants.method else usual_ways(request)
    for number, way in enumerate(ways):
        order = Charge(
            key=f"{call.key}/{way}" if number else call.key,
            customer_id=request.customer_id,
            method=way,
            amount_minor=wants.amount_minor,
            currency=wants.currency,
        )
        payment = payments.charge(session, order, call.at)
        if payment.status != PaymentStatus.FAILED:
            break
    return payment


def usual_ways(request: Request) -> list[str]:
    """How a customer pays who is not asked: as they have answered, else by whatever works."""
    wished = request.answers.get("payment_method")
    return [wished] if wished in payments.METHODS else list(payments.METHODS)


@undo(of=charge)
def refund(session: Session, call: Call[Undo], did: Charged) -> None:
    """Take the invoice back, and give the money back the way it came."""
    if did.invoice:
        invoices.credit_invoice(session, did.invoice, call.at)
    payments.refund(session, did.payment, call.at)


@effect(patience=OF_MONEY)
def give_back(session: Session, call: Call[RefundOrder]) -> str:
    """Credit the customer with an amount; the id of the credit note."""
    request, wants = timeline.locked(session, call.request), call.body
    note = refunds.give_back(
        session,
        request.customer_id,
        wants.amount_minor,
        wants.currency,
        wants.title,
        call.at,
        of=wants.of,
    )
    return note.invoice_id


@effect
def confirm_switch(session: Session, call: Call[Confirm]) -> None:
    """See that an agreed change has come into force. Refuses when the contract has ended since."""
    request = timeline.locked(session, call.request)
    on = profiles.local_day(session, request.customer_id, call.at)
    billing.check_in_force(session, call.body.term, on)


@effect(patience=OF_MONEY)
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


@effect(patience=OF_MONEY)
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
