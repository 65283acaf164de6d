"""Branches side by side: all of them, or a race."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from temporalio import workflow

from workflows.declared import leaving
from workflows.declared.faults import Fault
from workflows.declared.jobs import Ending, Job, all_done
from workflows.declared.memory import Local
from workflows.request import RequestWorkflow

Branches = Mapping[str, Callable[[Local], Awaitable[Any]]]


async def all_of(branches: Branches, local: Local) -> list[Any]:
    """The outputs of all branches, in their order; the first fault ends the others.

    What each has changed in its memory is put together in the same order.
    """
    before = local.apart()
    places = [local.apart() for _ in branches]
    jobs = begin(branches, places)
    await all_done(jobs)
    for place in places:
        local.memory.take_in(before.memory, place.memory)
    return [job.result() for job in jobs]


async def race(request: RequestWorkflow, branches: Branches, local: Local) -> Any:
    """The output of the first branch to finish; what the others have done is taken back.

    A branch that fails has not finished; if all fail, so does the race, with the first one's fault.
    """
    results, key = request.journal.results, request.journal.key("winner")
    if key not in results:
        places = [local.apart() for _ in branches]
        jobs = begin(branches, places)
        async with Ending(jobs):
            winner = await first_to_finish(jobs)
            won = {
                "name": list(branches)[winner],
                "output": jobs[winner].result(),
                "memory": places[winner].memory.dump(),
            }
            results[key] = won
    won = results[key]
    await leaving.take_back(request, [name for name in branches if name != won["name"]])
    local.memory.load(won["memory"])
    return won["output"]


async def first_to_finish(jobs: list[Job]) -> int:
    """Which job has a result first. Raises the first one's fault if all fail."""
    running = jobs
    while running:
        _, running = await workflow.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for index, job in enumerate(jobs):
            if job.done() and not has_failed(job):
                return index
    jobs[0].result()
    raise AssertionError("a job that has failed has a result")


def has_failed(job: Job) -> bool:
    """Whether a branch has failed; any other end of it, such as the process's, is raised."""
    try:
        job.result()
    except Fault:
        return True
    return False


def begin(branches: Branches, places: list[Local]) -> list[Job]:
    """Every branch as a job, each in its place."""
    return [
        asyncio.ensure_future(branch(place))
        for branch, place in zip(branches.values(), places, strict=True)
    ]
