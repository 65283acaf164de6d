"""Branches side by side: all of them, or a race."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from temporalio import workflow

from workflows.declared.faults import Fault
from workflows.request import RequestWorkflow

Branches = Mapping[str, Callable[[], Awaitable[Any]]]


async def all_of(request: RequestWorkflow, branches: Branches) -> list[Any]:
    """The outputs of all branches, in their order; the first fault ends the others."""
    jobs = begin(branches)
    try:
        await workflow.wait(jobs, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        await end([job for job in jobs if not job.done()])
    # One that was cancelled because of another's fault does not hide it.
    for job in sorted(jobs, key=lambda job: job.cancelled()):
        job.result()
    return [job.result() for job in jobs]


async def race(request: RequestWorkflow, branches: Branches) -> Any:
    """The output of the first branch to finish; what the others have done is taken back.

    A branch that fails has not finished; if all fail, so does the race, with the first one's fault.
    """
    key = request.journal.key("winner")
    if key in request.journal.results:
        return request.journal.results[key]["output"]
    jobs = begin(branches)
    names = list(branches)
    running = set(jobs)
    winner = None
    try:
        while running and winner is None:
            _, running = await workflow.wait(running, return_when=asyncio.FIRST_COMPLETED)
            winner = next((job for job in jobs if job.done() and not lost(job)), None)
    finally:
        await end(list(running))
    if winner is None:
        return jobs[0].result()
    for name, job in zip(names, jobs, strict=True):
        if job is not winner:
            await request.undo_all(below=f"{request.journal.path}{name}/")
    request.journal.results[key] = {"output": winner.result()}
    return winner.result()


def lost(job: "asyncio.Task[Any]") -> bool:
    """Whether a branch has failed; any other end of it, such as the process's, is raised."""
    try:
        job.result()
    except Fault:
        return True
    return False


def begin(branches: Branches) -> list["asyncio.Task[Any]"]:
    """Every branch as a job."""
    return [asyncio.ensure_future(branch()) for branch in branches.values()]


async def end(jobs: list["asyncio.Task[Any]"]) -> None:
    """Cancel jobs and wait until each has come to its end."""
    for job in jobs:
        job.cancel()
    if jobs:
        await workflow.wait(jobs)
