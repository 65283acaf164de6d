"""The books balance, whatever happens in whatever order, retried or broken off."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, col, func, select

from ground.errors import Refusal
from services.balance import balance_minor, credit
from services.invoices import Line, credit_invoice, issue_invoice, settle_invoice
from services.payments import Charge, charge, refund
from store.billing import (
    BalanceEntry,
    EntryKind,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    Payment,
    PaymentStatus,
)
from store.database import Database
from tests.services.customers import START, add_payer

STEPS = 80


class BrokenOff(Exception):
    """A step that failed after its effect, before its commit."""


class Till:
    """An independent count of the money that has come in and gone nowhere else."""

    def __init__(self, database: Database, chance: random.Random) -> None:
        self.database, self.chance = database, chance
        self.received = database.read_now(total, BalanceEntry.amount_minor)
        self.steps = 0

    def run(self, work: Callable[..., Any], *args: Any) -> Any:
        """Do a step; sometimes it breaks off first, sometimes it is told twice."""
        if self.chance.random() < 0.2:
            with pytest.raises((BrokenOff, Refusal)):
                self.database.write_now(break_off, work, *args)
        try:
            return self.database.write_now(work, *args)
        except Refusal:
            return None

    def step(self) -> None:
        """One step that could happen next, allowed or not."""
        self.steps += 1
        moves = {
            self.top_up: 3,
            self.pay: 5,
            self.bill: 5,
            self.give_back: 2,
            self.take_back: 1,
            self.settle: 2,
        }
        [move] = self.chance.choices(list(moves), list(moves.values()))
        move()

    def top_up(self) -> None:
        amount = self.chance.randint(1, 80_00)
        self.run(credit, "clara", amount, START)
        self.received += amount

    def pay(self) -> None:
        method = self.chance.choice(["balance", "invoice"])
        amount = self.chance.randint(0, 60_00)
        order = Charge(f"pay-{self.steps}", "clara", method, amount, "EUR")
        first, again = (self.run(charge, order, START) for _ in range(2))
        assert (first.id, first.status) == (again.id, again.status)

    def bill(self) -> None:
        paid = col(Payment.status).in_([PaymentStatus.CAPTURED, PaymentStatus.AUTHORISED])
        if payment := self.some(Payment, paid, col(Payment.invoice_id).is_(None)):
            part = self.chance.randint(-10_00, payment.amount_minor)
            amounts = [part, payment.amount_minor - part]
            lines = [Line("billing.line_installation", amount) for amount in amounts]
            self.run(bill_for, lines, payment.id)

    def give_back(self) -> None:
        if payment := self.some(Payment):
            for _ in range(2):
                self.run(refund, payment.id, START)

    def take_back(self) -> None:
        if invoice := self.some(Invoice):
            for _ in range(2):
                self.run(credit_invoice, invoice.id, START)

    def settle(self) -> None:
        if invoice := self.some(Invoice):
            settled = self.run(settle_invoice, invoice.id, f"bank-{self.steps}", START)
            self.received += settled.total_minor if settled else 0

    def some(self, table: type[Any], *where: Any) -> Any:
        """Any row of a table."""
        rows = self.database.read_now(
            lambda s: s.exec(select(table).where(*where).order_by(table.id)).all()
        )
        return self.chance.choice(rows) if rows else None


def break_off(session: Session, work: Callable[..., Any], *args: Any) -> None:
    """A transaction that ends before its commit."""
    work(session, *args)
    raise BrokenOff


def bill_for(session: Session, lines: list[Line], payment_id: str) -> Any:
    """Invoice a payment."""
    return issue_invoice(session, "clara", lines, START, 14, payment_id=payment_id)


def total(session: Session, column: Any, *where: Any) -> int:
    """The sum of a column over the rows that match."""
    return int(session.exec(select(func.coalesce(func.sum(column), 0)).where(*where)).one())


def check_books(session: Session, received: int) -> None:
    """What came in is held as balance or was paid; what was invoiced is paid, open or credited."""
    captured = total(session, Payment.amount_minor, Payment.status == PaymentStatus.CAPTURED)
    held = balance_minor(session, "clara")
    assert held >= 0
    assert received == held + captured

    taken, returned = (
        total(session, BalanceEntry.amount_minor, BalanceEntry.kind == kind)
        for kind in (EntryKind.PAYMENT, EntryKind.REFUND)
    )
    by_balance = Payment.method == "balance", Payment.status != PaymentStatus.FAILED
    assert -taken == total(session, Payment.amount_minor, *by_balance)
    assert returned <= total(
        session, Payment.amount_minor, Payment.status == PaymentStatus.REFUNDED
    )

    invoiced = total(session, Invoice.total_minor)
    assert invoiced == total(session, InvoiceLine.amount_minor)
    assert total(session, Invoice.total_minor, Invoice.status == InvoiceStatus.CREDITED) == 0
    for invoice in session.exec(select(Invoice)):
        payment = session.exec(
            select(Payment).where(Payment.invoice_id == invoice.id)
        ).one_or_none()
        if payment and invoice.status != InvoiceStatus.CREDITED:
            done = payment.status == PaymentStatus.CAPTURED or not payment.amount_minor
            assert done == (invoice.status == InvoiceStatus.PAID)
            assert payment.amount_minor == invoice.total_minor
    for series in ("INV", "CRN"):
        numbers = session.exec(
            select(Invoice.sequence).where(Invoice.series == series).order_by(col(Invoice.sequence))
        ).all()
        assert list(numbers) == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("seed", range(3))
def test_the_books_balance_after_every_step(database: Database, seed: int) -> None:
    database.write_now(add_payer)
    till = Till(database, random.Random(seed))
    for _ in range(STEPS):
        till.step()
        database.read_now(check_books, till.received)
    assert database.read_now(count, Invoice) > 5
    assert database.read_now(count, Payment) > 10


def count(session: Session, table: type[Any]) -> int:
    """How many rows a table has."""
    return session.exec(select(func.count()).select_from(table)).one()
