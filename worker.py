"""Runs workflows and activities for the task queue, until somebody asks it to stop."""

import asyncio
import gc
import logging
import sys
from datetime import timedelta
from typing import NoReturn

from temporalio.client import Client
from temporalio.worker import Worker

import activities.registry  # noqa: F401
from activities import effects, outside, schedules
from processes import logs
from processes.errors import StartError
from processes.leaving import leave, stop_signal
from processes.namespace import prepare_namespace
from processes.setup import open_database
from services import secret_values
from services.audit import Audit
from services.document_files import FolderFiles
from services.outbound import Outbound
from services.temporal import connect
from settings import Settings, SettingsError, load
from store.database import Database
from workflows.registry import ALL_WORKFLOWS
from workflows.sandbox import sandbox
from workflows.scheduled_start import ScheduledStart

GRACE = timedelta(seconds=2)
"""What an activity under way may still take once we are asked to stop."""


logger = logging.getLogger("processes.worker")


def main() -> NoReturn:
    """Work until somebody asks to stop."""
    leave(run())


def run() -> int:
    """Work until somebody asks to stop; returns the exit code."""
    logs.configure()
    try:
        return asyncio.new_event_loop().run_until_complete(work(load()))
    except (SettingsError, StartError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2


async def work(settings: Settings) -> int:
    """Serve the task queue as soon as Temporal answers."""
    stopping = asyncio.create_task(stop_signal().wait())
    patient = await connect(settings, lazy=True)
    preparing = asyncio.create_task(prepare_namespace(patient, settings))
    await asyncio.wait([stopping, preparing], return_when=asyncio.FIRST_COMPLETED)
    if stopping.done():
        return 0
    async with open_database(settings) as database:
        worker = build(await connect(settings), database, settings)
        # What is loaded by now stays, so that nobody need look through it for garbage again.
        gc.collect()
        gc.freeze()
        working = asyncio.create_task(worker.run())
        logger.info("The worker serves the task queue %s", settings.task_queue)
        await asyncio.wait([stopping, working], return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            await worker.shutdown()
        await working
    return 0


def build(client: Client, database: Database, settings: Settings) -> Worker:
    """A worker for every workflow and activity of ours, tests included."""
    audit = Audit(settings.audit_address) if settings.audit_address else None
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[*ALL_WORKFLOWS, ScheduledStart],
        activities=[
            *effects.bind(
                database, audit, FolderFiles(settings.data_dir / "documents"), settings.brand
            ),
            *outside.bind(outbound(settings)),
            *schedules.bind(database),
        ],
        workflow_runner=sandbox(),
        graceful_shutdown_timeout=GRACE,
    )


def outbound(settings: Settings) -> Outbound:
    """The door to other systems, as far as the settings open it."""
    return Outbound(settings.allowed_hosts, secrets=secret_values.given(settings))


if __name__ == "__main__":
    main()
