"""Whoever waits for a job sees it out, however often the wait is given up meanwhile."""

import asyncio
from datetime import timedelta

import pytest
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from workflows.ends import see_out

QUEUE = "ends"


@workflow.defn(sandboxed=False)
class Waiter:
    """Waits for a job that lasts three hours, and is told to give up twice, after one and two."""

    @workflow.run
    async def run(self, patience_minutes: int) -> list[str]:
        began = workflow.now()
        patience = timedelta(minutes=patience_minutes) if patience_minutes else None
        job = asyncio.ensure_future(workflow.sleep(timedelta(hours=3)))
        waiting = asyncio.ensure_future(see_out([job], patience))
        for _ in range(2):
            await workflow.wait([waiting], timeout=3600)
            waiting.cancel()
        await workflow.wait([waiting])
        outcome = "given up" if waiting.cancelled() else "seen out"
        return [outcome, "done" if job.done() else "left", str(workflow.now() - began)]


@pytest.mark.parametrize(
    ("patience_minutes", "found"),
    [
        (0, ["given up", "done", "3:00:00"]),
        (90, ["given up", "left", "1:30:00"]),
        (30, ["seen out", "left", "0:30:00"]),
    ],
    ids=["without end", "until patience ends", "not given up in time"],
)
async def test_a_job_is_seen_out(
    time_skipping: WorkflowEnvironment, patience_minutes: int, found: list[str]
) -> None:
    client = time_skipping.client
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=QUEUE, workflows=[Waiter], workflow_runner=runner):
        result = await client.execute_workflow(
            Waiter.run, patience_minutes, id=f"ends-{patience_minutes}", task_queue=QUEUE
        )
    assert result[0] == found[0]
    assert result[1] == found[1]
    assert result[2].startswith(found[2])
