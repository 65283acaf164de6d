"""Customers' balances: money we hold for them, as a list of movements that only grows."""

from datetime import datetime

from sqlmodel import Session, func, select

from ground.errors import NotFound
from store.billing import BalanceEntry, BillingAccount, EntryKind


def open_account(
    session: Session, customer_id: str, currency: str, credit_limit_minor: int = 0
) -> BillingAccount:
    """Let a customer have a balance, and owe as much as the limit."""
    account = BillingAccount(
        customer_id=customer_id, currency=currency, credit_limit_minor=credit_limit_minor
    )
    session.add(account)
    session.flush()
    return account


def billing_account(session: Session, customer_id: str, lock: bool = False) -> BillingAccount:
    """A customer's account; `lock` keeps every other movement waiting. Raises `NotFound`."""
    account = session.get(
        BillingAccount, customer_id, with_for_update=lock or None, populate_existing=lock
    )
    if account is None:
        raise NotFound("billing.no_account")
    return account


def balance_minor(session: Session, customer_id: str) -> int:
    """What we hold for a customer, in minor units of their account's currency."""
    total = session.exec(
        select(func.sum(BalanceEntry.amount_minor)).where(BalanceEntry.customer_id == customer_id)
    ).one()
    return int(total or 0)


def credit(session: Session, customer_id: str, amount_minor: int, at: datetime) -> BalanceEntry:
    """Put money on a balance. Raises `ValueError` unless it is at least one minor unit."""
    if amount_minor < 1:
        raise ValueError(f"a credit of {amount_minor} is none")
    billing_account(session, customer_id, lock=True)
    return book(session, customer_id, EntryKind.CREDIT, amount_minor, None, at)


def book(
    session: Session,
    customer_id: str,
    kind: EntryKind,
    amount_minor: int,
    payment_id: str | None,
    at: datetime,
) -> BalanceEntry:
    """Write one movement. Whoever takes money holds the account's lock and has looked first."""
    entry = BalanceEntry(
        customer_id=customer_id,
        kind=kind,
        amount_minor=amount_minor,
        payment_id=payment_id,
        booked_at=at,
    )
    session.add(entry)
    session.flush()
    return entry
