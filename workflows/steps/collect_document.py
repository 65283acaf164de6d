"""Collecting a document: the customer gives an upload by reference, or does not in time."""

from typing import Any, Literal

from pydantic import BaseModel

from catalog.durations import Duration
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.ask_customer import AskCustomer, ask_customer


class CollectDocument(BaseModel):
    """Which document to ask the customer for, when to remind and how long to wait.

    `document` is its name as a message parameter; the form asks for the uploaded files. With a
    `revision` the question falls away once the customer has changed the answers beyond it.
    """

    document: dict[str, Any]
    form: str
    wait: Duration
    reminders: tuple[Duration, ...] = ()
    revision: int | None = None


class Collected(BaseModel):
    """What became of it; the document itself is part of the request and of the task's answers."""

    outcome: Literal["given", "expired", "overtaken"]


@step
async def collect_document(request: RequestWorkflow, wants: CollectDocument) -> Collected:
    """Ask the customer for a document."""
    question = AskCustomer(
        kind="collect-document",
        title="tasks.collect_document",
        params={"document": wants.document},
        **wants.model_dump(include={"form", "wait", "reminders", "revision"}),
    )
    if await ask_customer(request, question):
        return Collected(outcome="given")
    overtaken = request.amended_since(wants.revision)
    return Collected(outcome="overtaken" if overtaken else "expired")
