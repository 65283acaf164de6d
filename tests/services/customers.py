"""A customer to test with, and how to reach a row after other transactions."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from services.balance import credit, open_account
from services.billing import subscribe
from store.billing import Plan
from store.profiles import Customer

START = datetime(2025, 3, 10, 9, tzinfo=UTC)
TODAY = START.date()
HOME = {"lines": "Calle Mayor 5", "city": "Madrid", "region": "M", "postal_code": "28013"}
NEW_HOME = {"lines": "Gran Vía 1", "city": "Bilbao", "region": "Bizkaia", "postal_code": "48001"}
ABROAD = {"lines": "Rua Augusta 100", "city": "Lisboa", "postal_code": "1100-053"}


def days_later(days: float) -> datetime:
    """So many days after the tests begin."""
    return START + timedelta(days=days)


def add_customer(session: Session, /, account_id: str = "clara", **values: Any) -> str:
    """A customer in Spain without addresses or money."""
    known: dict[str, Any] = {
        "name": "Clara Romero",
        "email": f"{account_id}@example.com",
        "phone": "+34600111222",
        "zone": "Europe/Madrid",
        "customer_since": date(2021, 3, 15),
        "country": "ES",
    }
    session.add(Customer(account_id=account_id, **known | values))
    session.flush()
    return account_id


def add_payer(
    session: Session, account_id: str = "clara", balance: int = 50_00, limit: int = 100_00
) -> str:
    """A customer with a billing account in euros."""
    add_customer(session, account_id)
    open_account(session, account_id, "EUR", limit)
    if balance:
        credit(session, account_id, balance, START)
    return account_id


def add_plans(session: Session) -> None:
    """Three levels of one family, of which the highest is no longer sold, and one of another."""
    for plan_id, family, level, minor, sold in (
        ("small", "fibre", 1, 20_00, True),
        ("medium", "fibre", 2, 30_00, True),
        ("large", "fibre", 3, 45_00, True),
        ("giant", "fibre", 4, 60_00, False),
        ("mobile", "mobile", 9, 10_00, True),
    ):
        texts = {"en": plan_id.title(), "es": f"{plan_id} (es)", "pt": f"{plan_id} (pt)"}
        session.add(
            Plan(
                id=plan_id,
                family=family,
                level=level,
                name=texts,
                price_minor=minor,
                currency="EUR",
                sold=sold,
            )
        )
    session.flush()


def add_subscriber(
    session: Session, account_id: str = "clara", on: date = date(2024, 1, 31)
) -> str:
    """A payer with the small plan, paid each month in advance; returns the subscription's id."""
    add_payer(session, account_id)
    if session.get(Plan, "small") is None:
        add_plans(session)
    return subscribe(session, account_id, "small", on, START).id
