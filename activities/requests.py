"""What every request does to itself: pass its point of no return, and end."""

from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, Nothing, effect, undo_strays
from services import delegations, requests, tasks, timeline
from services.requests import Sealing
from services.timeline import Entry
from store.requests import Status


class Ending(BaseModel):
    """How a request ends; `reason` is a message reference for people."""

    status: Status
    reason: dict[str, Any] | None = None


class Correction(BaseModel):
    """The answered task in which the customer corrected what the request says."""

    task: str


class Seal(BaseModel):
    """The revision of the answers that is to be carried out; None takes them as they are."""

    revision: int | None = None


@effect
def seal(session: Session, call: Call[Seal]) -> Sealing:
    """Pass the point of no return, or say what came first."""
    return requests.seal(session, timeline.locked(session, call.request), call.body.revision)


@effect
def correct(session: Session, call: Call[Correction]) -> None:
    """Put the answers of a task in the place of those in the request that have the same names."""
    request = timeline.locked(session, call.request)
    given = tasks.locked(session, call.body.task).answers or {}
    asked = requests.names_asked(session, request)
    requests.correct(session, request, {name: given[name] for name in asked & given.keys()})


@effect
def close(session: Session, call: Call[Ending]) -> None:
    """End the request, write the last line of its timeline and tell its customer."""
    request = timeline.locked(session, call.request)
    ending = call.body
    if ending.status != Status.COMPLETED:
        undo_strays(session, call)
    text = f"requests.ended_{ending.status}"
    params = {"reference": request.reference} | ({"reason": ending.reason} if ending.reason else {})
    if ending.reason:
        text += "_because"
    requests.close(session, request, ending.status, call.at, ending.reason)
    timeline.record(session, request, [Entry(key="ended", at=call.at, text=text, params=params)])
    delegations.tell(session, request, text, params, call.at)


@effect
def tell(session: Session, call: Call[Nothing]) -> None:
    """Write the timeline entries that travelled here, and nothing else."""
