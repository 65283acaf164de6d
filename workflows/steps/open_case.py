"""Opening a case: judged, with its clocks running; undone by closing it."""

from pydantic import BaseModel

from activities import cases
from activities.cases import CaseFacts, Way
from ground.messages import moment, ref
from workflows.casework import CaseWorkflow
from workflows.request import Failed
from workflows.steps import step


class OpenCase(BaseModel):
    """Priorities by impact and urgency, and where cases go, by topic; the answers say which."""

    priorities: dict[str, dict[str, str]]
    ways: dict[str, Way]


@step
async def open_case(request: CaseWorkflow, wants: OpenCase) -> CaseFacts:
    """Open the request's case and promise the customer an answer."""
    level = request.start.plan.service_level
    if level is None:
        raise Failed("case.no_service_level")
    opens = cases.OpenCase(
        warn_percent=request.warn_percent, service_level=level, **wants.model_dump()
    )
    case = await request.act(cases.open_case, opens)
    params = {"priority": ref(f"case.priority_{case.priority}")}
    if case.clocks.first_response_due:
        request.say("case.opened", **params, by=moment(case.clocks.first_response_due))
    else:
        request.say("case.opened_without_promise", **params)
    return case
