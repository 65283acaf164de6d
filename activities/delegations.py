"""Letting a person stand in for a request's customer; undone by what was before."""

from datetime import date

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, Undo, effect, undo
from services import delegations, identity, timeline
from store.delegations import Scope


class Delegate(BaseModel):
    """The names of the answers that hold the address and the last day, and what is allowed."""

    email: str
    scope: Scope
    until: str | None = None


@effect
def entrust(session: Session, call: Call[Delegate]) -> str:
    """Let a person stand in for the customer; the id of the delegation."""
    request, wants = timeline.locked(session, call.request), call.body
    until = request.answers.get(wants.until) if wants.until else None
    return delegations.entrust(
        session,
        identity.viewer_of(session, request.customer_id),
        request.answers[wants.email],
        wants.scope,
        date.fromisoformat(until) if until else None,
        call.at,
    ).id


@undo(of=entrust)
def take_back(session: Session, call: Call[Undo], did: str) -> None:
    """The person may do what they might before."""
    delegations.undo_entrusting(session, did, call.at)
