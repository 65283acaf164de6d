"""Routing a case: to an agent who is able, understood and free, or to the queue until one is."""

from activities import cases
from activities.effects import Nothing
from activities.requests import tell
from workflows.casework import CaseWorkflow
from workflows.steps import step


@step
async def route_case(request: CaseWorkflow, wants: Nothing) -> None:
    """Find somebody for the case, however long it takes; a case that is in hands stays there."""
    case = await request.on_case(cases.assign)
    if request.assignee is None:
        request.say("case.queued")
        request.telling.expects(case.group, request.due_at)
        await request.act(tell, Nothing())
        why = f"Waiting for an agent of {case.group}"
        await request.wait(lambda: request.assignee is not None, None, why)
