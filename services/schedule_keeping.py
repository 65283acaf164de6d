"""Keeping the engine's schedules, and all others, in line with what is published.

Any number of servers may do so: each step can be repeated.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from catalog.processes.lengths import length
from ground import clock
from services import schedules
from services.schedules import TIMED, WORKFLOW
from settings import Settings
from store.database import Database
from store.events import ItemSchedule

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
LOOKBACK = timedelta(days=1)
"""What the engine has missed for longer is not made up for."""


async def run(database: Database, client: Client, settings: Settings) -> None:
    """Keep schedules for ever; an engine that does not answer is asked again at the next turn."""
    anew = True
    while True:
        try:
            await turn(database, client, settings, anew)
            anew = False
        except (RPCError, RuntimeError) as error:
            # The latter from a client that has never been connected yet.
            log.warning("Temporal does not answer about schedules: %s", error)
        await asyncio.sleep(EVERY_SECONDS)


async def turn(database: Database, client: Client, settings: Settings, anew: bool) -> None:
    """Begin what is due after another request, and bring schedules in line."""
    while found := await database.read(schedules.changed):
        await database.write(schedules.keep, found)
    if await database.read(schedules.due_after, clock.now()):
        await database.write(schedules.start_after, clock.now())
    for row in await database.read(schedules.to_apply, anew):
        problem = await apply(client, settings, row)
        await database.write(schedules.applied, row.item_id, row.hash, problem)


async def apply(client: Client, settings: Settings, row: ItemSchedule) -> str | None:
    """Make the engine's schedule of an item what it should be; what the engine has against it."""
    try:
        if row.kind not in TIMED:
            await client.get_schedule_handle(schedule_id(row.item_id)).delete()
        else:
            await put(client, row.item_id, engine_schedule(row, settings.task_queue))
    except RPCError as error:
        if error.status == RPCStatusCode.INVALID_ARGUMENT:
            log.warning("The schedule of %s is refused: %s", row.item_id, error.message)
            return error.message
        if error.status != RPCStatusCode.NOT_FOUND or row.kind in TIMED:
            raise
    return None


async def put(client: Client, item_id: str, schedule: Schedule) -> None:
    """Create a schedule, or give the one there is this shape."""

    def renewed(_before: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(schedule=schedule)

    try:
        await client.create_schedule(schedule_id(item_id), schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(schedule_id(item_id)).update(renewed)


def engine_schedule(row: ItemSchedule, task_queue: str) -> Schedule:
    """The schedule of an item as the engine takes it."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            WORKFLOW,
            {"item": row.item_id},
            id=schedule_id(row.item_id),
            task_queue=task_queue,
            static_summary=row.item_id,
        ),
        spec=spec(row.schedule, row.zone),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=LOOKBACK),
    )


def spec(schedule: Mapping[str, Any], zone: str) -> ScheduleSpec:
    """When `every` or `cron` begins something; a cron expression is read in this time zone."""
    if "every" in schedule:
        return ScheduleSpec(intervals=[ScheduleIntervalSpec(every=length(schedule["every"]))])
    return ScheduleSpec(cron_expressions=[str(schedule["cron"])], time_zone_name=zone)


def schedule_id(item_id: str) -> str:
    """The engine's name for the schedule of an item, and the beginning of what it starts."""
    return f"{WORKFLOW}-{item_id}"
