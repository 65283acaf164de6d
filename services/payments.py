"""Being paid: methods behind one interface, each attempt recorded, each undone by a refund.

A method that works in our own tables charges within `charge`. A provider outside is called between
two transactions instead: `start_charge`, the provider with the same key, `finish_charge`.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlmodel import Session, col, func, select

from ground.errors import Conflict, NotFound
from ground.messages import money
from services.balance import balance_minor, billing_account, book
from services.invoices import invoice, open_minor, overdue_invoices
from store.billing import BalanceEntry, EntryKind, InvoiceStatus, Payment, PaymentStatus


@dataclass(frozen=True)
class Charge:
    """What is to be taken from whom: `amount_minor` minor units, by the method of this name."""

    key: str
    customer_id: str
    method: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class Outcome:
    """What a method answers to a charge: authorised, captured, or failed for a reason (a key)."""

    status: PaymentStatus
    reference: str = ""
    failure: str = ""
    params: dict[str, Any] = field(default_factory=dict)


def failed(key: str, **params: Any) -> Outcome:
    """A charge that did not succeed, and what the customer is told."""
    return Outcome(PaymentStatus.FAILED, failure=key, params=params)


class PaymentMethod(Protocol):
    """A way to be paid, such as a provider of card payments."""

    def charge(self, session: Session, payment: Payment, at: datetime) -> Outcome:
        """Take the payment's amount. The same `payment.key` takes it at most once."""
        ...

    def refund(self, session: Session, payment: Payment, at: datetime) -> None:
        """Give back what was authorised or captured, at most once."""
        ...


class Balance:
    """From the balance that we hold for the customer."""

    def charge(self, session: Session, payment: Payment, at: datetime) -> Outcome:
        account = billing_account(session, payment.customer_id, lock=True)
        if account.currency != payment.currency:
            return failed("billing.other_currency", currency=account.currency)
        held = balance_minor(session, payment.customer_id)
        if held < payment.amount_minor:
            return failed("billing.balance_too_low", balance=money(held, account.currency))
        taken = -payment.amount_minor
        entry = book(session, payment.customer_id, EntryKind.PAYMENT, taken, payment.id, at)
        return Outcome(PaymentStatus.CAPTURED, entry.id)

    def refund(self, session: Session, payment: Payment, at: datetime) -> None:
        put_on_balance(session, payment, at)


class OnAccount:
    """By an invoice to be paid later, within the customer's credit limit."""

    def charge(self, session: Session, payment: Payment, at: datetime) -> Outcome:
        account = billing_account(session, payment.customer_id, lock=True)
        if account.currency != payment.currency:
            return failed("billing.other_currency", currency=account.currency)
        if overdue := overdue_invoices(session, payment.customer_id, at.date()):
            return failed("billing.overdue_on_account", number=overdue[0].number)
        owed = owed_minor(session, payment.customer_id)
        if owed + payment.amount_minor > account.credit_limit_minor:
            limit = money(account.credit_limit_minor, account.currency)
            return failed("billing.credit_limit", limit=limit)
        return Outcome(PaymentStatus.AUTHORISED)

    def refund(self, session: Session, payment: Payment, at: datetime) -> None:
        # What is only promised has moved no money; the promise ends with the payment's status.
        if payment.status == PaymentStatus.CAPTURED:
            put_on_balance(session, payment, at)


METHODS: dict[str, PaymentMethod] = {"balance": Balance(), "invoice": OnAccount()}
"""The methods by the name that forms and payments carry; another company adds its own here."""


def put_on_balance(session: Session, payment: Payment, at: datetime) -> None:
    """Give a payment back as balance, or what is left of it to be given back."""
    billing_account(session, payment.customer_id, lock=True)
    left = payment.amount_minor - given_back_minor(session, payment.id)
    if left:
        book(session, payment.customer_id, EntryKind.REFUND, left, payment.id, at)


def given_back_minor(session: Session, payment_id: str) -> int:
    """What of a payment was given back as credit before, in minor units."""
    given = session.exec(
        select(func.sum(BalanceEntry.amount_minor)).where(
            BalanceEntry.payment_id == payment_id, BalanceEntry.kind == EntryKind.CREDIT
        )
    ).one()
    return int(given or 0)


def owed_minor(session: Session, customer_id: str) -> int:
    """What a customer owes: open invoices, and what was promised but is not yet invoiced."""
    promised = session.exec(
        select(func.sum(Payment.amount_minor)).where(
            Payment.customer_id == customer_id,
            Payment.status == PaymentStatus.AUTHORISED,
            col(Payment.invoice_id).is_(None),
        )
    ).one()
    return open_minor(session, customer_id) + int(promised or 0)


def method(name: str) -> PaymentMethod:
    """A method by name. Raises `NotFound`."""
    if name not in METHODS:
        raise NotFound("billing.no_method", method=name)
    return METHODS[name]


def charge(session: Session, order: Charge, at: datetime) -> Payment:
    """Take money by a method, once for each key; look at the `status` of what returns.

    A failure is a recorded payment with its reason, not an error: try again under a new key.
    Nothing due (0) is captured without asking the method. Undone by `refund`.
    """
    way = method(order.method)
    payment = start_charge(session, order, at)
    if payment.status != PaymentStatus.STARTED:
        return payment
    nothing_due = Outcome(PaymentStatus.CAPTURED)
    outcome = way.charge(session, payment, at) if order.amount_minor else nothing_due
    return finish_charge(session, payment.id, outcome)


def start_charge(session: Session, order: Charge, at: datetime) -> Payment:
    """Record that an amount will be charged; the payment of this key if there is one already.

    Raises `Conflict` if the key stands for another charge.
    """
    billing_account(session, order.customer_id, lock=True)
    payment = session.exec(select(Payment).where(Payment.key == order.key)).one_or_none()
    if payment is None:
        payment = Payment(**asdict(order), made_at=at)
        session.add(payment)
        session.flush()
    elif any(getattr(payment, name) != value for name, value in asdict(order).items()):
        raise Conflict("billing.key_reused")
    return payment


def finish_charge(session: Session, payment_id: str, outcome: Outcome) -> Payment:
    """Record how a started charge ended. The first outcome stands."""
    payment = session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)
    if payment.status == PaymentStatus.STARTED:
        payment.status = outcome.status
        payment.provider_reference = outcome.reference
        payment.failure = outcome.failure
        payment.failure_params = outcome.params
        session.flush()
    return payment


def refund(session: Session, payment_id: str, at: datetime) -> Payment:
    """Give a payment back by its own method. Nothing to give back, or a second time: does nothing.

    Raises `Conflict` while the charge is under way, or while its invoice has not been credited.
    """
    payment = session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)
    if payment.status in (PaymentStatus.FAILED, PaymentStatus.REFUNDED):
        return payment
    if payment.status == PaymentStatus.STARTED:
        raise Conflict("billing.charge_under_way")
    if payment.invoice_id:
        paid_for = invoice(session, payment.invoice_id)
        if paid_for.status != InvoiceStatus.CREDITED:
            raise Conflict("billing.invoice_stands", number=paid_for.number)
    if payment.amount_minor:
        method(payment.method).refund(session, payment, at)
    payment.status = PaymentStatus.REFUNDED
    payment.refunded_at = at
    session.flush()
    return payment
