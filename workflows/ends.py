"""Waiting for jobs to come to their end, whatever happens to whoever waits."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from temporalio import workflow

Job = asyncio.Future[Any]


async def see_out(jobs: Iterable[Job], patience: timedelta | None = None) -> None:
    """Wait until the jobs are done, or for so long. A cancellation meanwhile is raised afterwards.

    A wait within others may be given up more than once at a moment, by each of those around it, and
    what it waits for must still not be left to itself.
    """
    given_up: asyncio.CancelledError | None = None
    until = workflow.now() + patience if patience else None
    while left := [job for job in jobs if not job.done()]:
        rest = (until - workflow.now()).total_seconds() if until else None
        if rest is not None and rest <= 0:
            break
        try:
            await workflow.wait(left, timeout=rest)
        except asyncio.CancelledError as cancelled:
            given_up = cancelled
    if given_up:
        raise given_up
