"""What people are told, in the portal and by mail."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from store.base import json_field, moment_field


class Notification(SQLModel, table=True):
    """A message for one account: a key and parameters, a sentence once it is read."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_account", "account_id", "id"),
        Index(
            "ix_notification_unread",
            "account_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id")
    key: str
    params: dict[str, Any] = json_field()
    request_id: str | None = Field(default=None, foreign_key="request.id", index=True)
    created_at: datetime = moment_field()
    read_at: datetime | None = moment_field(nullable=True)


class MailOut(SQLModel, table=True):
    """A mail on its way, at most one for each `key` (a notification's id, or a sender's own key).

    `not_before` is at once the lease of the sender that has claimed the row and the time of the
    next try. A row with `given_up_at` stays for operators to see.
    """

    __tablename__ = "mail_out"
    __table_args__ = (
        Index(
            "ix_mail_out_due",
            "not_before",
            sqlite_where=text("sent_at IS NULL AND given_up_at IS NULL"),
            postgresql_where=text("sent_at IS NULL AND given_up_at IS NULL"),
        ),
    )

    key: str = Field(primary_key=True)
    address: str
    name: str
    language: str
    zone: str
    text: str
    params: dict[str, Any] = json_field()
    request_id: str | None = None
    created_at: datetime = moment_field()
    not_before: datetime = moment_field()
    attempts: int = 0
    sent_at: datetime | None = moment_field(nullable=True)
    given_up_at: datetime | None = moment_field(nullable=True)
    error: str | None = None
