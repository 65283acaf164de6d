"""Human work: what a request is waiting for, from staff or from its customer."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, false
from sqlmodel import Field, SQLModel

from store.base import json_field, moment_field, only


class TaskStatus(StrEnum):
    """A task is open until exactly one of the others befalls it."""

    OPEN = "open"
    DONE = "done"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Audience(StrEnum):
    """Whose work it is."""

    CUSTOMER = "customer"
    STAFF = "staff"


class Task(SQLModel, table=True):
    """One piece of human work. Its form and its title are frozen when it opens."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_request", "request_id", "id"),
        Index("ix_task_group", "group", "status", "due_at"),
        Index("ix_task_assignee", "assignee_id", "status", "due_at"),
        Index("ix_task_group_request", "group", "request_id"),
        Index("ix_task_assignee_request", "assignee_id", "request_id"),
        Index(
            "ix_task_escalated", "escalated_to", "request_id", **only("escalated_to IS NOT NULL")
        ),
    )

    id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="request.id")
    kind: str
    audience: str
    group: str | None = None
    assignee_id: str | None = None
    excluded: list[str] = json_field(default_factory=list)
    may_delegate: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    title: str
    params: dict[str, Any] = json_field()
    form: str
    status: str = TaskStatus.OPEN
    created_at: datetime = moment_field()
    due_at: datetime | None = moment_field(nullable=True)
    claimed_at: datetime | None = moment_field(nullable=True)
    escalated_to: str | None = None
    answers: dict[str, Any] | None = json_field(default=None)
    decision: str | None = None
    closed_by: str | None = None
    closed_at: datetime | None = moment_field(nullable=True)
