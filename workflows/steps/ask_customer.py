"""Asking the customer for something, with reminders, until they answer or the time is over."""

from typing import Any

from pydantic import BaseModel

from catalog.durations import Duration
from services.tasks import Answer
from store.tasks import Audience
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.asking import Ask, ask


class AskCustomer(BaseModel):
    """What to ask, by which form, when to remind and how long to wait, by the clock from now.

    The question falls away once the customer has changed the answers beyond `revision` or written
    more than so many `messages`.
    """

    kind: str
    title: str
    params: dict[str, Any] = {}
    form: str
    reminders: tuple[Duration, ...] = ()
    wait: Duration
    revision: int | None = None
    messages: int | None = None


@step
async def ask_customer(request: RequestWorkflow, wants: AskCustomer) -> Answer | None:
    """Ask and wait; None when there was no answer in time, or the question fell away."""
    began = request.now()
    return await ask(
        request,
        Ask(
            audience=Audience.CUSTOMER,
            due_at=began + wants.wait,
            remind_at=[began + after for after in wants.reminders],
            **wants.model_dump(include={"kind", "title", "params", "form", "revision", "messages"}),
        ),
    )
