"""Giving up in time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow

from workflows.declared import leaving
from workflows.declared.faults import Fault
from workflows.declared.jobs import Ending, Job
from workflows.declared.memory import Memory
from workflows.request import RequestWorkflow

IN_TIME = "in time"
SHORTEST = 0.001
"""Seconds that are left where none are: what is already journalled takes none."""


async def limited(
    request: RequestWorkflow, work: Callable[[], Awaitable[Any]], limit: timedelta, memory: Memory
) -> Any:
    """The result of `work`. Raises a timeout `Fault` when it takes longer, and ends it.

    A new run keeps to the same moment, and to what has come of it.
    """
    journal = request.journal
    key = journal.key("limit")
    until = request.now() + limit
    if journal.results.get(key) == IN_TIME:
        return await work()
    if key not in journal.results:
        job: Job = asyncio.ensure_future(work())
        left = max((until - workflow.now()).total_seconds(), SHORTEST)
        async with Ending([job]):
            done, _ = await workflow.wait([job], timeout=left)
        if done:
            journal.results[key] = IN_TIME
            return job.result()
        journal.results[key] = memory.dump()
    memory.load(journal.results[key])
    await leaving.close(request)
    raise Fault.standard("timeout", f"It took longer than {limit}.")
