"""What is sold and owed: plans, subscriptions, invoices, payments, customers' balances.

Amounts are whole minor units of the currency beside them. Rows of money are never changed but in
their status, and never deleted.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from ground.ids import new_id
from store.base import json_field, moment_field

REGULAR = text("period_start IS NOT NULL AND status <> 'credited'")


def minor_field(**kwargs: Any) -> Any:
    """A SQLModel field for an amount in minor units; 32 bits would end at 50,000 € in pesos."""
    return Field(sa_type=BigInteger, **kwargs)


class Plan(SQLModel, table=True):
    """What can be subscribed to.

    Plans of a `family` replace each other; a higher `level` is more.
    """

    __tablename__ = "plan"
    __table_args__ = (CheckConstraint("price_minor >= 0", "price"),)

    id: str = Field(primary_key=True)
    family: str = Field(index=True)
    level: int
    name: dict[str, str] = json_field()
    price_minor: int = minor_field()
    currency: str
    sold: bool = True


class SubscriptionStatus(StrEnum):
    """Whether a subscription is served."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Subscription(SQLModel, table=True):
    """A customer's contract for a plan, paid each month in advance from the `anchor_day` on."""

    __tablename__ = "subscription"
    __table_args__ = (CheckConstraint("anchor_day BETWEEN 1 AND 31", "anchor_day"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    customer_id: str = Field(foreign_key="customer.account_id", index=True)
    started_on: date
    anchor_day: int
    status: str = SubscriptionStatus.ACTIVE


class PlanTerm(SQLModel, table=True):
    """From `effective_on` on a subscription has this plan, its first one or another (`number`).

    The plan on a day is that of the last term in force by then; one with `undone_at` never was.
    """

    __tablename__ = "plan_term"
    __table_args__ = (UniqueConstraint("subscription_id", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    subscription_id: str = Field(foreign_key="subscription.id")
    number: int
    plan_id: str = Field(foreign_key="plan.id")
    effective_on: date
    made_at: datetime = moment_field()
    undone_at: datetime | None = moment_field(nullable=True)


class BillingAccount(SQLModel, table=True):
    """What a customer may owe, and in which currency; its row is the lock of the balance."""

    __tablename__ = "billing_account"

    customer_id: str = Field(primary_key=True, foreign_key="customer.account_id")
    currency: str
    credit_limit_minor: int = minor_field(default=0)


class PaymentStatus(StrEnum):
    """How far a payment has come. `authorised` is promised but not yet received."""

    STARTED = "started"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    FAILED = "failed"
    REFUNDED = "refunded"


class Payment(SQLModel, table=True):
    """One attempt to be paid, unique by the caller's `key`.

    `failure` is the key of the message that says why it failed, `failure_params` its parameters.
    """

    __tablename__ = "payment"
    __table_args__ = (CheckConstraint("amount_minor >= 0", "amount"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    key: str = Field(unique=True)
    customer_id: str = Field(foreign_key="billing_account.customer_id", index=True)
    method: str
    amount_minor: int = minor_field()
    currency: str
    status: str = PaymentStatus.STARTED
    provider_reference: str = ""
    failure: str = ""
    failure_params: dict[str, Any] = json_field()
    invoice_id: str | None = Field(default=None, foreign_key="invoice.id", unique=True)
    made_at: datetime = moment_field()
    refunded_at: datetime | None = moment_field(nullable=True)


class EntryKind(StrEnum):
    """Why a customer's balance moved."""

    CREDIT = "credit"
    PAYMENT = "payment"
    REFUND = "refund"


class BalanceEntry(SQLModel, table=True):
    """One movement of a customer's balance, positive in their favour; the balance is the sum.

    A payment takes at most once and gives back at most once.
    """

    __tablename__ = "balance_entry"
    __table_args__ = (UniqueConstraint("payment_id", "kind"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    customer_id: str = Field(foreign_key="billing_account.customer_id", index=True)
    kind: str
    amount_minor: int = minor_field()
    payment_id: str | None = Field(default=None, foreign_key="payment.id")
    booked_at: datetime = moment_field()


class InvoiceStatus(StrEnum):
    """Whether an invoice asks for money. A credit note and what it credits are `credited`."""

    OPEN = "open"
    PAID = "paid"
    CREDITED = "credited"


class Invoice(SQLModel, table=True):
    """An invoice, or the credit note that takes one back (`credits_id`, with a negative total).

    `period_start` is set on the regular invoice of a subscription's month, of which one may stand.
    The address it went to is a row of the customer's history, not a copy.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("series", "year", "sequence"),
        Index(
            "uq_invoice_regular",
            "subscription_id",
            "period_start",
            unique=True,
            sqlite_where=REGULAR,
            postgresql_where=REGULAR,
        ),
        Index("ix_invoice_customer_status", "customer_id", "status"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    series: str
    year: int
    sequence: int
    customer_id: str = Field(foreign_key="billing_account.customer_id")
    subscription_id: str | None = Field(default=None, foreign_key="subscription.id")
    period_start: date | None = None
    address_id: str | None = Field(default=None, foreign_key="address.id")
    credits_id: str | None = Field(default=None, foreign_key="invoice.id", unique=True)
    total_minor: int = minor_field()
    currency: str
    status: str
    issued_on: date
    due_on: date

    @property
    def number(self) -> str:
        """The number that is printed, such as `INV-2025-000042`."""
        return f"{self.series}-{self.year}-{self.sequence:06}"


class InvoiceLine(SQLModel, table=True):
    """One line of an invoice; `text` is a message key, so that all read it in their language."""

    __tablename__ = "invoice_line"

    invoice_id: str = Field(primary_key=True, foreign_key="invoice.id")
    position: int = Field(primary_key=True)
    text: str
    params: dict[str, Any] = json_field()
    amount_minor: int = minor_field()


class NumberSeries(SQLModel, table=True):
    """The last number given in a series and year; its row is the lock that leaves no gap."""

    __tablename__ = "number_series"

    series: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int
