"""Incidents: declared processes that cannot go on until somebody mends their cause.

That is the definition, and the request then moves to its next version; or something outside, such
as another system, and the task that failed is tried again. Requests of which an effect keeps
failing are listed with them.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session, col, func, select

from ground import clock, ids
from ground.errors import Conflict, NotFound
from ground.messages import pick
from services import catalog, outbox, publications, request_moves, timeline
from services.access import Viewer
from services.published import pointers
from services.timeline import Entry
from services.version_lookup import short
from store.requests import Delivery, Request, TimelineEntry

RETRY = "retry"
"""The kind of the delivery that tells a workflow to try again what failed."""
CAUSE = "requests.trouble_cause"


class IncidentView(BaseModel):
    """A request that is stuck: where in its process, why, and what may be done.

    `task` is the JSON pointer of the task, `number` counts the incidents of the request; both are
    null where an effect keeps failing, which is tried again by itself every minute. `is_trying`
    while what failed is about to be tried again; `newer_version` is the published one, where the
    request goes by another.
    """

    request: str
    reference: str
    item: str
    title: str
    version: str
    stage: str | None
    number: int | None
    task: str | None
    error: str
    since: datetime
    is_trying: bool
    newer_version: str | None


# What workflows tell


def open_incident(
    session: Session,
    request: Request,
    problem: Mapping[str, Any],
    number: int,
    key: str,
    at: datetime,
) -> None:
    """Note the cause at a locked request, once, and tell customer and staff each their part."""
    if request.trouble or request.closed_at:
        return
    request.trouble = in_words(problem, "instance", "title", "detail")
    session.add(request)
    cause = {
        "cause": request.trouble,
        "incident": number,
        "task": problem.get("instance"),
        "error": in_words(problem, "title", "detail"),
    }
    entries = [
        Entry(key=f"{key}/trouble", at=at, text="requests.looking_into_it"),
        Entry(key=f"{key}/cause", at=at, text=CAUSE, params=cause, visible="staff"),
    ]
    timeline.record(session, request, entries)


def end_incident(session: Session, request: Request, key: str, at: datetime) -> None:
    """Tell that a locked request goes on, if it was stuck."""
    if request.trouble is None:
        return
    request.trouble = None
    session.add(request)
    timeline.record(session, request, [Entry(key=key, at=at, text="requests.going_on")])


def in_words(problem: Mapping[str, Any], *keys: str) -> str:
    """These members of a problem on one line."""
    return ": ".join(str(problem[key]) for key in keys if problem.get(key))


# What designers and operators see and do


def counts(session: Session, item_ids: Collection[str]) -> dict[str, int]:
    """How many requests of each of these items are stuck; items of which none is are left out."""
    rows = (
        select(Request.item_id, func.count())
        .where(col(Request.item_id).in_(item_ids), col(Request.trouble).is_not(None))
        .group_by(col(Request.item_id))
    )
    return dict(session.exec(rows).all())


def page(
    session: Session,
    viewer: Viewer | None,
    language: str,
    item_id: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> list[IncidentView]:
    """A keyset page of the requests that are stuck, the oldest first. Raises `Forbidden`."""
    publications.by(viewer)
    query = select(Request).where(col(Request.trouble).is_not(None))
    if item_id is not None:
        query = query.where(Request.item_id == item_id)
    if after:
        query = query.where(col(Request.id) > after)
    requests = session.exec(query.order_by(col(Request.id)).limit(limit)).all()
    causes = causes_of(session, [request.id for request in requests])
    published = pointers(session, {request.item_id for request in requests})
    return [
        viewed(session, request, causes[request.id], published.get(request.item_id), language)
        for request in requests
    ]


def show(session: Session, viewer: Viewer | None, request_id: str, language: str) -> IncidentView:
    """One request that is stuck. Raises `NotFound`, `Forbidden`, and `Conflict` when it is not."""
    publications.by(viewer)
    request = session.get(Request, request_id)
    if request is None:
        raise NotFound("common.not_found")
    must_be_stuck(request)
    published = pointers(session, [request.item_id]).get(request.item_id)
    return viewed(session, request, cause_of(session, request), published, language)


def try_again(session: Session, viewer: Viewer | None, request_id: str) -> None:
    """Have the task that failed run again. Raises `Conflict` when nothing waits for that."""
    who = publications.by(viewer)
    request = timeline.locked(session, request_id)
    must_be_stuck(request)
    number = number_of(cause_of(session, request))
    if number is None:
        raise Conflict("definitions.tries_by_itself")
    if is_told(session, request.id, number):
        raise Conflict("definitions.trying_again")
    at = clock.now()
    outbox.put(session, request, RETRY, {"incident": number}, at)
    entry = Entry(
        key=f"said/{ids.new_id()}",
        at=at,
        text="definitions.tried_again",
        visible="staff",
        actor="system" if who.account_id is None else who.actor,
        actor_id=who.account_id,
    )
    timeline.record(session, request, [entry])


def move_on(session: Session, viewer: Viewer | None, request_id: str, language: str) -> None:
    """Have it go on with the published version. Raises `Conflict` where it cannot."""
    publications.by(viewer)
    request = timeline.locked(session, request_id)
    must_be_stuck(request)
    published = pointers(session, [request.item_id]).get(request.item_id)
    if published is None:
        raise Conflict("definitions.not_published", item=request.item_id)
    way = request_moves.route(session, viewer, request.item_id, request.version, published)
    found = request_moves.move(session, viewer, way, request_id, language)
    if not found.can_move:
        raise Conflict("definitions.cannot_move", why=" ".join(found.why_not))


def must_be_stuck(request: Request) -> None:
    """Raises `Conflict` for a request that goes on or is over."""
    if request.trouble is None or request.closed_at:
        raise Conflict("definitions.not_stuck")


def viewed(
    session: Session,
    request: Request,
    cause: TimelineEntry,
    published: str | None,
    language: str,
) -> IncidentView:
    """An incident as it is shown."""
    number = number_of(cause)
    return IncidentView(
        request=request.id,
        reference=request.reference,
        item=request.item_id,
        title=pick(dict(catalog.version(session, request.version).item.title), language),
        version=short(request.version),
        stage=request.stage,
        number=number,
        task=cause.params.get("task"),
        error=cause.params.get("error") or cause.params["cause"],
        since=cause.at,
        is_trying=number is None or is_told(session, request.id, number),
        newer_version=short(published) if published not in (None, request.version) else None,
    )


def cause_of(session: Session, request: Request) -> TimelineEntry:
    """What staff were told when a request got stuck."""
    return causes_of(session, [request.id])[request.id]


def causes_of(session: Session, request_ids: Collection[str]) -> dict[str, TimelineEntry]:
    """What staff were told last of each of these requests, as to why it is stuck."""
    rows = session.exec(
        select(TimelineEntry)
        .where(col(TimelineEntry.request_id).in_(request_ids), TimelineEntry.text == CAUSE)
        .order_by(col(TimelineEntry.number))
    )
    return {row.request_id: row for row in rows}


def number_of(cause: TimelineEntry) -> int | None:
    """Which incident of its request this is; None for an effect that keeps failing."""
    return cause.params.get("incident")


def is_told(session: Session, request_id: str, number: int) -> bool:
    """Whether the workflow has been told to try again after this incident."""
    bodies = session.exec(
        select(Delivery.body).where(Delivery.request_id == request_id, Delivery.kind == RETRY)
    )
    return any(body["incident"] == number for body in bodies)
