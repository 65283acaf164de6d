"""What the latest requests of an item have been through, read from their stages and timelines."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from sqlmodel import Session, col, select

from ground.business_time import Calendar, Span
from services.forecasts import Life, Passage
from services.working_clock import WALL, Clock, joined, passed, working_clock
from store.requests import Request, RequestStage, StageState, Status, TimelineEntry

SAMPLE = 600
"""The latest so many are asked."""
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


def latest_ended(session: Session, item_id: str) -> list[Course]:
    """The latest requests of an item that have come to an end of their own, the first first."""
    rows = session.execute(
        select(col(Request.id), col(Request.closed_at))
        .where(
            col(Request.item_id) == item_id,
            col(Request.closed_at).is_not(None),
            col(Request.status).in_(OWN_ENDS),
        )
        .order_by(col(Request.closed_at).desc())
        .limit(SAMPLE)
    ).all()
    return courses(session, {request_id: Course(at, True) for request_id, at in reversed(rows)})


def under_way(session: Session, item_id: str, now: datetime) -> list[Course]:
    """The oldest requests of an item that go on."""
    rows = session.execute(
        select(col(Request.id))
        .where(col(Request.item_id) == item_id, col(Request.closed_at).is_(None))
        .order_by(col(Request.id))
        .limit(SAMPLE)
    ).scalars()
    return courses(session, {request_id: Course(now, False) for request_id in rows})


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
    for request_id, move in moves(session, list(found)):
        found[request_id].moves.append(move)
    return list(found.values())


def moves(session: Session, request_ids: Sequence[str]) -> Iterator[tuple[str, Move]]:
    """How the stages of these requests moved, in order."""
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
        yield request_id, Move(at, stage, state)


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
