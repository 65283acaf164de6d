"""The ledger: double entries that are only ever added.

Each entry moves one amount from a credited to a debited account of the same currency, so that every
posting balances by its form. Triggers refuse to change or delete what has been posted.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    ExecutableDDLElement,
    ForeignKeyConstraint,
    Table,
    UniqueConstraint,
    event,
)
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


REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$
"""


def ddl(statement: str, dialect: str) -> ExecutableDDLElement:
    """A statement for one kind of database."""
    return DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]


def append_only(table: Table) -> None:
    """Have the database refuse to update or delete the rows of a table, once it is created."""
    name = table.name
    statements = [(REFUSE_CHANGE, "postgresql")]
    for change in ("UPDATE", "DELETE"):
        trigger = f"CREATE TRIGGER {name}_no_{change.lower()} BEFORE {change} ON {name} "
        statements += [
            (f"{trigger} BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END", "sqlite"),
            (f"{trigger} FOR EACH ROW EXECUTE FUNCTION refuse_change()", "postgresql"),
        ]
    for statement, dialect in statements:
        event.listen(table, "after_create", ddl(statement, dialect))


append_only(LedgerPosting.__table__)  # type: ignore[attr-defined]
append_only(LedgerEntry.__table__)  # type: ignore[attr-defined]
