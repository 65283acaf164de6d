"""Opening a case: judged, with its clocks running; undone by closing it."""

from typing import Literal

from pydantic import Field

from activities import cases
from activities.cases import Way
from ground.messages import moment, ref
from workflows.casework import CaseWorkflow, Watch
from workflows.request import Failed
from workflows.steps import step
from workflows.steps.inputs import Facts, GroupName, SkillName, StageName, Wants, example

Priority = Literal["urgent", "high", "normal", "low"]


class OpenCase(Wants):
    """How the case is judged, where it goes, and how its clocks are watched."""

    model_config = example(
        topic="card",
        impact="${ $answers.impact }",
        urgency="${ $answers.urgency }",
        priorities={
            "everybody": {"high": "urgent", "low": "normal"},
            "myself": {"high": "high", "low": "low"},
        },
        group="support",
        skills={"account": 1},
        escalation_group="operations",
        working_stage="in-progress",
    )

    topic: str | None = None
    """What it is about; the answer `topic` if left out, else the item's name."""
    impact: str | None = None
    """How many are hit, as the matrix calls it; the answer `impact` if left out."""
    urgency: str | None = None
    """How soon it hurts, as the matrix calls it; the answer `urgency` if left out."""
    priority: Priority = "normal"
    """The priority, where there is no matrix of them."""
    priorities: dict[str, dict[str, Priority]] = Field(default={})
    """The priority by impact and urgency."""
    group: GroupName | None = None
    """The group that works on it; the item's if left out."""
    skills: dict[SkillName, int] = Field(default={})
    """The least level of each skill that it takes."""
    ways: dict[str, Way] = Field(default={})
    """Group and skills by topic, instead of one for all."""
    warn_percent: int = Field(default=75, gt=0, lt=100)
    """After which percentage of a target's time a further group sees the case."""
    escalation_group: GroupName | None = None
    """That further group; without it nobody is warned."""
    working_stage: StageName | None = None
    """The stage that begins once the customer has been answered."""


class Opened(Facts):
    """The case as it was opened."""

    case: str
    """The id of the case, which is that of the request."""
    priority: Priority
    """Its priority."""
    group: str
    """The group that works on it."""


@step(effects=(cases.open_case,), permission="nobody: the group that works on it sees it at once")
async def open_case(request: CaseWorkflow, wants: OpenCase) -> Opened:
    """Open a case, start its clocks and promise the customer an answer."""
    level = request.start.plan.service_level
    if level is None:
        raise Failed("case.no_service_level")
    request.watch_by(Watch.model_validate(wants.model_dump(include=set(Watch.model_fields))))
    judged = {"topic", "impact", "urgency", "priority", "priorities", "ways", "warn_percent"}
    opens = cases.OpenCase(
        way=Way(group=wants.group or request.start.plan.group, skills=wants.skills),
        service_level=level,
        **wants.model_dump(include=judged),
    )
    case = await request.act(cases.open_case, opens)
    params = {"priority": ref(f"case.priority_{case.priority}")}
    if case.clocks.first_response_due:
        request.say("case.opened", **params, by=moment(case.clocks.first_response_due))
    else:
        request.say("case.opened_without_promise", **params)
    return Opened.model_validate(
        {"case": request.start.request, "priority": case.priority, "group": case.group}
    )
