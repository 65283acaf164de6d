"""Jobs side by side within one workflow: how they come to their end, together or early."""

import asyncio
from collections.abc import Sequence
from typing import Any

from temporalio import workflow

Job = asyncio.Task[Any]


async def all_done(jobs: Sequence[Job]) -> None:
    """Wait until each job is done. Raises the first failure, which ends the others."""
    if not jobs:
        return
    try:
        await workflow.wait(jobs, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        await end(jobs)
    for job in jobs:
        # One that was ended because of another's failure does not hide it.
        if not job.cancelled():
            job.result()


async def end(jobs: Sequence[Job]) -> None:
    """Cancel what still runs and wait for its end. Raises when the workflow goes on in a new run.

    A job that comes to this while it is cleaning up must not be taken for one that has ended.
    """
    left = [job for job in jobs if not job.done()]
    for job in left:
        job.cancel()
    if left:
        await workflow.wait(left)
    for job in jobs:
        if job.done() and not job.cancelled() and moves_on(job):
            job.result()


def moves_on(job: Job) -> bool:
    """Whether a job has left this run for a new one."""
    return isinstance(job.exception(), workflow.ContinueAsNewError)
