"""Events: published once, kept, and told to every request that waits for them.

Publishing writes one row. Who waits is told afterwards by `spread`, which holds the requests' rows
one event at a time: so a workflow that publishes never waits for another's row.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy
from sqlmodel import Session, col, delete, select

from ground import ids
from ground.errors import FieldError, Invalid, TooLarge
from services import outbox, timeline
from store.database import notify
from store.events import Event, EventSubscription
from store.plain import Plain
from store.requests import Request

CloudEvent = dict[str, Any]

LARGEST_EVENT = 16 * 1024
"""In bytes: every workflow that waits for it takes it into its history."""
NAME = re.compile(r"[a-z0-9]{1,40}")
REQUIRED = ("id", "source", "type")
OPTIONAL = ("subject", "datacontenttype", "dataschema", "time")
LONGEST_ATTRIBUTE = 400

TO_SPREAD = Plain(sqlalchemy.select(col(Event.key)).where(col(Event.spread_at).is_(None)).limit(1))
INSERT_EVENT = Plain.inserting_new(Event, "source", "event_id")


def publish(session: Session, event: Mapping[str, Any], at: datetime) -> bool:
    """Publish a CloudEvent; False when one of that source and id has been published before.

    Raises `Invalid` for what is no CloudEvent 1.0, `TooLarge` for one with too much data.
    """
    event = checked(event)
    new = INSERT_EVENT(
        session,
        key=ids.new_id(),
        source=event["source"],
        event_id=event["id"],
        type=event["type"],
        event=event,
        published_at=at,
        spread_at=None,
    )
    notify(session)
    return bool(new)


def checked(event: Mapping[str, Any]) -> CloudEvent:
    """The event, if it is a CloudEvent 1.0 that we can keep. Raises `Invalid` or `TooLarge`."""
    wrong = [FieldError(f"/{name}", "events.missing") for name in REQUIRED if not event.get(name)]
    if event.get("specversion") != "1.0":
        wrong.append(FieldError("/specversion", "events.other_version"))
    for name, value in event.items():
        if name != "data" and value is not None and not is_attribute(name, value):
            wrong.append(FieldError(f"/{name}", "events.no_attribute"))
    time = event.get("time")
    if time is not None and not is_moment(time):
        wrong.append(FieldError("/time", "events.no_moment"))
    if wrong:
        raise Invalid(wrong, "events.invalid")
    if len(orjson.dumps(event)) > LARGEST_EVENT:
        raise TooLarge("events.too_large", limit_kb=LARGEST_EVENT // 1024)
    return dict(event)


def is_attribute(name: str, value: Any) -> bool:
    """Whether this can be an attribute: a text, and in an extension any simple value."""
    if name in (*REQUIRED, *OPTIONAL, "specversion"):
        return isinstance(value, str) and len(value) <= LONGEST_ATTRIBUTE
    if not NAME.fullmatch(name):
        return False
    return isinstance(value, bool | int) or (
        isinstance(value, str) and len(value) <= LONGEST_ATTRIBUTE
    )


def is_moment(value: Any) -> bool:
    """Whether this is a moment as RFC 3339 writes it."""
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def subscribe(
    session: Session, request_id: str, key: str, filters: Sequence[Mapping[str, Any]]
) -> None:
    """Tell a request of events from now on: of those that fit any of `filters`, under `key`.

    A filter is the attributes that an event must have, an empty one fits every event. The same key
    again replaces what it stood for.
    """
    unsubscribe(session, key)
    for number, wanted in enumerate(filters):
        session.add(
            EventSubscription(
                key=key,
                number=number,
                request_id=request_id,
                type=str(wanted.get("type", "")),
                source=str(wanted.get("source", "")),
                attributes=dict(wanted),
            )
        )


def unsubscribe(session: Session, key: str) -> None:
    """Tell no more of the events that this key stands for."""
    session.execute(delete(EventSubscription).where(col(EventSubscription.key) == key))


def any_to_spread(session: Session) -> bool:
    """Whether there is an event that not everybody has been told of."""
    return bool(TO_SPREAD(session))


def oldest_to_spread(session: Session) -> Event | None:
    """The event to spread next, its row locked; servers that do so at once take turns."""
    query = select(Event).where(col(Event.spread_at).is_(None)).order_by(col(Event.key)).limit(1)
    return session.exec(
        query.with_for_update(), execution_options={"populate_existing": True}
    ).one_or_none()


def spread(session: Session, event: Event, at: datetime) -> list[str]:
    """Owe an event to every open request that waits for it; the ids of those requests."""
    told = sorted({one.request_id for one in waiting_for(session, event.event)})
    for request_id in told:
        request = timeline.locked(session, request_id)
        if not request.closed_at:
            outbox.put(session, request, "event", event.event, at)
    event.spread_at = at
    session.add(event)
    return told


def waiting_for(session: Session, event: Mapping[str, Any]) -> list[EventSubscription]:
    """The subscriptions of open requests that an event fits."""
    query = (
        select(EventSubscription)
        .join(Request, col(Request.id) == col(EventSubscription.request_id))
        .where(
            col(EventSubscription.type).in_(("", event["type"])),
            col(EventSubscription.source).in_(("", event["source"])),
            col(Request.closed_at).is_(None),
        )
    )
    return [one for one in session.exec(query) if fits(one.attributes, event)]


def fits(wanted: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event has all these attributes."""
    return all(event.get(name) == value for name, value in wanted.items())


def sweep(session: Session) -> None:
    """Drop what requests waited for that have ended."""
    ended = select(Request.id).where(col(Request.closed_at).is_not(None))
    session.execute(delete(EventSubscription).where(col(EventSubscription.request_id).in_(ended)))
