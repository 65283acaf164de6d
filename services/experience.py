"""What the latest requests of an item have been through, read from their stages and timelines."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import Any

from sqlmodel import Session, col, func, select

from ground.business_time import Calendar, Span
from services.forecasts import Life, Passage
from services.working_clock import WALL, Clock, joined, passed, working_clock
from store.requests import Request, RequestStage, StageState, Status, TimelineEntry

SAMPLE = 600
"""So many are asked."""
LIFETIMES = 20
"""They ended over a time in which all but the slowest could have come and gone so often."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
OWN_ENDS = (Status.COMPLETED, Status.REFUSED)
"""How a request ends that nobody has stopped. A refusal is an answer too, and nobody who waits
knows which one it will be."""


@dataclass(frozen=True)
class Move:
    """A stage comes into a state."""

    at: datetime
    stage: str
    state: str


@dataclass(frozen=True)
class Course:
    """The way of a request until it `ended`, or until now.

    Of each stage: when it began and when it was over, if it is.
    """

    until: datetime
    ended: bool
    stages: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


def gather(session: Session, item_id: str, now: datetime) -> tuple[list[Course], list[Course]]:
    """The requests of an item to learn from: those that have ended, first first, and those open.

    Of an item that is asked for all the time the latest ends would span hours, and tell nothing of
    requests that take days: then every so many-th stands for the others, over a longer time.
    """
    start, step = span_of(session, item_id)
    number = func.row_number().over(order_by=col(Request.closed_at).desc()).label("number")
    ends = own_ends(item_id, start, col(Request.id), col(Request.closed_at), number).subquery()
    rows = session.execute(
        select(ends.c.id, ends.c.closed_at)
        .where(ends.c.number % step == 0)
        .order_by(ends.c.closed_at.desc())
        .limit(SAMPLE)
    ).all()
    ended = {request_id: Course(at, True) for request_id, at in reversed(rows)}
    still_open = session.execute(
        select(col(Request.id))
        .where(col(Request.item_id) == item_id, col(Request.closed_at).is_(None))
        .order_by(col(Request.id))
        .limit(SAMPLE * step)
    ).scalars()
    under_way = {request_id: Course(now, False) for request_id in list(still_open)[::step]}
    return courses(session, ended), courses(session, under_way)


def span_of(session: Session, item_id: str) -> tuple[datetime, int]:
    """Since when to look at ends of an item, and at every how many-th of them."""
    times = (col(Request.created_at), col(Request.closed_at))
    latest = own_ends(item_id, LONG_AGO, *times).order_by(times[1].desc()).limit(SAMPLE)
    found = session.execute(latest).all()
    if len(found) < SAMPLE:
        return LONG_AGO, 1
    last = found[0][1]
    lasted = sorted(closed_at - created_at for created_at, closed_at in found)
    start = min(found[-1][1], last - LIFETIMES * lasted[int(0.9 * SAMPLE)])
    ends = own_ends(item_id, start, func.count())
    return start, max(1, session.execute(ends).scalar_one() // SAMPLE)


def own_ends(item_id: str, start: datetime, *columns: Any) -> Any:
    """What is asked of the requests of an item that came to an end of their own since then."""
    return select(*columns).where(
        col(Request.item_id) == item_id,
        col(Request.closed_at) >= start,
        col(Request.status).in_(OWN_ENDS),
    )


def courses(session: Session, found: dict[str, Course]) -> list[Course]:
    """These requests with their stages and moves."""
    for request_id, stage, began, over in session.execute(
        select(
            col(RequestStage.request_id),
            col(RequestStage.stage),
            col(RequestStage.started_at),
            col(RequestStage.ended_at),
        ).where(
            col(RequestStage.request_id).in_(list(found)),
            col(RequestStage.state).not_in((StageState.PENDING, StageState.SKIPPED)),
        )
    ):
        found[request_id].stages.append((stage, began, over))
    for request_id, moved in moves_of(session, list(found)).items():
        found[request_id].moves.extend(moved)
    return list(found.values())


def moves_of(session: Session, request_ids: Sequence[str]) -> dict[str, list[Move]]:
    """How the stages of each of these requests moved, in order."""
    found: dict[str, list[Move]] = {request_id: [] for request_id in request_ids}
    rows = session.execute(
        select(
            col(TimelineEntry.request_id),
            col(TimelineEntry.at),
            col(TimelineEntry.stage),
            col(TimelineEntry.state),
        )
        .where(
            col(TimelineEntry.request_id).in_(request_ids), col(TimelineEntry.state).is_not(None)
        )
        .order_by(col(TimelineEntry.request_id), col(TimelineEntry.number))
    )
    for request_id, at, stage, state in rows:
        found[request_id].append(Move(at, stage, state))
    return found


def waits(moved: Sequence[Move], state: StageState, until: datetime) -> tuple[Span, ...]:
    """When any stage was in a state, up to a moment."""
    begun: dict[str, datetime] = {}
    spans: list[Span] = []
    for move in moved:
        since = begun.pop(move.stage, None)
        if since:
            spans.append((since, max(since, move.at)))
        if move.state == state:
            begun[move.stage] = move.at
    spans += [(since, max(since, until)) for since in begun.values()]
    return joined(spans)


@dataclass(frozen=True)
class Times:
    """By which clock the time of each stage is told."""

    calendar: Calendar | None
    working: frozenset[str]
    since: datetime

    def clock(self, stage: str) -> Clock:
        """Working time where from this stage on most of the time is people's work."""
        if self.calendar and stage in self.working:
            return working_clock(self.calendar, self.since)
        return WALL


def times_of(ended: Sequence[Course], calendar: Calendar | None) -> Times:
    """The clocks that requests like these call for; `calendar` is that of the service level."""
    since = min(began for one in ended for _, began, _ in one.stages)
    total: dict[str, float] = defaultdict(float)
    by_people: dict[str, float] = defaultdict(float)
    for one in ended:
        pauses = waits(one.moves, StageState.WAITING_CUSTOMER, one.until)
        work = waits(one.moves, StageState.WAITING_STAFF, one.until)
        for stage, began, _ in one.stages:
            total[stage] += passed(WALL, began, one.until, pauses)
            by_people[stage] += sum(passed(WALL, max(began, a), b) for a, b in work if b > began)
    return Times(calendar, frozenset(s for s in total if by_people[s] > total[s] / 2), since)


def lives(found: Sequence[Course], times: Times) -> list[Life]:
    """The same requests in our time."""
    return [life(one, times) for one in found]


def life(one: Course, times: Times) -> Life:
    """One request in our time."""
    pauses = waits(one.moves, StageState.WAITING_CUSTOMER, one.until)
    passages = []
    for stage, began, over in one.stages:
        clock = times.clock(stage)
        left = over or one.until
        passages.append(
            Passage(
                stage,
                began,
                passed(clock, began, left, pauses),
                passed(clock, began, one.until, pauses) if one.ended else inf,
                passed(WALL, began, left, pauses),
                passed(WALL, began, one.until, pauses) if one.ended else inf,
            )
        )
    return Life(one.until, tuple(passages), pauses)
