"""Learning what to expect of each item, beside the answers, and telling of requests that are late.

Any number of servers may do so: whoever takes an item first learns of it, and nobody else does for
ten minutes. The arithmetic holds no connection and no lock.
"""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import exists, func
from sqlmodel import Session, col, select

from ground import clock
from ground.business_time import Calendar
from ground.errors import Unavailable
from ground.messages import Params
from services import (
    catalog,
    delegations,
    expectations,
    experience,
    groups,
    identity,
    timeline,
)
from services.expectations import told
from services.experience import Course
from services.learning import Experience, Lesson, learn
from services.timeline import Entry
from store.database import Database
from store.expectations import ItemExpectation
from store.requests import Request, RequestStage, StageState, TimelineEntry
from store.upserts import insert_new

log = logging.getLogger(__name__)

EVERY_SECONDS = 300.0
AT_MOST_EVERY = timedelta(minutes=10)
"""Between two lessons of one item."""
LATE = "expectations/late"
"""The key of the one timeline entry that says so."""
CANDIDATES = 500
"""How many requests in one stage of an item are looked at in one turn."""
WORKED_ON = (StageState.IN_PROGRESS, StageState.WAITING_STAFF)


async def run(database: Database, every: float = EVERY_SECONDS) -> None:
    """Learn and tell for ever. What fails is logged and tried again at the next turn."""
    while True:
        try:
            await turn(database, clock.now())
        except Unavailable as error:
            log.warning("expectations wait for the database: %s", error.params.get("cause"))
        await asyncio.sleep(every)


async def turn(database: Database, now: datetime) -> None:
    """Learn of the items of which more has ended, then tell of what is late."""
    for item_id, last_end in await database.read(due, now):
        if await database.write(taken, item_id, last_end, now):
            await learn_of(database, item_id, now)
    for item_id in await database.read(forecast_items):
        for request_id in await database.read(overdue, item_id, now):
            await database.write(tell_if_late, request_id, now)


# Learning


def due(session: Session, now: datetime) -> list[tuple[str, datetime]]:
    """Items of which a request has ended since they were last learned, with its end."""
    ends = dict(
        session.execute(
            select(Request.item_id, func.max(col(Request.closed_at)))
            .where(col(Request.closed_at).is_not(None))
            .group_by(col(Request.item_id))
        ).all()
    )
    tried = {
        item_id: (tried_at, last_end)
        for item_id, tried_at, last_end in session.execute(
            select(ItemExpectation.item_id, ItemExpectation.tried_at, ItemExpectation.last_end)
        )
    }
    return [
        (item_id, last_end)
        for item_id, last_end in ends.items()
        if item_id not in tried or news(*tried[item_id], last_end, now)
    ]


def news(tried_at: datetime, known_end: datetime | None, end: datetime, now: datetime) -> bool:
    """Whether there is more to learn than at the last try, which was long enough ago."""
    return known_end != end and now - tried_at >= AT_MOST_EVERY


def taken(session: Session, item_id: str, last_end: datetime, now: datetime) -> bool:
    """Whether it falls to us to learn of an item; no other server will for a while."""
    unknown = ItemExpectation(item_id=item_id, tried_at=now - AT_MOST_EVERY)
    insert_new(session, ItemExpectation, [unknown.model_dump()])
    row = session.get_one(ItemExpectation, item_id, with_for_update=True)
    if not news(row.tried_at, row.last_end, last_end, now):
        return False
    row.tried_at, row.last_end = now, last_end
    session.add(row)
    return True


async def learn_of(database: Database, item_id: str, now: datetime) -> None:
    """Learn of one item and keep the lesson."""
    ended, under_way, calendar = await database.read(gathered, item_id, now)
    lesson = await asyncio.to_thread(learn, ended, under_way, calendar, now)
    await database.write(keep, item_id, lesson)


