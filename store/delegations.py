"""Who may see or make requests in whose stead."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from ground.ids import new_id
from store.base import moment_field, only


class Scope(StrEnum):
    """What a person may do for a customer: see their requests, or also make and answer them."""

    VIEW = "view"
    ACT = "act"


class Delegation(SQLModel, table=True):
    """A customer lets a person stand in for them, from `since` until before `until`.

    `email` is as the customer gave it. `delegate_id` is the customer account with this address,
    none for as long as there is no such account, so that nobody learns who has one.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        Index("ix_delegation_delegate", "delegate_id", "customer_id", **only("revoked_at IS NULL")),
        Index(
            "uq_delegation_current",
            "customer_id",
            "email",
            unique=True,
            **only("revoked_at IS NULL"),
        ),
        Index("ix_delegation_given", "customer_id", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    customer_id: str = Field(foreign_key="account.id")
    delegate_id: str | None = Field(default=None, foreign_key="account.id")
    email: str
    scope: str
    since: datetime = moment_field()
    until: datetime | None = moment_field(nullable=True)
    revoked_at: datetime | None = moment_field(nullable=True)
    revoked_by: str | None = None
