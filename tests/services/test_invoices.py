"""Invoices and credit notes: their numbers, their states, their undoing."""

from typing import Any

import pytest
from sqlmodel import Session, select

from ground.errors import Conflict, NotFound
from services import invoices, profiles
from services.addresses import normalise_address
from services.invoices import Line, credit_invoice, issue_invoice, settle_invoice
from services.payments import Charge, charge, refund
from store.billing import Invoice, InvoiceStatus, Payment, PaymentStatus
from store.database import Database
from tests.services.customers import HOME, START, TODAY, add_payer, days_later

LINES = [
    Line("billing.line_installation", 12_50, {"note": "x"}),
    Line("billing.line_installation", -2_50),
]


@pytest.fixture
def clara(database: Database) -> str:
    """A customer with 50 € balance and 100 € credit limit."""
    return database.write_now(add_payer)


def pay(database: Database, method: str, amount: int = 10_00, key: str = "pay") -> Payment:
    """Charge Clara."""
    return database.write_now(charge, Charge(key, "clara", method, amount, "EUR"), START)


def stored(session: Session, invoice_id: str) -> tuple[Invoice, list[tuple[Any, ...]]]:
    """An invoice with its lines."""
    lines = invoices.lines_of(session, invoice_id)
    return invoices.invoice(session, invoice_id), [
        (line.position, line.text, line.amount_minor, line.params) for line in lines
    ]


def test_an_invoice_has_a_number_a_total_and_a_day_it_is_due(
    database: Database, clara: str
) -> None:
    issued = database.write_now(issue_invoice, clara, LINES, START, 14)
    assert (issued.number, issued.total_minor, issued.currency) == ("INV-2025-000001", 10_00, "EUR")
    invoice, lines = database.read_now(stored, issued.invoice_id)
    assert (invoice.status, invoice.issued_on) == (InvoiceStatus.OPEN, TODAY)
    assert invoice.due_on == days_later(14).date()
    assert lines == [
        (1, "billing.line_installation", 12_50, {"note": "x"}),
        (2, "billing.line_installation", -2_50, {}),
    ]


def test_numbers_begin_again_each_year(database: Database, clara: str) -> None:
    for at, number in (
        (START, "INV-2025-000001"),
        (days_later(1), "INV-2025-000002"),
        (days_later(365), "INV-2026-000001"),
        (days_later(2), "INV-2025-000003"),
    ):
        assert database.write_now(issue_invoice, clara, LINES, at, 14).number == number


def test_numbers_have_no_gap_though_many_write_at_once_and_some_fail(
    database: Database, clara: str
) -> None:
    def attempt(fails: bool) -> Any:
        def work(session: Session) -> int:
            issued = issue_invoice(session, clara, LINES, START, 14)
            if fails:
                raise RuntimeError("after the number was taken")
            return int(issued.number[-6:])

        return work

    waiting = [database.writer.submit(attempt(fails=n % 3 == 0)) for n in range(48)]
    numbers = [done.result() for done in waiting if done.exception() is None]
    assert sorted(numbers) == list(range(1, 33))


def test_an_invoice_goes_to_the_billing_address_of_its_day(database: Database, clara: str) -> None:
    old = normalise_address("ES", HOME)
    new = normalise_address("ES", HOME | {"lines": "Calle Menor 6"})
    update = database.write_now(profiles.update_billing_address, clara, old, START)
    issued = database.write_now(issue_invoice, clara, LINES, START, 14)
    database.write_now(profiles.update_billing_address, clara, new, days_later(1))
    invoice, _ = database.read_now(stored, issued.invoice_id)
    assert invoice.address_id == update.address_id


def test_an_invoice_for_a_captured_payment_is_paid(database: Database, clara: str) -> None:
    payment = pay(database, "balance")
    issued = database.write_now(issue_invoice, clara, LINES, START, 14, payment_id=payment.id)
    assert issued.status == InvoiceStatus.PAID


