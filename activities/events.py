"""Publishing events, and waiting for them."""

from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, Undo, effect, undo
from services import events


class Publish(BaseModel):
    """A whole CloudEvent."""

    event: dict[str, Any]


class Subscribe(BaseModel):
    """The events of which a request is to be told: those that fit any of the filters."""

    filters: list[dict[str, Any]]


@effect
def publish(session: Session, call: Call[Publish]) -> None:
    """Publish an event."""
    events.publish(session, call.body.event, call.at)


@effect
def subscribe(session: Session, call: Call[Subscribe]) -> None:
    """Have the request told of events."""
    events.subscribe(session, call.request, call.key, call.body.filters)


@undo(of=subscribe)
def end_subscription(session: Session, call: Call[Undo], did: None) -> None:
    """Have the request told no more of events."""
    events.unsubscribe(session, call.body.of)
