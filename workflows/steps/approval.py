"""Approval: one or several different people of a group say yes, or one of them says no.

Each level has a deadline in business time. At the deadline the task is shown to a further group,
which has a time of its own; after the last one it expires. Nobody decides on their own request, and
nobody decides twice.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from activities import tasks
from activities.tasks import PassOn
from catalog.durations import BusinessTime
from catalog.plan import Plan
from services.tasks import Answer
from store.tasks import Audience
from workflows.calendar import after
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.asking import Ask, ask

APPROVE = "approve"
"""The `decision` of the form that means yes; any other means no."""


class Escalation(BaseModel):
    """The group that sees the task too once the time is over, and how long it has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str
    within: BusinessTime


class Times(BaseModel):
    """When to remind, when to escalate to which group, and when it is too late."""

    due_at: datetime
    remind_at: list[datetime]
    escalate_at: list[tuple[datetime, str]]


class Deciders(BaseModel):
    """Who decides by when; `reminders` count from when they are asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str
    deadline: BusinessTime
    reminders: tuple[BusinessTime, ...] = ()
    escalations: tuple[Escalation, ...] = ()

    def times(self, plan: Plan, asked_at: datetime) -> Times:
        """The moments that follow from when they are asked, by the definition's calendar."""
        due_at, escalate_at = after(plan, asked_at, self.deadline), []
        for escalation in self.escalations:
            escalate_at.append((due_at, escalation.group))
            due_at = after(plan, due_at, escalation.within)
        remind_at = [after(plan, asked_at, reminder) for reminder in self.reminders]
        return Times(due_at=due_at, remind_at=remind_at, escalate_at=escalate_at)


class Approval(BaseModel):
    """What is to be approved: `title` is a message key with `params`, and with the level.

    The form has a `decision`, and a `note` that the customer reads when it is no. `excluded` are
    accounts that may not decide, besides whoever made the request.
    """

    deciders: Deciders
    levels: int = Field(default=1, ge=1)
    title: str
    params: dict[str, Any] = {}
    form: str = "approval"
    excluded: tuple[str, ...] = ()


class LevelDecision(BaseModel):
    """What one level decided: by which account and when, unless its time ran out."""

    level: int
    decision: Literal["approved", "rejected", "expired"]
    by: str | None = None
    at: datetime | None = None


class Approved(BaseModel):
    """The decision, which is that of the last level asked."""

    levels: list[LevelDecision]

    @property
    def decision(self) -> Literal["approved", "rejected", "expired"]:
        """Approved only if every level did."""
        return self.levels[-1].decision


@step
async def approval(request: RequestWorkflow, wants: Approval) -> Approved:
    """Ask level after level, until one does not approve."""
    excluded, levels = list(wants.excluded), []
    for level in range(1, wants.levels + 1):
        answer = await ask(request, question(request, wants, level, excluded))
        levels.append(decided(level, answer))
        told = f"tasks.level_{levels[-1].decision}"
        request.say(told, visible="staff", level=level, levels=wants.levels)
        if answer is None:
            break
        if answer.decision != APPROVE:
            await request.act(tasks.pass_on_note, PassOn(task=answer.task))
            break
        excluded.append(answer.by)
    return Approved(levels=levels)


def question(request: RequestWorkflow, wants: Approval, level: int, excluded: list[str]) -> Ask:
    """The question to one level, with its moments counted from now."""
    times = wants.deciders.times(request.start.plan, request.now())
    return Ask(
        kind="approval",
        audience=Audience.STAFF,
        title=wants.title,
        params=wants.params | {"level": level, "levels": wants.levels},
        form=wants.form,
        group=wants.deciders.group,
        excluded=list(excluded),
        **times.model_dump(),
    )


def decided(level: int, answer: Answer | None) -> LevelDecision:
    """What the answer to one level means."""
    if answer is None:
        return LevelDecision(level=level, decision="expired")
    yes = answer.decision == APPROVE
    return LevelDecision(
        level=level, decision="approved" if yes else "rejected", by=answer.by, at=answer.at
    )
