"""Giving work to a group of staff, with deadlines in business time."""

from typing import Any

from pydantic import BaseModel

from services.tasks import Answer
from store.tasks import Audience
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.approval import Deciders
from workflows.steps.asking import Ask, ask


class GiveTask(BaseModel):
    """What is to be done, by which form, by whom and by when.

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
    times = wants.deciders.times(request.start.plan, request.now())
    return await ask(
        request,
        Ask(
            audience=Audience.STAFF,
            group=wants.deciders.group,
            **times.model_dump(),
            **wants.model_dump(include={"kind", "title", "params", "form", "revision"}),
        ),
    )
