"""Workflows may ask for business time first, before anybody has looked at the calendar."""

import asyncio
from datetime import UTC, datetime, timedelta

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from ground.business_time import Calendar, Hours, public_holidays, time_zone
from tests.ground.deadline_workflow import Deadline, Wanted
from workflows.sandbox import sandbox


async def test_a_calendar_that_nobody_has_used_yet_serves_a_sandboxed_workflow(
    time_skipping: WorkflowEnvironment,
) -> None:
    wanted = Wanted(
        calendar=Calendar(
            zone="Pacific/Auckland", country="NZ", hours=Hours(friday=("09:00-17:00",))
        ),
        start=datetime(2026, 12, 23, tzinfo=UTC),
        amount=timedelta(hours=1),
    )
    public_holidays.cache_clear()
    time_zone.cache_clear()
    async with Worker(
        time_skipping.client, task_queue="q", workflows=[Deadline], workflow_runner=sandbox()
    ):
        answer = time_skipping.client.execute_workflow(
            Deadline.run, wanted, id="deadline", task_queue="q"
        )
        # Two Fridays are holidays; a failing workflow task would be retried for ever.
        assert await asyncio.wait_for(answer, 20) == datetime(2027, 1, 7, 21, tzinfo=UTC)
