"""Publishing events, and waiting for them."""

from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, effect
from services import events


class Publish(BaseModel):
    """A whole CloudEvent."""

    event: dict[str, Any]


class Subscribe(BaseModel):
    """The events of which a request is to be told: those that fit any of the filters."""

    key: str
    filters: list[dict[str, Any]]


class Unsubscribe(BaseModel):
    """The key of a subscription that is over."""

    key: str


@effect
def publish(session: Session, call: Call[Publish]) -> None:
    """Publish an event."""
    events.publish(session, call.body.event, call.at)


@effect
def subscribe(session: Session, call: Call[Subscribe]) -> None:
    """Have the request told of events."""
    events.subscribe(session, call.request, call.body.key, call.body.filters)


@effect
def unsubscribe(session: Session, call: Call[Unsubscribe]) -> None:
    """Have the request told no more of events."""
    events.unsubscribe(session, call.body.key)
