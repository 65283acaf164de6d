"""A problem report: judged, routed to somebody able, worked on, resolved, confirmed and closed."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from temporalio import workflow

from activities.cases import Way
from workflows.casework import CaseWorkflow
from workflows.messages import Start
from workflows.steps.case_turns import Patience, RouteCase
from workflows.steps.open_case import OpenCase, open_case
from workflows.steps.route_case import route_case


class CaseSettings(BaseModel):
    """What the definition decides: how cases are judged, where they go, how long they wait."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    priorities: dict[str, dict[str, Literal["urgent", "high", "normal", "low"]]]
    topics: dict[str, Way]
    warn_percent: int = Field(gt=0, lt=100)
    escalation_group: str
    question: Patience
    confirmation: Patience

    @model_validator(mode="after")
    def every_urgency_has_a_priority(self) -> Self:
        urgencies = {urgency for row in self.priorities.values() for urgency in row}
        for impact, row in self.priorities.items():
            if missing := urgencies - set(row):
                raise ValueError(f"priorities.{impact} says nothing of {', '.join(missing)}")
        return self


@workflow.defn(name="case-routing")
class CaseRouting(CaseWorkflow):
    """The way of a case; it goes back and forth between us and the customer until both are done."""

    Settings = CaseSettings
    Stages = frozenset({"assigned", "in-progress", "resolved", "closed"})

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.rules = self.settings(CaseSettings)

    @workflow.run
    async def run(self, start: Start) -> str:
        return await self.carry()

    async def story(self) -> None:
        rules = self.rules
        await open_case(
            self,
            OpenCase(
                priorities=rules.priorities,
                ways=rules.topics,
                warn_percent=rules.warn_percent,
                escalation_group=rules.escalation_group,
                working_stage="in-progress",
            ),
        )
        await route_case(
            self,
            RouteCase(
                wait=True,
                ways=rules.topics,
                question=rules.question,
                confirmation=rules.confirmation,
                assigned_stage="assigned",
                resolved_stage="resolved",
                closed_stage="closed",
            ),
        )
