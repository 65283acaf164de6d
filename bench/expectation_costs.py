"""What learning when requests will be done costs, and what it takes from whoever reads one.

`python -m bench.expectation_costs [requests]` writes so many requests of one item, nearly all of
which have ended, then has a server learn of it and tell who is late, and reads requests with what
was learned. Times are those of the processor. Goals: each piece of work on the database takes less
than half a second, and what is expected of a request is known in less than 5 ms.
"""

import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import insert
from sqlmodel import Session, col, select

from bench.figures import machine, percentile, say, verdict
from bench.portal import customer, portal
from bench.simulated_history import OFFICE, Stay, lognormal, passed_through, so_far
from ground import clock, ids
from services import catalog, expectations, timeline
from services import expectation_keeping as keeping
from services.experience import Course, Move
from services.learning import learn
from services.working_clock import WorkingClock
from store.database import Database
from store.requests import Request, RequestStage, StageState, Status, TimelineEntry
from tests.portal.scenes import submitted

COUNT = 100_000
CHUNK = 5_000
READS = 300
ITEM = "address-change"
STAGES = ("received", "identity-check", "update")
HOLD_MS, READ_MS = 500.0, 5.0

T = TypeVar("T")


def measure(count: int = COUNT) -> None:
    """Run everything and print what came out."""
    with portal() as (_, database):
        write_all(database, count)
        now, read, write = clock.now(), database.read_now, database.write_now
        ((item_id, last_end),) = held("which items have news", read, keeping.due, now)
        held("taking one", write, keeping.taken, item_id, last_end, now)
        ended, under_way, calendar = held(
            "gathering its requests", read, keeping.gathered, item_id, now
        )
        began = time.process_time()
        lesson = learn(ended, under_way, calendar, now)
        took = (time.process_time() - began) * 1000
        covered = f"{lesson.verdict.coverage:.1%} covered"
        say(f"{'learning, beside the database':32} {took:7.1f} ms: {lesson.basis}, {covered}")
        held("keeping the lesson", write, keeping.keep, item_id, lesson)
        expectations.forget()
        late = held("who is late", read, keeping.overdue, item_id, now)
        say(f"{'':32} {len(late)} candidates")
        for request_id in late[:1]:
            held("telling one", write, keeping.tell_if_late, request_id, now)
        times = database.read_now(reads)
        high = percentile(times, 95)
        say(
            f"{'what is expected of a request':32} p50 {percentile(times, 50):5.2f} ms, "
            f"p95 {high:5.2f} ms (goal {READ_MS}: {verdict(high < READ_MS)})"
        )


def held(what: str, run: Callable[..., T], *args: object) -> T:
    """The result of a piece of work, and what time of the processor it took."""
    began = time.process_time()
    found = run(*args)
    took = (time.process_time() - began) * 1000
    say(f"{what:32} {took:7.1f} ms (goal {HOLD_MS:g}: {verdict(took < HOLD_MS)})")
    return found


def reads(session: Session) -> list[float]:
    """Milliseconds for what is expected of one open request after another."""
    found = select(Request).where(col(Request.closed_at).is_(None)).limit(READS)
    times = []
    for request in session.exec(found).all():
        item = catalog.version(session, request.version).item
        stages = timeline.stages_of(session, request.id)
        began = time.process_time()
        expectations.expect(session, item, request, stages, clock.now())
        times.append((time.process_time() - began) * 1000)
    return times


# The requests


def write_all(database: Database, count: int) -> None:
    """Write the requests, spread over four months."""
    rng, now = random.Random(1), clock.now()
    office = WorkingClock(OFFICE, now - timedelta(days=400))
    original = database.write_now(lambda session: submitted(session, customer(session), ITEM, 0))
    for start in range(0, count, CHUNK):
        courses = []
        for number in range(start, min(count, start + CHUNK)):
            at = now - timedelta(days=120) * (1 - number / count)
            stays = [Stay(one, lognormal(rng, 8, 0.8), by_people=True) for one in STAGES]
            courses.append(passed_through(stays, at, office))
        database.write_now(write_copies, original, courses, now)
    say(f"{count} requests written")


def write_copies(session: Session, original: Request, courses: list[Course], now: datetime) -> None:
    """Write copies of a request that have gone these ways, as far as they have come by now."""
    requests, stages, entries = [], [], []
    same = original.model_dump(exclude={"id", "reference"})
    for course in courses:
        id_, way = ids.new_id(), course if course.until <= now else so_far(course, now)
        ended = way.until if way.ended else None
        status = Status.COMPLETED if ended else Status.WAITING_STAFF
        news = {"closed_at": ended, "status": status, "stage": way.stages[-1][0]}
        count = {"last_entry": len(way.moves)}
        times = {"created_at": way.stages[0][1], "updated_at": way.until}
        requests.append(same | news | count | times | {"id": id_, "reference": ids.new_reference()})
        stages += [stage_row(id_, *stage) for stage in way.stages]
        entries += [entry_row(id_, number, move) for number, move in enumerate(way.moves, 1)]
    for table, rows in ((Request, requests), (RequestStage, stages), (TimelineEntry, entries)):
        session.execute(insert(table), rows)


def stage_row(id_: str, stage: str, began: datetime, over: datetime | None) -> dict[str, Any]:
    """A stage of a request."""
    state = StageState.DONE if over else StageState.WAITING_STAFF
    times = {"started_at": began, "ended_at": over, "known_end": None}
    return {"request_id": id_, "stage": stage, "state": state} | times


def entry_row(id_: str, number: int, move: Move) -> dict[str, Any]:
    """A move of a stage on a request's timeline."""
    told = {"at": move.at, "stage": move.stage, "state": move.state, "text": "", "params": {}}
    return {
        "request_id": id_,
        "number": number,
        "key": str(number),
        "visible": "customer",
        "actor": "system",
        "actor_id": None,
    } | told


if __name__ == "__main__":
    say(machine())
    measure(*map(int, sys.argv[1:]))
