"""Requests that begin by themselves: every so often, by the calendar, after the last, on an event.

`every` and `cron` are schedules of the workflow engine (`services/schedule_keeping.py`). `after` is
looked for now and then, `on` when an event is spread.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlmodel import Session, col, or_, select

from catalog.expressions import ExpressionError, Jq, is_expression, source_of
from catalog.processes.lengths import length
from ground.errors import Conflict, NotFound, Refusal
from services import catalog, events, forms, identity, requests
from services.events import CloudEvent
from services.requests import Prepared, Submission
from store.catalog import DefinitionVersion, PublishedItem
from store.events import Event, ItemSchedule
from store.requests import Request, Status

log = logging.getLogger(__name__)

AT_ONCE = 100
ACCOUNT = "schedule"
"""The system account whose requests these are: `schedule@system`."""
CHANNEL = "schedule"
WORKFLOW = "scheduled-start"
TIMED = ("every", "cron")
KINDS = (*TIMED, "after", "on")
GOES_ON_AFTER = (Status.COMPLETED, Status.REFUSED, Status.FAILED)
"""Whoever withdraws or terminates a request that repeats itself wants it to cease."""

ENGINE = Jq()


@dataclass(frozen=True)
class Found:
    """What the published version of an item says; no `hash` where nothing is published."""

    item_id: str
    hash: str | None
    schedule: Mapping[str, Any]
    zone: str = "UTC"

    @property
    def kind(self) -> str:
        return next((kind for kind in KINDS if kind in self.schedule), "")

    @property
    def problem(self) -> str | None:
        """Why the schedule cannot be kept."""
        if self.kind == "on":
            return unsupported(self.schedule["on"])
        try:
            length(self.schedule.get("every") or self.schedule.get("after") or "PT0S")
        except ValueError as error:
            return str(error)
        return None


# Beginning a request


def start(
    session: Session, item_id: str, key: str, answers: Mapping[str, Any], at: datetime
) -> Request:
    """Submit a request of an item for the system account; the same key again changes nothing.

    Of the answers those are taken that the item's form asks for. Raises `NotFound` where the item
    is not published, `Invalid` where its form wants other answers.
    """
    published = session.get(PublishedItem, item_id)
    if published is None:
        raise NotFound("catalog.not_found", item=item_id)
    version = catalog.version(session, published.hash)
    viewer = identity.system_account(session, ACCOUNT, at)
    asked = forms.form(session, version.hash, version.item.form).shape.known
    given = {name: value for name, value in answers.items() if name in asked}
    submission = Submission(item=item_id, answers=given, channel=CHANNEL, idempotency_key=key)
    before = requests.earlier(session, viewer, submission)
    if before:
        return before
    accepted = forms.accept(
        session, version.hash, version.item.form, viewer.account_id, given, submission.language
    )
    return requests.submit(session, viewer, submission, Prepared(viewer, version, accepted))


def tried(
    session: Session, row: ItemSchedule, key: str, answers: Mapping[str, Any], at: datetime
) -> Request | None:
    """`start`, or a note of why it cannot be."""
    try:
        with session.begin_nested():
            request = start(session, row.item_id, key, answers, at)
    except Conflict:
        # Another server has just begun it.
        return None
    except Refusal as why:
        log.warning("The schedule of %s could not begin a request: %s", row.item_id, why)
        row.problem = f"{why.key}: {why.params}"
        session.add(row)
        return None
    row.problem = None
    session.add(row)
    return request


def of_kind(session: Session, kind: str) -> list[ItemSchedule]:
    """The schedules of a kind that can be kept."""
    query = select(ItemSchedule).where(ItemSchedule.kind == kind)
    return list(session.exec(query.order_by(col(ItemSchedule.item_id))))


# After the last one


def start_after(session: Session, at: datetime) -> list[str]:
    """Begin the requests whose predecessor ended long enough ago; their ids."""
    begun = [
        tried(session, row, f"after/{last.id}", {}, at) for row, last in due_after(session, at)
    ]
    return [request.id for request in begun if request]


def due_after(session: Session, at: datetime) -> list[tuple[ItemSchedule, Request]]:
    """The schedules whose time has come after the last request, with that request.

    One that could not begin the next request is not tried again until its item is changed.
    """
    lasts = [(row, latest(session, row.item_id)) for row in of_kind(session, "after")]
    return [
        (row, last)
        for row, last in lasts
        if last and not row.problem and is_over(last, length(row.schedule["after"]), at)
    ]


def latest(session: Session, item_id: str) -> Request | None:
    """The request of an item that began last."""
    query = select(Request).where(Request.item_id == item_id).order_by(col(Request.id).desc())
    return session.exec(query.limit(1)).one_or_none()


def is_over(request: Request, pause: timedelta, at: datetime) -> bool:
    """Whether a request has ended of itself, so long ago."""
    if request.closed_at is None or request.status not in GOES_ON_AFTER:
        return False
    return request.closed_at + pause <= at


# On an event


def spread_oldest(session: Session, at: datetime) -> None:
    """Tell everyone who waits for the oldest event of it, and begin the requests it asks for."""
    event = events.oldest_to_spread(session)
    if event is not None:
        events.spread(session, event, at)
        start_on(session, event, at)


def start_on(session: Session, event: Event, at: datetime) -> list[str]:
    """Begin the requests of the items that an event starts; their ids."""
    data = event.event.get("data")
    answers = data if isinstance(data, dict) else {}
    begun = [
        tried(session, row, f"event/{event.key}", answers, at)
        for row in of_kind(session, "on")
        if means(row.schedule["on"], event.event)
    ]
    return [request.id for request in begun if request]


def filters(on: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The attributes that the events of `on` have, any of them; none mean every event."""
    listed = [on["one"]] if "one" in on else on.get("any") or []
    return [one.get("with") or {} for one in listed] or [{}]


