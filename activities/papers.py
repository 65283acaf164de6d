"""Documents that we write for customers, kept with their request; undone by taking them away."""

from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, Undo, effect, undo
from services import documents, papers, timeline
from services.papers import HTML, Template


class Paper(BaseModel):
    """Which paper to write, with which title and values, each the parameter of a message."""

    template: Template
    title: dict[str, Any]
    values: dict[str, Any]


@effect
def write(session: Session, call: Call[Paper]) -> str:
    """Write a document for the customer and keep it with the request; its id."""
    request, wants = timeline.locked(session, call.request), call.body
    title, page = papers.written(
        session, request, wants.template, wants.title, wants.values, call.at
    )
    name = f"{title} {request.reference}.html"
    return documents.keep_made(session, request, name, HTML, page.encode(), call.at).id


@undo(of=write)
def withdraw(session: Session, call: Call[Undo], did: str) -> None:
    """Nobody reads the document any more."""
    documents.drop(session, did)
