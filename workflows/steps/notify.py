"""Telling people something, in the portal and by mail."""

from typing import Any

from pydantic import Field

from activities import notices
from activities.notices import Notice
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, GroupName, Wants, Words, example, in_words


class Notify(Wants):
    """What to tell whom."""

    model_config = example(
        message={
            "en": "Your card arrives by %(day)s.",
            "es": "Su tarjeta llegará antes del %(day)s.",
            "pt": "O seu cartão chega até %(day)s.",
        },
        values={"day": {"$day": "2026-12-01"}},
    )

    message: Words
    """What is told; it may contain `%(name)s` for each of the values."""
    values: dict[str, Any] = Field(default={})
    """The values by name: words, numbers, or `{$money: [1250, EUR]}`, `{$day: 2026-12-01}`."""
    to: GroupName = "customer"
    """`customer`, or a group, all of whom are told."""


@step(effects=(notices.notify,))
async def notify(request: RequestWorkflow, wants: Notify) -> Facts:
    """Tell the customer or a group something, in the portal and by mail."""
    message = in_words(wants.message, wants.values)
    await request.act(notices.notify, Notice(message=message, to=wants.to))
    return Facts()