def test_an_invoice_on_account_is_open_until_the_money_comes(
    database: Database, clara: str
) -> None:
    payment = pay(database, "invoice")
    issued = database.write_now(issue_invoice, clara, LINES, START, 14, payment_id=payment.id)
    assert issued.status == InvoiceStatus.OPEN
    settled = database.write_now(settle_invoice, issued.invoice_id, "bank-7", days_later(3))
    assert settled.status == InvoiceStatus.PAID
    assert payment_of(database, issued.invoice_id) == (PaymentStatus.CAPTURED, "bank-7", "pay")
    with pytest.raises(Conflict, match=r"billing\.invoice_not_open"):
        database.write_now(settle_invoice, issued.invoice_id, "bank-8", days_later(4))


def test_money_for_an_invoice_that_nobody_promised_is_a_payment_too(
    database: Database, clara: str
) -> None:
    issued = database.write_now(issue_invoice, clara, LINES, START, 14)
    database.write_now(settle_invoice, issued.invoice_id, "bank-7", days_later(3))
    status, reference, _ = payment_of(database, issued.invoice_id)
    assert (status, reference) == (PaymentStatus.CAPTURED, "bank-7")


def payment_of(database: Database, invoice_id: str) -> tuple[str, str, str]:
    """Status, reference and key of the payment for an invoice."""
    payment = database.read_now(
        lambda session: session.exec(select(Payment).where(Payment.invoice_id == invoice_id)).one()
    )
    return payment.status, payment.provider_reference, payment.key


def test_an_invoice_of_nothing_is_paid(database: Database, clara: str) -> None:
    free = [Line("billing.line_installation", 0)]
    issued = database.write_now(issue_invoice, clara, free, START, 14)
    assert issued.status == InvoiceStatus.PAID


def test_a_payment_is_for_one_invoice_of_the_same_amount(database: Database, clara: str) -> None:
    payment = pay(database, "balance", 9_99)
    with pytest.raises(ValueError, match="999 for an invoice of 1000"):
        database.write_now(issue_invoice, clara, LINES, START, 14, payment_id=payment.id)
    right = pay(database, "balance", 10_00, "second")
    database.write_now(issue_invoice, clara, LINES, START, 14, payment_id=right.id)
    with pytest.raises(Conflict, match=r"billing\.payment_invoiced"):
        database.write_now(issue_invoice, clara, LINES, START, 14, payment_id=right.id)


def test_an_invoice_is_undone_by_a_credit_note_of_the_opposite_amounts(
    database: Database, clara: str
) -> None:
    issued = database.write_now(issue_invoice, clara, LINES, START, 14)
    note = database.write_now(credit_invoice, issued.invoice_id, days_later(1))
    again = database.write_now(credit_invoice, issued.invoice_id, days_later(2))
    assert (note.number, note.total_minor) == ("CRN-2025-000001", -10_00)
    assert again == note
    credited, _ = database.read_now(stored, issued.invoice_id)
    row, lines = database.read_now(stored, note.invoice_id)
    assert credited.status == row.status == InvoiceStatus.CREDITED
    assert row.credits_id == issued.invoice_id
    assert [amount for _, _, amount, _ in lines] == [-12_50, 2_50]
    with pytest.raises(Conflict, match=r"billing\.credit_note_final"):
        database.write_now(credit_invoice, note.invoice_id, days_later(2))


def test_money_goes_back_only_after_the_invoice(database: Database, clara: str) -> None:
    payment = pay(database, "balance")
    issued = database.write_now(issue_invoice, clara, LINES, START, 14, payment_id=payment.id)
    with pytest.raises(Conflict, match=r"billing\.invoice_stands"):
        database.write_now(refund, payment.id, START)
    database.write_now(credit_invoice, issued.invoice_id, START)
    assert database.write_now(refund, payment.id, START).status == PaymentStatus.REFUNDED


def test_an_unknown_invoice_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        database.write_now(credit_invoice, "unknown", START)
