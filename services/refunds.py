"""Giving money back on purpose: a credit on the customer's balance, with the credit note for it."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from ground.errors import Conflict, NotFound, Refusal
from ground.messages import money
from services import payments
from services.balance import billing_account, book
from services.invoices import Issued, Line, issue_invoice
from store.billing import EntryKind, Payment, PaymentStatus


def give_back(
    session: Session,
    customer_id: str,
    amount_minor: int,
    currency: str,
    title: dict[str, Any],
    at: datetime,
    *,
    of: str | None = None,
) -> Issued:
    """Credit a customer with an amount, `of` a payment of theirs if one is named; its credit note.

    A payment gives back once, and no more than it was. Raises `Refusal`, or `NotFound` for a
    payment that is not this customer's.
    """
    account = billing_account(session, customer_id, lock=True)
    if account.currency != currency:
        raise Refusal("billing.other_currency", currency=account.currency)
    if of:
        check_payment(session, customer_id, of, amount_minor)
    line = Line("billing.line_titled", -amount_minor, {"title": title})
    note = issue_invoice(session, customer_id, [line], at, due_days=0)
    book(session, customer_id, EntryKind.CREDIT, amount_minor, of, at)
    return note


def check_payment(session: Session, customer_id: str, payment_id: str, amount_minor: int) -> None:
    """Whether a payment can give so much back. Raises `Refusal`."""
    payment = session.get(Payment, payment_id, with_for_update=True, populate_existing=True)
    if payment is None or payment.customer_id != customer_id:
        raise NotFound("billing.no_payment")
    if payment.status != PaymentStatus.CAPTURED:
        raise Conflict("billing.nothing_to_refund")
    if payments.given_back_minor(session, payment_id):
        raise Conflict("billing.refunded_before")
    if amount_minor > payment.amount_minor:
        paid = money(payment.amount_minor, payment.currency)
        raise Refusal("billing.refund_too_high", paid=paid)
