"""Offering: the customer accepts, declines, or lets the offer expire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from catalog.durations import Duration
from store.tasks import Audience
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.asking import Ask, ask
from workflows.steps.inputs import Facts, FormName, Wants, Words, example, moments

ACCEPT = "accept"
"""The `decision` of the form that means yes; any other means no."""


class Offer(Wants):
    """What is offered, by which form it is answered and how long it stands."""

    model_config = example(
        title={
            "en": "A limit of %(limit)s",
            "es": "Un límite de %(limit)s",
            "pt": "Um limite de %(limit)s",
        },
        params={"limit": {"$money": [300000, "EUR"]}},
        form="accept-offer",
        valid_for="P14D",
        reminders=["P7D"],
    )

    kind: str = "offer"
    """What kind of offer it is; kinds other than `offer` need timeline texts of their own."""
    title: Words
    """What is offered; a task's own title stands here if nothing is written."""
    params: dict[str, Any] = Field(default={})
    """Values for the `%(name)s` in the title."""
    form: FormName
    """A form with the `decision` `accept`; any other declines."""
    valid_for: Duration
    """How long the offer stands."""
    reminders: tuple[Duration, ...] = ()
    """When to remind, counted from now."""


class Decided(Facts):
    """What the customer decided, and when."""

    decision: Literal["accepted", "declined", "expired"]
    """What the customer decided; `expired` if nothing in time."""
    at: datetime
    """When it was decided, or expired."""


@step(permission="the customer")
async def offer(request: RequestWorkflow, wants: Offer) -> Decided:
    """Make the customer an offer and wait for the decision."""
    now = request.now()
    answer = await ask(
        request,
        Ask(
            audience=Audience.CUSTOMER,
            due_at=now + wants.valid_for,
            remind_at=moments(now, wants.reminders),
            **wants.model_dump(exclude={"valid_for", "reminders"}),
        ),
    )
    if answer is None:
        return Decided(decision="expired", at=request.now())
    return Decided(decision="accepted" if answer.decision == ACCEPT else "declined", at=answer.at)