def means(on: Mapping[str, Any], event: CloudEvent) -> bool:
    """Whether `on` means this event."""
    try:
        return any(
            all(has(event, name, wanted) for name, wanted in one.items()) for one in filters(on)
        )
    except ExpressionError:
        # It was written for events of another shape.
        return False


def has(event: CloudEvent, name: str, wanted: Any) -> bool:
    """Whether an attribute is as wanted; an expression judges it, or gives its value."""
    if not is_expression(wanted):
        return bool(event.get(name) == wanted)
    about = event.get("data") if name == "data" else event
    found = ENGINE.evaluate(source_of(wanted), about, {})
    return found is True or (found is not False and found == event.get(name))


def unsupported(on: Mapping[str, Any]) -> str | None:
    """What of `on` cannot be kept, and what to write instead."""
    if "all" in on:
        return "`all` would have to gather events: begin on `any`, and `listen` for the others"
    if "until" in on or any("correlate" in one for one in on.get("any") or [on.get("one") or {}]):
        return "a schedule begins on each event: leave out `until` and `correlate`"
    return None


# In line with what is published


def changed(session: Session, limit: int = AT_ONCE) -> list[Found]:
    """What the schedules of items should be where they are not."""
    known, published = ItemSchedule, PublishedItem
    new = (
        select(published.item_id, DefinitionVersion.hash, DefinitionVersion.source)
        .join(DefinitionVersion, col(DefinitionVersion.hash) == published.hash)
        .outerjoin(known, col(known.item_id) == published.item_id)
        .where(col(known.hash).is_distinct_from(published.hash))
        .limit(limit)
    )
    gone = (
        select(known.item_id)
        .outerjoin(published, col(published.item_id) == known.item_id)
        .where(col(published.item_id).is_(None), known.hash != "")
        .limit(limit)
    )
    found = [read(item_id, hash, source) for item_id, hash, source in session.exec(new)]
    return found + [Found(item_id, None, {}) for item_id in session.exec(gone)]


def read(item_id: str, hash: str, source: str) -> Found:
    """The schedule in the source of a version, and the time zone of its item's calendar."""
    item = orjson.loads(source)["item"]
    process = item.get("process")
    schedule = process.get("schedule") if isinstance(process, dict) else None
    calendar = (item.get("service_level") or {}).get("calendar") or {}
    return Found(item_id, hash, schedule or {}, calendar.get("zone", "UTC"))


def keep(session: Session, found: list[Found]) -> None:
    """Write down what the schedules of items are now."""
    for one in found:
        row = session.get(ItemSchedule, one.item_id)
        was_timed = row is not None and row.kind in TIMED
        row = row or ItemSchedule(item_id=one.item_id, hash="")
        row.hash, row.schedule, row.zone = one.hash or "", dict(one.schedule), one.zone
        row.problem = one.problem
        row.kind = "" if row.problem else one.kind
        row.applied = not (was_timed or row.kind in TIMED)
        if row.problem:
            log.warning("The schedule of %s cannot be kept: %s", one.item_id, row.problem)
        session.add(row)


def to_apply(session: Session, anew: bool) -> list[ItemSchedule]:
    """The schedules that the engine does not know as they are; `anew`, every one it should know."""
    known = col(ItemSchedule.kind).in_(TIMED if anew else ())
    wanted = or_(col(ItemSchedule.applied).is_(False), known)
    return list(session.exec(select(ItemSchedule).where(wanted)))


def applied(session: Session, item_id: str, hash: str, problem: str | None) -> None:
    """The engine has taken a schedule as it was in a version, or refused it."""
    row = session.get_one(ItemSchedule, item_id)
    if row.hash == hash:
        row.applied, row.problem = True, problem
        session.add(row)
