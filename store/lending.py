"""Loans: what is set aside for them, offered, and lent. Amounts are in minor units."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Dialect, Index, String
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from ground.ids import new_id
from store.base import json_field, moment_field


class Exact(TypeDecorator[Decimal]):
    """A decimal kept digit by digit; SQLite's own numbers would round it."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class ReservationState(StrEnum):
    """What has become of reserved funds."""

    HELD = "held"
    USED = "used"
    RELEASED = "released"


class FundsReservation(SQLModel, table=True):
    """Money set aside for one request until it is lent or released."""

    __tablename__ = "funds_reservation"
    __table_args__ = (CheckConstraint("amount_minor > 0", "amount"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    request_id: str = Field(foreign_key="request.id", unique=True)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    state: str = ReservationState.HELD
    posting_id: str = Field(foreign_key="ledger_posting.id")
    reserved_at: datetime = moment_field()
    ended_at: datetime | None = moment_field(nullable=True)


class OfferState(StrEnum):
    """An offer is open until exactly one of the others befalls it."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class LoanOffer(SQLModel, table=True):
    """A loan as it was offered, with its whole repayment schedule."""

    __tablename__ = "loan_offer"

    id: str = Field(default_factory=new_id, primary_key=True)
    request_id: str = Field(foreign_key="request.id", index=True)
    customer_id: str = Field(foreign_key="customer.account_id", index=True)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    annual_rate: Decimal = Field(sa_type=Exact)
    months: int
    instalment_minor: int = Field(sa_type=BigInteger)
    total_minor: int = Field(sa_type=BigInteger)
    schedule: dict[str, Any] = json_field()
    state: str = OfferState.OPEN
    offered_at: datetime = moment_field()
    expires_at: datetime = moment_field()
    decided_at: datetime | None = moment_field(nullable=True)


class LoanState(StrEnum):
    """Whether a loan is still owed."""

    ACTIVE = "active"
    REPAID = "repaid"
    REVERSED = "reversed"


class Loan(SQLModel, table=True):
    """Money that was lent, by an accepted offer and from reserved funds, each used once."""

    __tablename__ = "loan"
    __table_args__ = (Index("ix_loan_customer_state", "customer_id", "state"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    offer_id: str = Field(foreign_key="loan_offer.id", unique=True)
    reservation_id: str = Field(foreign_key="funds_reservation.id", unique=True)
    customer_id: str = Field(foreign_key="customer.account_id")
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    annual_rate: Decimal = Field(sa_type=Exact)
    instalment_minor: int = Field(sa_type=BigInteger)
    state: str = LoanState.ACTIVE
    posting_id: str = Field(foreign_key="ledger_posting.id", unique=True)
    disbursed_at: datetime = moment_field()
    ended_at: datetime | None = moment_field(nullable=True)


class LoanInstalment(SQLModel, table=True):
    """One payment that a loan asks for; `total_minor` is interest and principal together."""

    __tablename__ = "loan_instalment"
    __table_args__ = (Index("ix_loan_instalment_due", "due_on", "paid_at"),)

    loan_id: str = Field(primary_key=True, foreign_key="loan.id")
    number: int = Field(primary_key=True)
    due_on: date
    total_minor: int = Field(sa_type=BigInteger)
    interest_minor: int = Field(sa_type=BigInteger)
    principal_minor: int = Field(sa_type=BigInteger)
    paid_at: datetime | None = moment_field(nullable=True)
