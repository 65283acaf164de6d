"""What the engine starts at the times of an item's schedule."""

from datetime import timedelta

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.schedules import BEGIN, Begin
from services.schedules import WORKFLOW

ATTEMPT_TIMEOUT = timedelta(seconds=30)
UNTIL_MENDED = RetryPolicy(maximum_interval=timedelta(minutes=1))


class Scheduled(BaseModel):
    """The item whose time has come."""

    item: str


@workflow.defn(name=WORKFLOW)
class ScheduledStart:
    """Begins one request; what it does then is the request's own affair."""

    @workflow.run
    async def run(self, wants: Scheduled) -> str:
        """Begin the request; its id. The engine gives each time of a schedule its own workflow id,
        so that one time never begins two requests."""
        result: str = await workflow.execute_activity(
            BEGIN,
            Begin(item=wants.item, key=workflow.info().workflow_id),
            result_type=str,
            start_to_close_timeout=ATTEMPT_TIMEOUT,
            retry_policy=UNTIL_MENDED,
        )
        return result
