"""Messages: what customers and staff write to one another on a request."""

from datetime import datetime

from sqlmodel import Session

from ground import ids
from services import timeline
from services.timeline import Actor, Entry, Visible
from store.requests import Message, Request


def post(
    session: Session,
    request: Request,
    text: str,
    at: datetime,
    *,
    author_id: str,
    role: Actor,
    actor: Actor | None = None,
    visible: Visible = "customer",
) -> Message:
    """Put a message onto a locked request and its timeline, for all or for staff alone.

    `role` is the side it comes from, `actor` who speaks for that side, where that is another.
    """
    message = Message(
        id=ids.new_id(),
        request_id=request.id,
        author_id=author_id,
        role=role,
        visible=visible,
        text=text,
        at=at,
    )
    session.add(message)
    entry = Entry(
        key=f"said/{message.id}",
        at=at,
        text=told_as(role),
        params={"message": message.id},
        visible=visible,
        actor=actor or role,
        actor_id=author_id,
    )
    timeline.record(session, request, [entry])
    return message


def told_as(role: Actor) -> str:
    """The message key by which people are told who has written."""
    return f"requests.message_from_{'customer' if role == 'customer' else 'staff'}"
