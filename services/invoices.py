"""Invoices and credit notes: numbered without gaps, never changed but in their status."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from ground.errors import Conflict, NotFound
from services.balance import billing_account
from services.profiles import current_address
from store.billing import (
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    Payment,
    PaymentStatus,
)
from store.profiles import AddressUse

INVOICES = "INV"
CREDIT_NOTES = "CRN"
ON_ACCOUNT = "invoice"
"""The payment method of invoices that are paid later, by bank."""


@dataclass(frozen=True)
class Line:
    """What one line says (a message key with its parameters) and comes to, in minor units."""

    text: str
    amount_minor: int
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Issued:
    """An invoice or credit note as the caller needs it."""

    invoice_id: str
    number: str
    total_minor: int
    currency: str
    status: InvoiceStatus


def invoice(session: Session, invoice_id: str, lock: bool = False) -> Invoice:
    """An invoice by id. Raises `NotFound`."""
    found = session.get(Invoice, invoice_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound("billing.no_invoice")
    return found


def lines_of(session: Session, invoice_id: str) -> list[InvoiceLine]:
    """The lines of an invoice in their order."""
    return list(
        session.exec(
            select(InvoiceLine)
            .where(InvoiceLine.invoice_id == invoice_id)
            .order_by(col(InvoiceLine.position))
        )
    )


def overdue_invoices(session: Session, customer_id: str, on: date) -> list[Invoice]:
    """What the customer should have paid before this day, oldest first."""
    return list(
        session.exec(
            select(Invoice)
            .where(
                Invoice.customer_id == customer_id,
                Invoice.status == InvoiceStatus.OPEN,
                col(Invoice.due_on) < on,
            )
            .order_by(col(Invoice.due_on), col(Invoice.id))
        )
    )


def open_minor(session: Session, customer_id: str) -> int:
    """The sum of a customer's open invoices, in minor units of their account's currency."""
    total = session.exec(
        select(func.sum(Invoice.total_minor)).where(
            Invoice.customer_id == customer_id, Invoice.status == InvoiceStatus.OPEN
        )
    ).one()
    return int(total or 0)


def issue_invoice(
    session: Session,
    customer_id: str,
    lines: Sequence[Line],
    at: datetime,
    due_days: int,
    *,
    payment_id: str | None = None,
    subscription_id: str | None = None,
    period_start: date | None = None,
) -> Issued:
    """Invoice a customer. It is paid if nothing is due or its payment is captured, else open.

    `payment_id` is the payment that it is for; their amounts must agree (`ValueError`). Undone by
    `credit_invoice`.
    """
    account = billing_account(session, customer_id)
    total = sum(line.amount_minor for line in lines)
    payment = payment_for(session, payment_id, total) if payment_id else None
    paid = total <= 0 or (payment is not None and payment.status == PaymentStatus.CAPTURED)
    address = current_address(session, customer_id, AddressUse.BILLING)
    written = write(
        session,
        Invoice(
            **numbered(session, INVOICES, at.year),
            customer_id=customer_id,
            subscription_id=subscription_id,
            period_start=period_start,
            address_id=address.id if address else None,
            total_minor=total,
            currency=account.currency,
            status=InvoiceStatus.PAID if paid else InvoiceStatus.OPEN,
            issued_on=at.date(),
            due_on=at.date() + timedelta(days=due_days),
        ),
        lines,
    )
    if payment:
        payment.invoice_id = written.id
        session.flush()
    return issued(written)


def payment_for(session: Session, payment_id: str, total_minor: int) -> Payment:
    """The payment that an invoice of this total is for."""
    payment = session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)
    if payment.invoice_id:
        raise Conflict("billing.payment_invoiced")
    if payment.amount_minor != total_minor:
        raise ValueError(f"a payment of {payment.amount_minor} for an invoice of {total_minor}")
    return payment


def credit_invoice(session: Session, invoice_id: str, at: datetime) -> Issued:
    """Take an invoice back with a credit note of the opposite amounts. Then money can be refunded.

    A second time it returns the same note. Raises `Conflict` for a credit note.
    """
    credited = invoice(session, invoice_id, lock=True)
    note = session.exec(select(Invoice).where(Invoice.credits_id == invoice_id)).one_or_none()
    if note:
        return issued(note)
    if credited.credits_id:
        raise Conflict("billing.credit_note_final")
    lines = [
        Line(line.text, -line.amount_minor, line.params) for line in lines_of(session, invoice_id)
    ]
    credited.status = InvoiceStatus.CREDITED
    note = Invoice(
        **numbered(session, CREDIT_NOTES, at.year),
        customer_id=credited.customer_id,
        subscription_id=credited.subscription_id,
        address_id=credited.address_id,
        credits_id=credited.id,
        total_minor=-credited.total_minor,
        currency=credited.currency,
        status=InvoiceStatus.CREDITED,
        issued_on=at.date(),
        due_on=at.date(),
    )
    return issued(write(session, note, lines))


def settle_invoice(session: Session, invoice_id: str, reference: str, at: datetime) -> Issued:
    """The money for an open invoice has come in by bank, with this reference.

    Completes the payment on account that promised it. Raises `Conflict` unless it is open.
    """
    settled = invoice(session, invoice_id, lock=True)
    if settled.status != InvoiceStatus.OPEN:
        raise Conflict("billing.invoice_not_open", number=settled.number)
    payment = session.exec(select(Payment).where(Payment.invoice_id == invoice_id)).one_or_none()
    if payment is None:
        payment = Payment(
            key=f"transfer/{invoice_id}",
            customer_id=settled.customer_id,
            method=ON_ACCOUNT,
            amount_minor=settled.total_minor,
            currency=settled.currency,
            invoice_id=invoice_id,
            made_at=at,
        )
    payment.status = PaymentStatus.CAPTURED
    payment.provider_reference = reference
    settled.status = InvoiceStatus.PAID
    session.add(payment)
    session.flush()
    return issued(settled)


def write(session: Session, new: Invoice, lines: Sequence[Line]) -> Invoice:
    """Store an invoice with its lines."""
    session.add(new)
    session.add_all(
        InvoiceLine(
            invoice_id=new.id,
            position=position,
            text=line.text,
            params=line.params,
            amount_minor=line.amount_minor,
        )
        for position, line in enumerate(lines, start=1)
    )
    session.flush()
    return new


def numbered(session: Session, series: str, year: int) -> dict[str, Any]:
    """The next number of a series. Its row stays locked to the end, so a failure leaves no gap."""
    statement = text(
        "INSERT INTO number_series (series, year, last) VALUES (:series, :year, 1) "
        "ON CONFLICT (series, year) DO UPDATE SET last = number_series.last + 1 RETURNING last"
    )
    sequence = session.execute(statement, {"series": series, "year": year}).scalar_one()
    return {"series": series, "year": year, "sequence": sequence}


def issued(written: Invoice) -> Issued:
    """What callers are told of an invoice."""
    return Issued(
        invoice_id=written.id,
        number=written.number,
        total_minor=written.total_minor,
        currency=written.currency,
        status=InvoiceStatus(written.status),
    )
