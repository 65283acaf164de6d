"""When a request will probably move on, and when it will probably be done.

At first from the usual durations in its definition; once twenty requests of the item have been
completed, from the medians of the last two hundred. A stage whose end is settled, such as one that
waits for a day, ends then.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlmodel import Session, col, select

from catalog.definitions import CatalogItem
from store.requests import Request, RequestStage, StageState, Status

ENOUGH = 20
SAMPLE = 200
FRESH_SECONDS = 60.0


@dataclass(frozen=True)
class Expectation:
    """When the present stage and the whole request should be over; `learned` from past requests."""

    stage_ends_at: datetime
    ends_at: datetime
    learned: bool


@dataclass(frozen=True)
class Experience:
    """Medians of past requests: how long each stage takes, and what remains when it begins."""

    duration: dict[str, timedelta]
    remaining: dict[str, timedelta]


_experience: dict[str, tuple[float, Experience | None]] = {}


def expect(
    session: Session,
    item: CatalogItem,
    request: Request,
    stages: list[RequestStage],
    now: datetime,
) -> Expectation | None:
    """What to expect of an open request, never in the past; None when it has ended."""
    if request.closed_at or request.stage is None:
        return None
    current = next((row for row in stages if row.stage == request.stage), None)
    began = current.started_at if current else request.created_at
    experience = learned(session, item.id)
    usual = usually(item)
    source = experience if experience and request.stage in experience.duration else usual
    known = current.known_end if current else None
    stage_ends = max(now, known or began + source.duration[request.stage])
    rest = source.remaining[request.stage] - source.duration[request.stage]
    return Expectation(stage_ends, max(stage_ends, stage_ends + rest), learned=source is not usual)


def usually(item: CatalogItem) -> Experience:
    """What the definition says; stages that only some reach count once reached."""
    remaining, rest = {}, timedelta()
    for stage in reversed(item.stages):
        remaining[stage.id] = rest + stage.usual
        if stage.shown == "always":
            rest += stage.usual
    return Experience({stage.id: stage.usual for stage in item.stages}, remaining)


def learned(session: Session, item_id: str) -> Experience | None:
    """The experience with an item, at most a minute old; None before twenty have been completed."""
    known = _experience.get(item_id)
    if known is None or time.monotonic() - known[0] > FRESH_SECONDS:
        known = (time.monotonic(), learn(session, item_id))
        _experience[item_id] = known
    return known[1]


def learn(session: Session, item_id: str) -> Experience | None:
    """Medians over the latest completed requests of an item."""
    latest = (
        select(Request.id)
        .where(
            Request.item_id == item_id,
            Request.status == Status.COMPLETED,
            col(Request.closed_at).is_not(None),
        )
        .order_by(col(Request.closed_at).desc())
        .limit(SAMPLE)
    )
    rows = session.exec(
        select(RequestStage, Request.closed_at)
        .join(Request, col(Request.id) == RequestStage.request_id)
        .where(col(Request.id).in_(latest), RequestStage.state == StageState.DONE)
    ).all()
    if len({row.request_id for row, _ in rows}) < ENOUGH:
        return None
    lasted: dict[str, list[timedelta]] = {}
    remained: dict[str, list[timedelta]] = {}
    for row, closed_at in rows:
        if row.ended_at and closed_at:
            lasted.setdefault(row.stage, []).append(row.ended_at - row.started_at)
            remained.setdefault(row.stage, []).append(closed_at - row.started_at)
    return Experience(
        {stage: middle(times) for stage, times in lasted.items()},
        {stage: middle(times) for stage, times in remained.items()},
    )


def middle(times: list[timedelta]) -> timedelta:
    """The median."""
    return timedelta(seconds=median(each.total_seconds() for each in times))
