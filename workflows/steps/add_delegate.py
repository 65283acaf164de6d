"""Letting a person stand in for the customer, from the answers; undone by what was before."""

from typing import Literal

from activities import delegations
from activities.delegations import Delegate
from store.delegations import Scope
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import AnswerName, Facts, Wants, example


class AddDelegate(Wants):
    """Who may do what for the customer in this portal, and until when."""

    model_config = example(email="person_email", scope="act", until="last_day")

    email: AnswerName
    """The answer that holds the address with which the person signs in, now or later."""
    scope: Literal["view", "act"]
    """`view` lets them see the customer's requests, `act` also make and answer them."""
    until: AnswerName | None = None
    """The answer that holds the last day; if there is none, it is without an end."""


@step(effects=(delegations.entrust,), told="steps.add_delegate")
async def add_delegate(request: RequestWorkflow, wants: AddDelegate) -> Facts:
    """Let a person see the customer's requests, or also make and answer them."""
    wanted = Delegate(email=wants.email, scope=Scope(wants.scope), until=wants.until)
    await request.act(delegations.entrust, wanted)
    return Facts()
