"""Forms that people have begun to fill in."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.base import json_field, moment_field


class Draft(SQLModel, table=True):
    """The answers of a form under way as they were typed; nobody has judged them.

    `subject` is what the form is for (`item:loan-request`), `version` the definition that it was
    begun with, or whose changes its writer has taken note of, `key` the idempotency key under which
    it will be sent. `origin` says where its first answers came from (`services/origins.py`);
    `before` are the answers as they were when the form changed, until its writer has taken note.
    """

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_version", "version", "subject", "updated_at"),)

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    subject: str = Field(primary_key=True)
    version: str
    key: str
    answers: dict[str, Any] = json_field()
    origin: dict[str, Any] = json_field()
    before: dict[str, Any] | None = json_field(default=None)
    updated_at: datetime = moment_field(index=True)
