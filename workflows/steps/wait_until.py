"""Waiting for a moment, such as the day on which something takes effect."""

from datetime import datetime

from pydantic import BaseModel

from activities.effects import Nothing
from activities.requests import tell
from store.requests import StageState
from workflows.request import RequestWorkflow
from workflows.steps import step


class WaitUntil(BaseModel):
    """Until when, and for what, in the words of the Temporal UI.

    With a `revision`, the wait also ends once the customer has changed the answers beyond it.
    """

    until: datetime
    why: str
    revision: int | None = None


@step
async def wait_until(request: RequestWorkflow, wants: WaitUntil) -> bool:
    """Wait; True when the moment has come, False when a change of the answers came first."""
    stage = request.carried.stage or request.stages[0]
    request.telling.move(stage, StageState.IN_PROGRESS, wants.until)
    # Nothing else would carry what has been told so far, perhaps for weeks.
    await request.act(tell, Nothing())
    request.telling.expects(request.start.plan.group, wants.until)
    amended = await request.wait(
        lambda: request.amended_since(wants.revision), wants.until, wants.why
    )
    return not amended