def gathered(
    session: Session, item_id: str, now: datetime
) -> tuple[list[Course], list[Course], Calendar | None]:
    """What there is to learn from."""
    ended, under_way = experience.gather(session, item_id, now)
    return ended, under_way, calendar_of(session, item_id)


def calendar_of(session: Session, item_id: str) -> Calendar | None:
    """The calendar by which an item's latest request is served."""
    latest = select(Request.version).where(Request.item_id == item_id)
    hash = session.exec(latest.order_by(col(Request.closed_at).desc()).limit(1)).first()
    level = catalog.version(session, hash).item.service_level if hash else None
    return level.calendar if level else None


def keep(session: Session, item_id: str, lesson: Lesson) -> None:
    """Write down what was learned of an item."""
    row = session.get_one(ItemExpectation, item_id)
    found = lesson.verdict
    row.basis, row.ended, row.looks = lesson.basis, lesson.ended, found.looks
    row.coverage = found.coverage if found.looks else None
    row.error_seconds = found.error if found.looks else None
    row.median_error_seconds = found.median_error if found.looks else None
    row.experience = lesson.experience.model_dump(mode="json") if lesson.experience else {}
    session.add(row)


# Telling


def forecast_items(session: Session) -> list[str]:
    """The items whose requests are promised a late end."""
    return list(
        session.exec(select(ItemExpectation.item_id).where(ItemExpectation.basis == "learned"))
    )


def overdue(session: Session, item_id: str, now: datetime) -> list[str]:
    """Requests that are late unless we waited for their customer, and were not told so yet."""
    known = expectations.experience_of(session, item_id)
    if known is None or known.forecaster is None:
        return []
    calendar = calendar_of(session, item_id)
    return [
        request_id
        for stage, before in promises_kept_since(known, calendar, now)
        for request_id in session.exec(
            select(Request.id)
            .join(RequestStage, col(RequestStage.request_id) == Request.id)
            .where(
                Request.item_id == item_id,
                col(Request.closed_at).is_(None),
                Request.stage == stage,
                RequestStage.stage == stage,
                col(RequestStage.state).in_(WORKED_ON),
                RequestStage.started_at < before,
                ~exists().where(
                    col(TimelineEntry.request_id) == col(Request.id),
                    col(TimelineEntry.key) == LATE,
                ),
            )
            .order_by(col(Request.id))
            .limit(CANDIDATES)
        )
    ]


def promises_kept_since(
    known: Experience, calendar: Calendar | None, now: datetime
) -> Iterator[tuple[str, datetime]]:
    """Of each stage: whoever came into it before then is past the late end told at that time."""
    assert known.forecaster
    for stage in known.forecaster.stages:
        promised = known.forecaster.remaining(stage, 0.0)
        clock_of_stage = known.times(calendar, now - timedelta(days=366)).clock(stage)
        if promised:
            yield stage, clock_of_stage.moment(clock_of_stage.at(now) - promised.most)


def tell_if_late(session: Session, request_id: str, now: datetime) -> None:
    """Tell a request's customer that it is later than they were told, and why; once."""
    request = timeline.locked(session, request_id)
    item = catalog.version(session, request.version).item
    stages = timeline.stages_of(session, request_id)
    found = expectations.expect(session, item, request, stages, now)
    if found is None or found.situation != "late" or was_told(session, request_id):
        return
    zone = identity.zone_of(identity.viewer_of(session, request.customer_id).zone)
    text = "expectations.notice"
    params: Params = {"latest": told(found.latest, zone, now)}
    if found.group and found.since:
        text = "expectations.notice_group"
        params |= {"group": groups.named(found.group), "since": told(found.since, zone, now)}
    timeline.record(session, request, [Entry(key=LATE, at=now, text=text, params=params)])
    delegations.tell(session, request, text, params, now)


def was_told(session: Session, request_id: str) -> bool:
    """Whether the customer knows that the request is late."""
    entry = select(TimelineEntry.number).where(
        TimelineEntry.request_id == request_id, TimelineEntry.key == LATE
    )
    return session.exec(entry).first() is not None
