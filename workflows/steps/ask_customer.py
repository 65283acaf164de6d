"""Asking the customer for something, with reminders, until they answer or the time is over."""

from typing import Any, Literal

from pydantic import Field

from activities import requests
from activities.requests import Correction
from catalog.durations import Duration
from store.tasks import Audience
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.asking import Ask, Reply, ask, facts_of
from workflows.steps.inputs import FieldName, FormName, Wants, Words, example, moments


class AskCustomer(Wants):
    """What to ask, by which form, when to remind and how long to wait, by the clock from now."""

    model_config = example(
        title={
            "en": "Check your new address",
            "es": "Revise su nueva dirección",
            "pt": "Verifique o seu novo endereço",
        },
        form="address-correction",
        wait="P14D",
        reminders=["P3D", "P7D"],
        corrects=True,
    )

    kind: str = "question"
    """What kind of question it is; kinds other than `question` need timeline texts of their own."""
    title: Words
    """What is asked; a task's own title stands here if nothing is written."""
    params: dict[str, Any] = Field(default={})
    """Parameters of the title, if that is a message key."""
    form: FormName
    """The form by which the customer answers; its `decision`, if it has one, comes back."""
    reminders: tuple[Duration, ...] = ()
    """When to remind, counted from now."""
    wait: Duration
    """How long to wait for an answer."""
    returns: tuple[FieldName, ...] = ()
    """Which answers come back."""
    corrects: bool = False
    """Whether the answers take the place of those in the request that have the same names."""
    revision: int | None = None
    """If given, the question falls away once the customer has changed the answers beyond it."""
    messages: int | None = None
    """If given, the question falls away once the customer has written more than so many."""


class CustomerAnswered(Reply):
    """What became of the question."""

    outcome: Literal["answered", "expired", "overtaken"]
    """`overtaken` when a change of the answers or a message came first."""


@step(permission="the customer")
async def ask_customer(request: RequestWorkflow, wants: AskCustomer) -> CustomerAnswered:
    """Ask the customer by a form and wait for the answer."""
    began = request.now()
    answer = await ask(
        request,
        Ask(
            audience=Audience.CUSTOMER,
            due_at=began + wants.wait,
            remind_at=moments(began, wants.reminders),
            **wants.model_dump(exclude={"wait", "reminders", "returns", "corrects"}),
        ),
    )
    if answer is None:
        first = request.amended_since(wants.revision) or request.wrote_since(wants.messages)
        return CustomerAnswered(outcome="overtaken" if first else "expired")
    if wants.corrects:
        await request.act(requests.correct, Correction(task=answer.task))
    return CustomerAnswered(outcome="answered", **await facts_of(request, answer, wants.returns))
