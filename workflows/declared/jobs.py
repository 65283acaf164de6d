"""Jobs side by side within one workflow: how they come to their end, together or early."""

import asyncio
from collections.abc import Sequence
from typing import Any

from temporalio import workflow

from workflows.ends import see_out

Job = asyncio.Task[Any]


class Ending:
    """Ends jobs where the block ends, in whichever way."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = jobs

    async def __aenter__(self) -> None:
        return

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # A workflow that a worker lets go of is closed, and nothing can be waited for any more.
        if kind is not GeneratorExit:
            await end(self.jobs)


async def all_done(jobs: Sequence[Job]) -> None:
    """Wait until each job is done. Raises the first failure, which ends the others."""
    if not jobs:
        return
    async with Ending(jobs):
        await workflow.wait(jobs, return_when=asyncio.FIRST_EXCEPTION)
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
    try:
        await see_out(left)
    finally:
        for job in jobs:
            if job.done() and not job.cancelled() and moves_on(job):
                job.result()


def moves_on(job: Job) -> bool:
    """Whether a job has left this run for a new one."""
    return isinstance(job.exception(), workflow.ContinueAsNewError)
