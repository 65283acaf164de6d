"""Dispatch: waiting cases find an agent, those of absent agents another, and workflows hear of it.

Any number of servers may do this at once; a case is moved by one of them.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from ground import clock
from services import assignment, cases, outbox, timeline
from store.cases import Case
from store.database import Database

EVERY_SECONDS = 2.0


async def run(database: Database, every: float = EVERY_SECONDS) -> None:
    """Dispatch for ever."""
    while True:
        await dispatch(database)
        await asyncio.sleep(every)


async def dispatch(database: Database) -> None:
    """Move what can be moved now; nothing is locked when there is nothing to move."""
    if await database.read(cases.abandoned):
        await database.write(close_abandoned, clock.now())
    if await database.read(assignment.work_is_due, clock.now()):
        await database.write(cover_absent, clock.now())
        await database.write(drain, clock.now())


def close_abandoned(session: Session, at: datetime) -> None:
    """Close cases that outlived their requests, so that nobody is kept busy by them."""
    for case in cases.abandoned(session):
        cases.close(session, case.request_id, at)


def cover_absent(session: Session, at: datetime) -> list[str]:
    """Take the cases of absent agents from them; the ids of the requests whose cases moved."""
    return tell(session, assignment.reassign_absent(session, at), at)


def drain(session: Session, at: datetime) -> list[str]:
    """Assign what can be of the queues; the ids of the requests whose cases moved."""
    return tell(session, assignment.drain_queue(session, at), at)


def tell(session: Session, moved: Sequence[Case], at: datetime) -> list[str]:
    """Owe the workflow of each case the news of who has it now."""
    for case in moved:
        request = timeline.locked(session, case.request_id)
        case.revision += 1
        news = {"revision": case.revision, "assignee": case.assignee_id}
        outbox.put(session, request, "assignment", news, at)
    return [case.request_id for case in moved]
