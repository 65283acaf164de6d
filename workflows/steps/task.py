"""Giving work to a group of staff, with deadlines in business time."""

from typing import Any

from pydantic import BaseModel

from services.tasks import Answer
from store.tasks import Audience
from workflows.calendar import after
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.approval import Deciders
from workflows.steps.asking import Ask, ask


class GiveTask(BaseModel):
    """What is to be done, by which form and by whom, who has until then.

    With a `revision`, the task falls away once the customer has changed the answers beyond it.
    """

    kind: str
    title: str
    params: dict[str, Any] = {}
    form: str
    deciders: Deciders
    revision: int | None = None


@step
async def task(request: RequestWorkflow, wants: GiveTask) -> Answer | None:
    """Give the task and wait; None when nobody did it in time, or it fell away."""
    deciders, plan, now = wants.deciders, request.start.plan, request.now()
    due_at, escalate_at = after(plan, now, deciders.deadline), []
    for escalation in deciders.escalations:
        escalate_at.append((due_at, escalation.group))
        due_at = after(plan, due_at, escalation.within)
    return await ask(
        request,
        Ask(
            audience=Audience.STAFF,
            group=deciders.group,
            due_at=due_at,
            remind_at=[after(plan, now, reminder) for reminder in deciders.reminders],
            escalate_at=escalate_at,
            **wants.model_dump(include={"kind", "title", "params", "form", "revision"}),
        ),
    )
