"""How a story calls another system: a regular activity, retried a few times by the engine.

What does not succeed reaches the story as an `ApplicationError` of type `fault`, whose only detail
is the problem: `{type, status, title, detail}`.
"""

from datetime import timedelta
from typing import Any, NoReturn

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError

from activities.effects import Call, Nothing
from activities.outside import FAULT, Answered, fault
from activities.requests import tell
from services.faults import unanswered
from services.outbound import DEADLINE
from workflows.request import RequestWorkflow

A_FEW_TIMES = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=30),
    maximum_attempts=4,
)
"""What fails longer than a quarter of a minute is the process's affair, which may catch it."""


PICKED = "$picked"
"""The one member of an output to which the `output.as` of its task has been applied already."""


async def call_outside(request: RequestWorkflow, activity: str, body: BaseModel) -> Any:
    """Make a call and return its output, the same one when the story runs again; or what is picked.

    What has changed something there is not done again when a process tries anew, what has only
    asked is asked again.
    """
    with request.journal.steadily():
        key = request.journal.key(activity)
    if key in request.journal.results:
        return request.journal.results[key]
    if request.carried.pending:
        # The call may take a while, and carries no entries.
        await request.act(tell, Nothing())
    if request.moving_on:
        await request.move_on()
    call = Call[Any](
        request=request.start.request,
        key=f"{request.start.request}/{key}",
        at=workflow.now(),
        body=body,
    )
    answered = await request.shielded(attempt(activity, call))
    output = {PICKED: answered.output} if answered.picked else answered.output
    if answered.lasts:
        request.journal.results[key] = output
    return output


async def attempt(activity: str, call: Call[Any]) -> Answered:
    """Have the activity run. Raises its fault bare, however it has travelled."""
    try:
        return await workflow.execute_activity(  # type: ignore[no-any-return]
            activity,
            call,
            result_type=Answered,
            start_to_close_timeout=DEADLINE + timedelta(seconds=10),
            retry_policy=A_FEW_TIMES,
        )
    except ActivityError as error:
        raise_fault(error)


def raise_fault(error: ActivityError) -> NoReturn:
    """Raise the fault behind a failed activity, or the failure itself where there is none."""
    if isinstance(error.cause, ApplicationError) and error.cause.type == FAULT:
        raise error.cause from error
    if isinstance(error.cause, TimeoutError):
        raise fault(unanswered(504, "no answer in time", "the worker did not come back")) from error
    raise error
