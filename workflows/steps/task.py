"""Giving work to a group of staff, with deadlines in business time."""

from typing import Any, Literal

from pydantic import Field

from store.tasks import Audience
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.approval import Deciders
from workflows.steps.asking import Ask, Reply, ask, facts_of
from workflows.steps.inputs import FieldName, FormName, Wants, Words, example


class GiveTask(Wants):
    """What is to be done, by which form, by whom and by when."""

    model_config = example(
        title={"en": "Pack the card", "es": "Embalar la tarjeta", "pt": "Embalar o cartão"},
        form="card-order",
        deciders={"group": "back-office", "deadline": "P1D"},
        returns=["decision"],
    )

    kind: str = "work"
    """What kind of task it is; kinds other than `work` need timeline texts of their own."""
    title: Words
    """What is to be done; a task's own title stands here if nothing is written."""
    params: dict[str, Any] = Field(default={})
    """Parameters of the title, if that is a message key."""
    form: FormName
    """The form by which the work is done; its `decision`, if it has one, comes back."""
    deciders: Deciders
    """The group that does it, its time, when to remind it and to whom to turn then."""
    returns: tuple[FieldName, ...] = ()
    """Which answers come back."""
    may_delegate: bool = False
    """Whether somebody may hand the task to a colleague of the group."""
    revision: int | None = None
    """If given, the task falls away once the customer has changed the answers beyond it."""


class TaskDone(Reply):
    """What became of the work."""

    outcome: Literal["done", "expired", "overtaken"]
    """`overtaken` when the customer has changed the answers beyond the `revision`."""


@step(permission="the group named in deciders")
async def task(request: RequestWorkflow, wants: GiveTask) -> TaskDone:
    """Give work to a group and wait until somebody has done it by its form."""
    times = wants.deciders.times(request.start.plan, request.now())
    answer = await ask(
        request,
        Ask(
            audience=Audience.STAFF,
            group=wants.deciders.group,
            **times.model_dump(),
            **wants.model_dump(exclude={"deciders", "returns"}),
        ),
    )
    if answer:
        return TaskDone(outcome="done", **await facts_of(request, answer, wants.returns))
    return TaskDone(outcome="overtaken" if request.amended_since(wants.revision) else "expired")
