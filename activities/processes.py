"""What declared processes read of their request, and how they show that one of them is stuck."""

from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, Nothing, effect
from services import incidents, timeline


class Names(BaseModel):
    """The names of answers that the process reads, at any depth; no others travel."""

    names: list[str]


class Incident(BaseModel):
    """What went wrong in a process, as an RFC 7807 problem, and how often something has by now."""

    problem: dict[str, Any]
    number: int


@effect
def read_answers(session: Session, call: Call[Names]) -> dict[str, Any]:
    """Read what the process needs of the answers."""
    answers = timeline.locked(session, call.request).answers
    kept: dict[str, Any] = only(answers, frozenset(call.body.names))
    return kept


def only(answers: Any, names: frozenset[str]) -> Any:
    """The answers without the members that are not named."""
    if isinstance(answers, dict):
        return {key: only(value, names) for key, value in answers.items() if key in names}
    if isinstance(answers, list):
        return [only(item, names) for item in answers]
    return answers


class About(BaseModel):
    """What a process may say of its request, besides its answers."""

    reference: str
    language: str
    channel: str


@effect
def about_request(session: Session, call: Call[Nothing]) -> About:
    """Read what the process says of its request."""
    request = timeline.locked(session, call.request)
    return About(reference=request.reference, language=request.language, channel=request.channel)


class NewVersion(BaseModel):
    """The version that a request goes on with."""

    version: str


@effect
def go_on_with(session: Session, call: Call[NewVersion]) -> None:
    """Pin the request to another version; what was told before still has the words of the old."""
    request = timeline.locked(session, call.request)
    request.version = call.body.version
    session.add(request)


@effect
def open_incident(session: Session, call: Call[Incident]) -> None:
    """Show that the process is stuck: staff its cause, the customer that we look into it."""
    request = timeline.locked(session, call.request)
    body = call.body
    incidents.open_incident(session, request, body.problem, body.number, call.key, call.at)


@effect
def end_incident(session: Session, call: Call[Incident]) -> None:
    """Tell that the request goes on."""
    request = timeline.locked(session, call.request)
    incidents.end_incident(session, request, call.key, call.at)
