"""Collecting a document: the customer gives an upload by reference, or does not in time."""

from typing import Literal

from catalog.durations import Duration
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.ask_customer import AskCustomer, ask_customer
from workflows.steps.inputs import Facts, FormName, Wants, Words, example, in_words


class CollectDocument(Wants):
    """Which document to ask the customer for, when to remind and how long to wait."""

    model_config = example(
        document={
            "en": "your identity card",
            "es": "su documento de identidad",
            "pt": "a sua identificação",
        },
        wait="P14D",
        reminders=["P3D", "P7D"],
    )

    document: Words
    """What the document is called, such as `your last payslip`."""
    title: Words = "tasks.collect_document"
    """What the customer is asked; without it: to send us the document."""
    form: FormName = "upload-document"
    """A form that asks for the uploaded files."""
    wait: Duration
    """How long to wait for it."""
    reminders: tuple[Duration, ...] = ()
    """When to remind, counted from now."""
    revision: int | None = None
    """If given, the question falls away once the customer has changed the answers beyond it."""


class Collected(Facts):
    """What became of it; the document itself is part of the request and of the task's answers."""

    outcome: Literal["given", "expired", "overtaken"]
    """`overtaken` when the customer has changed the answers beyond the `revision`."""


@step(permission="the customer")
async def collect_document(request: RequestWorkflow, wants: CollectDocument) -> Collected:
    """Ask the customer for a document and wait for it."""
    question = AskCustomer(
        kind="document",
        params={"document": in_words(wants.document)},
        **wants.model_dump(exclude={"document"}),
    )
    answered = await ask_customer(request, question)
    if answered.outcome == "answered":
        return Collected(outcome="given")
    return Collected(outcome=answered.outcome)
