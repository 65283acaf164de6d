"""The ledger: double entries that are only ever added.

Each entry moves one amount from a credited to a debited account of the same currency, so that every
posting balances by its form. Triggers, which the migrations create, refuse to change or delete what
has been posted.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from ground.ids import new_id
from store.base import moment_field


class AccountKind(StrEnum):
    """Which side of the books an account is on."""

    ASSET = "asset"
    EXPENSE = "expense"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"


class LedgerAccount(SQLModel, table=True):
    """One account of the books, in one currency, of one customer where `owner_id` says so.

    `balance_minor` is the sum of its entries, positive on the side where its kind grows (debits for
    assets and expenses, credits for the rest); it never falls below zero unless `overdraft`.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("code", "owner_id", "currency"),
        UniqueConstraint("id", "currency"),
        CheckConstraint("overdraft OR balance_minor >= 0", "balance"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    code: str
    owner_id: str = ""
    currency: str
    kind: str
    overdraft: bool = False
    balance_minor: int = Field(default=0, sa_type=BigInteger)


class LedgerPosting(SQLModel, table=True):
    """One business event in the books; `key` is unique, so it is posted once."""

    __tablename__ = "ledger_posting"

    id: str = Field(default_factory=new_id, primary_key=True)
    key: str = Field(unique=True)
    at: datetime = moment_field()
    reverses_id: str | None = Field(default=None, foreign_key="ledger_posting.id", unique=True)


class LedgerEntry(SQLModel, table=True):
    """One amount in minor units, from the credited to the debited account."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["debit_id", "currency"], ["ledger_account.id", "ledger_account.currency"]
        ),
        ForeignKeyConstraint(
            ["credit_id", "currency"], ["ledger_account.id", "ledger_account.currency"]
        ),
        CheckConstraint("amount_minor > 0", "amount"),
        CheckConstraint("debit_id <> credit_id", "two_accounts"),
    )

    posting_id: str = Field(primary_key=True, foreign_key="ledger_posting.id")
    number: int = Field(primary_key=True)
    debit_id: str = Field(index=True)
    credit_id: str = Field(index=True)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
