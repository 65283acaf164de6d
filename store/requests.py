"""Requests, what happened to them, and what is on its way to their workflows."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.base import json_field, moment_field, only


class Status(StrEnum):
    """Where a request stands, as its owner reads it. The last five are ends."""

    SUBMITTED = "submitted"
    IN_PROGRESS = "in-progress"
    WAITING_CUSTOMER = "waiting-customer"
    WAITING_STAFF = "waiting-staff"
    WITHDRAWING = "withdrawing"
    COMPLETED = "completed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"
    TERMINATED = "terminated"


class StageState(StrEnum):
    """How far one stage of a request has come."""

    PENDING = "pending"
    IN_PROGRESS = "in-progress"
    WAITING_CUSTOMER = "waiting-customer"
    WAITING_STAFF = "waiting-staff"
    SKIPPED = "skipped"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


class Withdrawal(StrEnum):
    """Who came first at the point of no return; the request's row decides."""

    POSSIBLE = "possible"
    REQUESTED = "requested"
    SEALED = "sealed"


class Request(SQLModel, table=True):
    """What a customer asked for. Its id is the id of its workflow."""

    __tablename__ = "request"
    __table_args__ = (
        Index("ix_request_customer", "customer_id", "id"),
        Index("ix_request_customer_open", "customer_id", "id", **only("closed_at IS NULL")),
        Index("ix_request_customer_updated", "customer_id", "updated_at", "id"),
        Index("ix_request_group", "group", "id"),
        Index("ix_request_group_open", "group", "id", **only("closed_at IS NULL")),
        Index("ix_request_status", "status", "id"),
        Index("ix_request_item", "item_id", "id"),
        Index("ix_request_item_closed", "item_id", "closed_at"),
        Index("ix_request_version", "version", "status", "stage", "id"),
        Index("ix_request_open", "id", **only("closed_at IS NULL")),
        Index("ix_request_trouble", "item_id", "id", **only("trouble IS NOT NULL")),
        Index("ix_request_stuck", "id", **only("trouble IS NOT NULL")),
    )

    id: str = Field(primary_key=True)
    reference: str = Field(unique=True)
    item_id: str
    version: str
    customer_id: str
    channel: str
    language: str
    status: str = Status.SUBMITTED
    stage: str | None = None
    group: str | None = None
    answers: dict[str, Any] = json_field()
    revision: int = 0
    withdrawal: str = Withdrawal.POSSIBLE
    outcome: dict[str, Any] | None = json_field(default=None)
    trouble: str | None = None
    last_entry: int = 0
    last_delivery: int = 0
    created_at: datetime = moment_field()
    updated_at: datetime = moment_field()
    due_at: datetime | None = moment_field(nullable=True)
    closed_at: datetime | None = moment_field(nullable=True)


class TimelineEntry(SQLModel, table=True):
    """One line of a request's timeline, numbered under the request's row lock."""

    __tablename__ = "timeline_entry"
    __table_args__ = (Index("uq_timeline_entry_key", "request_id", "key", unique=True),)

    request_id: str = Field(primary_key=True, foreign_key="request.id")
    number: int = Field(primary_key=True)
    key: str
    at: datetime = moment_field()
    text: str = ""
    params: dict[str, Any] = json_field()
    visible: str
    actor: str
    actor_id: str | None = None
    stage: str | None = None
    state: str | None = None


class RequestStage(SQLModel, table=True):
    """A stage that a request has entered; the ones it has not are in its definition."""

    __tablename__ = "request_stage"

    request_id: str = Field(primary_key=True, foreign_key="request.id")
    stage: str = Field(primary_key=True)
    state: str
    started_at: datetime = moment_field()
    ended_at: datetime | None = moment_field(nullable=True)
    known_end: datetime | None = moment_field(nullable=True)
    """When the stage will end, where that is settled and not merely usual."""


class Message(SQLModel, table=True):
    """Something a customer or a member of staff wrote on a request."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_request", "request_id", "id"),)

    id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="request.id")
    author_id: str
    role: str
    visible: str
    text: str
    at: datetime = moment_field()


class Delivery(SQLModel, table=True):
    """An outbox row: a start or a signal that the relay owes to the workflow engine.

    Rows of one request are numbered and delivered strictly in that order. `not_before` is at once
    the lease of the relay that has claimed the row and the time of the next try after a failure.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_unsent", "request_id", "number", **only("sent_at IS NULL")),)

    request_id: str = Field(primary_key=True, foreign_key="request.id")
    number: int = Field(primary_key=True)
    kind: str
    body: dict[str, Any] = json_field()
    created_at: datetime = moment_field()
    not_before: datetime = moment_field()
    sent_at: datetime | None = moment_field(nullable=True)
    attempts: int = 0
    error: str | None = None


class Effect(SQLModel, table=True):
    """What a step of a workflow has done, by its idempotency key, written with the effect itself.

    `undone` without a result is a tombstone: the undo came first, so a late attempt does nothing.
    """

    __tablename__ = "effect"

    key: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="request.id", index=True)
    name: str
    at: datetime = moment_field()
    result: Any = json_field(default=None)
    undone: bool = False


class IdempotencyKey(SQLModel, table=True):
    """The first answer to a submission that carried an `Idempotency-Key`."""

    __tablename__ = "idempotency_key"

    account_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    request_id: str = Field(foreign_key="request.id")
    created_at: datetime = moment_field()
