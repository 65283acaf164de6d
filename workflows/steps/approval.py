"""Approval: one or several different people of a group say yes, or one of them does not.

Each level has a deadline in business time. At the deadline the task is shown to a further group,
which has a time of its own; after the last one it expires. Nobody decides on their own request, and
with four eyes nobody decides twice. Whoever returns the request says what is to be mended first.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from activities import tasks
from activities.tasks import PassOn
from catalog.durations import BusinessTime
from catalog.plan import Plan
from services.tasks import Answer
from store.tasks import Audience
from workflows.calendar import after
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.asking import Ask, ask, facts_of
from workflows.steps.inputs import (
    Facts,
    FieldName,
    FormName,
    GroupName,
    Wants,
    Words,
    example,
)

APPROVE = "approve"
"""The `decision` of the form that means yes."""
RETURN = "return"
"""The `decision` that means: not like this; any other one means no."""

Decision = Literal["approved", "rejected", "expired", "returned"]


class Escalation(Wants):
    """Whom to turn to once the time is over."""

    group: GroupName
    """The group that sees the task too."""
    within: BusinessTime
    """How long it has."""


class Times(BaseModel):
    """When to remind, when to escalate to which group, and when it is too late."""

    due_at: datetime
    remind_at: list[datetime]
    escalate_at: list[tuple[datetime, str]]


class Deciders(Wants):
    """Who decides by when, in the business time of the item's calendar."""

    group: GroupName
    """The group, any member of which may decide."""
    deadline: BusinessTime
    """How long it has."""
    reminders: tuple[BusinessTime, ...] = ()
    """When to remind whoever holds the task, counted from when they are asked."""
    escalations: tuple[Escalation, ...] = ()
    """Whom to turn to then, one after the other; after the last one the task expires."""

    def times(self, plan: Plan, asked_at: datetime) -> Times:
        """The moments that follow from when they are asked, by the definition's calendar."""
        due_at, escalate_at = after(plan, asked_at, self.deadline), []
        for escalation in self.escalations:
            escalate_at.append((due_at, escalation.group))
            due_at = after(plan, due_at, escalation.within)
        remind_at = [after(plan, asked_at, reminder) for reminder in self.reminders]
        return Times(due_at=due_at, remind_at=remind_at, escalate_at=escalate_at)


class Approval(Wants):
    """What is to be approved, by whom and by how many of them."""

    model_config = example(
        title={
            "en": "Approval of the new limit",
            "es": "Aprobación del nuevo límite",
            "pt": "Aprovação do novo limite",
        },
        form="approval-or-return",
        levels=2,
        deciders={
            "group": "loan-officers",
            "deadline": "P2D",
            "reminders": ["P1D"],
            "escalations": [{"group": "operations", "within": "P1D"}],
        },
        may_delegate=True,
        may_return=True,
    )

    deciders: Deciders
    """The group that decides, its time, when to remind it and to whom to turn then."""
    levels: int = Field(default=1, ge=1, le=9)
    """How many approvals it takes, one after the other."""
    title: Words
    """What deciders read; a task's own title stands here if nothing is written."""
    params: dict[str, Any] = Field(default={})
    """Parameters of the title, if that is a message key."""
    form: FormName = "approval"
    """A form with a `decision` (`approve`, any other is no) and a `note` that a no is told with."""
    returns: tuple[FieldName, ...] = ()
    """Which of the deciders' answers come back; those of the last level count."""
    four_eyes: bool = True
    """Whether each level must be another person."""
    may_delegate: bool = False
    """Whether a decider may hand the task to a colleague of the group."""
    may_return: bool = False
    """Whether the decision `return` sends the request back with a note, rather than to its end."""
    excluded: tuple[str, ...] = ()
    """Accounts that may not decide, besides whoever made the request."""


class LevelDecision(Facts):
    """What one level decided: by which account and when, unless its time ran out."""

    level: int
    decision: Decision
    by: str | None = None
    at: datetime | None = None


class Approved(Facts):
    """The decision, which is that of the last level asked."""

    decision: Decision
    """`approved` only if every level did."""
    levels: list[LevelDecision]
    """What each level decided, by whom and when."""
    answers: dict[str, Any] = Field(default={})
    """The answers that `returns` names."""


@step(permission="the deciders' group; never whoever made the request")
async def approval(request: RequestWorkflow, wants: Approval) -> Approved:
    """Have somebody decide, level after level, until one does not approve."""
    excluded, levels = list(wants.excluded), list[LevelDecision]()
    answer: Answer | None = None
    for level in range(1, wants.levels + 1):
        answer = await ask(request, question(request, wants, level, excluded))
        levels.append(decided(wants, level, answer))
        told = f"tasks.level_{levels[-1].decision}"
        request.say(told, visible="staff", level=level, levels=wants.levels)
        if answer is None:
            break
        if answer.decision != APPROVE:
            await request.act(tasks.pass_on_note, PassOn(task=answer.task))
            break
        if wants.four_eyes:
            excluded.append(answer.by)
    facts = await facts_of(request, answer, wants.returns)
    return Approved(decision=levels[-1].decision, levels=levels, answers=facts.get("answers", {}))


def question(request: RequestWorkflow, wants: Approval, level: int, excluded: Sequence[str]) -> Ask:
    """The question to one level, with its moments counted from now."""
    times = wants.deciders.times(request.start.plan, request.now())
    return Ask(
        kind="approval",
        audience=Audience.STAFF,
        params=wants.params | {"level": level, "levels": wants.levels},
        group=wants.deciders.group,
        excluded=list(excluded),
        **wants.model_dump(include={"title", "form", "may_delegate"}),
        **times.model_dump(),
    )


def decided(wants: Approval, level: int, answer: Answer | None) -> LevelDecision:
    """What the answer to one level means."""
    if answer is None:
        return LevelDecision(level=level, decision="expired")
    no: Decision = "returned" if wants.may_return and answer.decision == RETURN else "rejected"
    decision: Decision = "approved" if answer.decision == APPROVE else no
    return LevelDecision(level=level, decision=decision, by=answer.by, at=answer.at)
