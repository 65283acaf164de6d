"""Events that have been published (CloudEvents 1.0), and the requests that wait for some."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.base import json_field, moment_field, only


class Event(SQLModel, table=True):
    """A published event; its source and id name it once and for all.

    `spread_at` is when everyone who waited for it was told.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("uq_event_source", "source", "event_id", unique=True),
        Index("ix_event_to_spread", "key", **only("spread_at IS NULL")),
    )

    key: str = Field(primary_key=True)
    source: str
    event_id: str
    type: str
    event: dict[str, Any] = json_field()
    published_at: datetime = moment_field()
    spread_at: datetime | None = moment_field(nullable=True)


class EventSubscription(SQLModel, table=True):
    """One filter of a request that waits for events: the attributes that an event must have.

    An empty `type` or `source` means any; both are in `attributes` too.
    """

    __tablename__ = "event_subscription"
    __table_args__ = (Index("ix_event_subscription_type", "type", "source"),)

    key: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    request_id: str = Field(foreign_key="request.id", index=True)
    type: str
    source: str
    attributes: dict[str, Any] = json_field()


class ItemSchedule(SQLModel, table=True):
    """What the published version of an item says of when requests of it begin by themselves.

    `kind` is `every`, `cron`, `after` or `on`; empty where it says nothing. `applied` is whether
    the workflow engine knows, `problem` why the schedule cannot be kept.
    """

    __tablename__ = "item_schedule"
    __table_args__ = (Index("ix_item_schedule_kind", "kind", **only("kind <> ''")),)

    item_id: str = Field(primary_key=True)
    hash: str
    kind: str = ""
    schedule: dict[str, Any] = json_field()
    zone: str = "UTC"
    applied: bool = True
    problem: str | None = None
