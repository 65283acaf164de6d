"""What the tables themselves refuse, whatever the services do."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel

from services.payments import Charge, charge
from store.billing import BalanceEntry, EntryKind, Invoice, InvoiceStatus, Payment
from store.database import Database
from store.profiles import Address, AddressUse
from tests.services.customers import START, TODAY, add_subscriber

MONTH = date(2025, 2, 28)


def add(session: Session, *rows: SQLModel) -> None:
    """Insert rows one after another."""
    for row in rows:
        session.add(row)
        session.flush()


def invoice(sequence: int, **values: Any) -> Invoice:
    """An open invoice of one cent."""
    return Invoice(
        series="INV",
        year=2025,
        sequence=sequence,
        customer_id="clara",
        total_minor=1,
        currency="EUR",
        issued_on=TODAY,
        due_on=TODAY,
        **{"status": InvoiceStatus.OPEN} | values,
    )


def test_a_number_is_given_once(database: Database) -> None:
    database.write_now(add_subscriber)
    database.write_now(add, invoice(1), invoice(2))
    with pytest.raises(IntegrityError):
        database.write_now(add, invoice(2))


def test_one_regular_invoice_stands_for_a_month(database: Database) -> None:
    month = {"subscription_id": database.write_now(add_subscriber), "period_start": MONTH}
    credited = month | {"status": InvoiceStatus.CREDITED}
    other = month | {"period_start": TODAY}
    database.write_now(add, invoice(1, **credited), invoice(2, **month), invoice(3, **other))
    with pytest.raises(IntegrityError):
        database.write_now(add, invoice(4, **month))


def test_a_payment_takes_once_and_gives_back_once(database: Database) -> None:
    database.write_now(add_subscriber)
    payment = database.write_now(charge, Charge("k", "clara", "balance", 100, "EUR"), START)
    for kind in (EntryKind.PAYMENT, EntryKind.REFUND):
        entries = [
            BalanceEntry(
                customer_id="clara",
                kind=kind,
                amount_minor=100,
                payment_id=payment.id,
                booked_at=START,
            )
            for _ in range(2)
        ]
        with pytest.raises(IntegrityError):
            database.write_now(add, *entries)


@pytest.mark.parametrize("change", [{"key": "k"}, {"amount_minor": -1}])
def test_a_payment_has_a_key_of_its_own_and_no_negative_amount(
    database: Database, change: dict[str, Any]
) -> None:
    def payment(**values: Any) -> Payment:
        known: dict[str, Any] = {"key": "other", "amount_minor": 1} | values
        return Payment(
            customer_id="clara", method="balance", currency="EUR", made_at=START, **known
        )

    database.write_now(add_subscriber)
    database.write_now(add, payment(key="k"), payment())
    with pytest.raises(IntegrityError):
        database.write_now(add, payment(**{"key": "third"} | change))


def test_one_address_is_current_for_each_use(database: Database) -> None:
    def address(use: AddressUse, **values: Any) -> Address:
        return Address(customer_id="clara", use=use, country="ES", valid_from=START, **values)

    home, billing = AddressUse.HOME, AddressUse.BILLING
    database.write_now(add_subscriber)
    database.write_now(add, address(home, valid_until=START), address(home), address(billing))
    with pytest.raises(IntegrityError):
        database.write_now(add, address(home))
