"""Routing a case: to an agent who is able, understood and free, and on until it is resolved."""

from activities import cases
from workflows.casework import CaseWorkflow
from workflows.steps import step
from workflows.steps.case_turns import CaseTurns, RouteCase, Routed, assigned
from workflows.turns import take_turns


@step(permission="an agent of the case's group with its skills; the customer answers questions")
async def route_case(request: CaseWorkflow, wants: RouteCase) -> Routed:
    """Give the case to an agent, or to the queue until one can take it."""
    if not wants.wait:
        await assigned(request)
        return Routed(assignee=request.assignee)
    turns = CaseTurns(request, wants)
    await take_turns(request, turns.turns, first="assignment")
    agent = request.journal.once("last agent", lambda: request.assignee)
    await turns.reach(wants.closed_stage)
    await request.on_case(cases.close)
    return Routed(assignee=agent, outcome=request.journal.results[turns.outcome])
