"""Customers as people: who they are, where they live, how to reach them.

Personal data lies in these tables only.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from ground.ids import new_id
from store.base import json_field, moment_field

CURRENT = text("valid_until IS NULL")


class AddressUse(StrEnum):
    """What an address of a customer is for."""

    HOME = "home"
    BILLING = "billing"
    DELIVERY = "delivery"


class Customer(SQLModel, table=True):
    """A person with contracts, by the id of their account.

    `country` is the one whose law the contracts are under; a move abroad does not change it.
    """

    __tablename__ = "customer"

    account_id: str = Field(primary_key=True)
    name: str
    email: str
    phone: str = ""
    language: str = "en"
    zone: str = "UTC"
    born_on: date | None = None
    customer_since: date
    country: str


class Address(SQLModel, table=True):
    """One address for one use, in the time it held. At most one for each use is current.

    `replaces_id` is the address that was current before; one with `undone_at` counts as never made.
    """

    __tablename__ = "address"
    __table_args__ = (
        Index(
            "uq_address_current",
            "customer_id",
            "use",
            unique=True,
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
        Index("ix_address_history", "customer_id", "use", "valid_from"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    customer_id: str = Field(foreign_key="customer.account_id")
    use: str
    country: str
    lines: list[str] = json_field(default_factory=list)
    district: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    replaces_id: str | None = Field(default=None, foreign_key="address.id")
    valid_from: datetime = moment_field()
    valid_until: datetime | None = moment_field(nullable=True)
    undone_at: datetime | None = moment_field(nullable=True)


class ContactChange(SQLModel, table=True):
    """One change, the customer's `number`th, of a way to reach them: `email` or `phone`."""

    __tablename__ = "contact_change"
    __table_args__ = (UniqueConstraint("customer_id", "kind", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    customer_id: str = Field(foreign_key="customer.account_id")
    kind: str
    number: int
    old: str
    new: str
    changed_at: datetime = moment_field()
    undone_at: datetime | None = moment_field(nullable=True)
