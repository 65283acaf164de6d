"""Asking people: a task opens, reminds, escalates, and ends in an answer or in its expiry."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from activities import tasks as effects
from activities.tasks import Escalate, Expire, Remind
from services.tasks import Answer, OpenTask
from store.requests import StageState
from store.tasks import Audience
from workflows.request import RequestWorkflow


class Ask(BaseModel):
    """What to ask of whom, until when.

    `remind_at` and `escalate_at` (to the group named) are absolute, as is `due_at`; without it the
    task waits for ever.
    """

    kind: str
    audience: Audience
    title: str
    params: dict[str, Any] = {}
    form: str
    group: str | None = None
    assignee_id: str | None = None
    excluded: list[str] = []
    due_at: datetime | None = None
    remind_at: list[datetime] = []
    escalate_at: list[tuple[datetime, str]] = []


async def ask(request: RequestWorkflow, wants: Ask) -> Answer | None:
    """Ask, wait, remind and escalate; None when nobody has answered in time."""
    waiting, stage = waiting_state(wants.audience), request.carried.stage
    opens = OpenTask.model_validate(wants.model_dump(exclude={"remind_at", "escalate_at"}))
    request.say(f"tasks.asked_{wants.kind.replace('-', '_')}", **wants.params)
    if stage:
        request.telling.move(stage, waiting)
    task = await request.act(effects.open_task, opens)
    answer = await answered(request, task.id, wants)
    if stage:
        request.telling.move(stage, StageState.IN_PROGRESS)
    return answer


def waiting_state(audience: Audience) -> StageState:
    """The state of a stage that waits for this audience."""
    if audience == Audience.CUSTOMER:
        return StageState.WAITING_CUSTOMER
    return StageState.WAITING_STAFF


async def answered(request: RequestWorkflow, task: str, wants: Ask) -> Answer | None:
    """The answer to an open task, with reminders and escalations on the way."""
    answers, why = request.carried.answers, waiting_for(wants)
    for at, group in milestones(wants):
        if await request.wait(lambda: task in answers, at, why):
            return answers.pop(task)
        if group:
            request.say("tasks.escalated", visible="staff", group=group)
            await request.act(effects.escalate, Escalate(task=task, group=group))
        else:
            request.say(f"tasks.reminded_{wants.kind.replace('-', '_')}", **wants.params)
            await request.act(effects.remind, Remind(task=task))
    if await request.wait(lambda: task in answers, wants.due_at, why):
        return answers.pop(task)
    return await request.act(effects.expire, Expire(task=task))


def milestones(wants: Ask) -> list[tuple[datetime, str | None]]:
    """When to remind (no group) or to escalate (to a group), the earliest first."""
    reminders: list[tuple[datetime, str | None]] = [(at, None) for at in wants.remind_at]
    return sorted([*reminders, *wants.escalate_at], key=lambda milestone: milestone[0])


def waiting_for(wants: Ask) -> str:
    """For the Temporal UI: whom and what the request waits for."""
    whom = wants.group or ("the customer" if wants.audience == Audience.CUSTOMER else "staff")
    return f"Waiting for {whom}: {wants.kind}"
