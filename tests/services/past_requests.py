"""Requests of the probe that ended before a test begins, written as they would stand there."""

import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from bench.simulated_history import OFFICE, Stay, passed_through
from ground import ids
from services.access import Viewer
from services.experience import Course
from services.working_clock import WorkingClock
from store.catalog import PublishedItem
from store.requests import Request, RequestStage, StageState, Status, TimelineEntry


def write(session: Session, viewer: Viewer, courses: Sequence[Course]) -> None:
    """Write requests that have gone this way."""
    version = session.get_one(PublishedItem, "probe").hash
    for course in courses:
        request_id = ids.new_id()
        began = course.stages[0][1]
        session.add(
            Request(
                id=request_id,
                reference=ids.new_reference(),
                item_id="probe",
                version=version,
                customer_id=viewer.account_id,
                channel="test",
                language="en",
                status=Status.COMPLETED,
                answers={"wish": "tea"},
                last_entry=len(course.moves),
                created_at=began,
                updated_at=course.until,
                closed_at=course.until,
            )
        )
        session.flush()
        session.add_all(rows_of(request_id, course))


def rows_of(request_id: str, course: Course) -> list[RequestStage | TimelineEntry]:
    """Its stages, and how they moved."""
    stages = [
        RequestStage(
            request_id=request_id,
            stage=stage,
            state=StageState.DONE,
            started_at=began,
            ended_at=over,
        )
        for stage, began, over in course.stages
    ]
    entries = [
        TimelineEntry(
            request_id=request_id,
            number=number,
            key=str(number),
            at=move.at,
            visible="customer",
            actor="system",
            stage=move.stage,
            state=move.state,
        )
        for number, move in enumerate(course.moves, 1)
    ]
    return [*stages, *entries]


def checks(count: int, now: datetime, seed: int = 1, every_hours: float = 2.0) -> list[Course]:
    """So many requests whose check took ten hours in the middle, and sometimes days."""
    rng = random.Random(seed)
    office = WorkingClock(OFFICE, now - timedelta(days=400))
    found = []
    for number in range(count):
        at = now - timedelta(hours=every_hours * (count - number) + 240)
        hours = 10 * math.exp(rng.gauss(0, 0.7))
        found.append(passed_through([Stay("received", 0.1), Stay("check", hours)], at, office))
    return found
