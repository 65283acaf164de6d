"""The timeline: what has happened to a request, numbered so that a reader's cursor misses nothing.

Every entry is written in the transaction of the thing it tells of, under the lock of the request's
row, which also carries the numbers and the projection (status, stage) that lists are read from.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import bindparam, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from ground.errors import NotFound
from store.database import notify
from store.plain import Plain
from store.requests import Request, RequestStage, StageState, Status, TimelineEntry

Visible = Literal["customer", "staff"]
Actor = Literal["system", "customer", "delegate", "agent", "designer", "operator"]

ENDED = {StageState.DONE, StageState.SKIPPED, StageState.WITHDRAWN, StageState.FAILED}
STATUS_OF_STAGE = {
    StageState.IN_PROGRESS: Status.IN_PROGRESS,
    StageState.WAITING_CUSTOMER: Status.WAITING_CUSTOMER,
    StageState.WAITING_STAFF: Status.WAITING_STAFF,
}

TELL = Plain.inserting_new(TimelineEntry, "request_id", "key")
PUT_STAGE = Plain.putting(RequestStage, "started_at")
PROJECTED = ("last_entry", "updated_at", "stage", "status")
"""What the timeline keeps in the request's row; written here, so that no session need do it."""
PROJECT = Plain(
    update(Request)
    .where(col(Request.id) == bindparam("this"))
    .values({name: bindparam(f"new_{name}") for name in PROJECTED})
)


class Entry(BaseModel):
    """One thing that happened: a message key with its parameters, a move of a stage, or both.

    `key` is unique within the request, so that a repeated write tells nothing twice. `known_end` is
    when the stage will end, where that is settled.
    """

    key: str
    at: datetime
    text: str = ""
    params: dict[str, Any] = {}
    visible: Visible = "customer"
    actor: Actor = "system"
    actor_id: str | None = None
    stage: str | None = None
    state: StageState | None = None
    known_end: datetime | None = None


def locked(session: Session, request_id: str) -> Request:
    """The request's row as it is now, locked until the transaction ends. Raises `NotFound`."""
    request = session.exec(
        select(Request).where(col(Request.id) == request_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if request is None:
        raise NotFound("common.not_found")
    return request


def record(session: Session, request: Request, entries: list[Entry]) -> None:
    """Append `entries` to the timeline of a locked request and move its stages and status along.

    Some may have been written before, when a worker fell between its effect and its word of it to
    the engine, and what happened meanwhile then led the workflow elsewhere.
    """
    for entry in entries:
        told = entry.model_dump(exclude={"known_end"})
        if not TELL(session, request_id=request.id, number=request.last_entry + 1, **told):
            continue
        set_committed_value(request, "last_entry", request.last_entry + 1)
        if entry.stage and entry.state:
            put_stage(session, request, entry.stage, entry.state, entry.at, entry.known_end)
            follow(request, entry.stage, entry.state)
    if entries:
        set_committed_value(request, "updated_at", max(request.updated_at, entries[-1].at))
        PROJECT(session, this=request.id, **{f"new_{n}": getattr(request, n) for n in PROJECTED})
        notify(session)


def put_stage(
    session: Session,
    request: Request,
    stage: str,
    state: StageState,
    at: datetime,
    known_end: datetime | None = None,
) -> None:
    """Put one stage into `state`."""
    PUT_STAGE(
        session,
        request_id=request.id,
        stage=stage,
        state=state,
        started_at=at,
        ended_at=at if state in ENDED else None,
        known_end=known_end,
    )


def follow(request: Request, stage: str, state: StageState) -> None:
    """A stage that is under way becomes the request's current one."""
    if state in ENDED or request.closed_at:
        return
    set_committed_value(request, "stage", stage)
    if request.status != Status.WITHDRAWING:
        status = STATUS_OF_STAGE.get(state, Status.IN_PROGRESS)
        set_committed_value(request, "status", status)


def entries_after(
    session: Session, request_id: str, number: int, staff: bool, limit: int = 200
) -> list[TimelineEntry]:
    """The entries a reader has not seen yet, oldest first; customers do not get those for staff."""
    query = (
        select(TimelineEntry)
        .where(TimelineEntry.request_id == request_id, col(TimelineEntry.number) > number)
        .order_by(col(TimelineEntry.number))
        .limit(limit)
    )
    if not staff:
        query = query.where(TimelineEntry.visible == "customer")
    return list(session.exec(query))


def stages_of(session: Session, request_id: str) -> list[RequestStage]:
    """The stages the request has entered, in the order it entered them."""
    return list(
        session.exec(
            select(RequestStage)
            .where(RequestStage.request_id == request_id)
            .order_by(col(RequestStage.started_at)),
            execution_options={"populate_existing": True},
        )
    )


def positions(session: Session, request_ids: list[str]) -> dict[str, int]:
    """The number of the last entry of each request: one cheap look for a whole server's readers."""
    rows = session.exec(
        select(Request.id, Request.last_entry).where(col(Request.id).in_(request_ids))
    )
    return dict(rows.all())
