"""Incidents: a declared process that cannot go on until somebody mends its definition."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from services import timeline
from services.timeline import Entry
from store.requests import Request


def open_incident(
    session: Session, request: Request, problem: dict[str, Any], key: str, at: datetime
) -> None:
    """Note the cause at a locked request, once, and tell customer and staff each their part."""
    if request.trouble or request.closed_at:
        return
    request.trouble = in_words(problem)
    session.add(request)
    cause = {"cause": request.trouble}
    entries = [
        Entry(key=f"{key}/trouble", at=at, text="requests.looking_into_it"),
        Entry(
            key=f"{key}/cause",
            at=at,
            text="requests.trouble_cause",
            params=cause,
            visible="staff",
        ),
    ]
    timeline.record(session, request, entries)


def end_incident(session: Session, request: Request, key: str, at: datetime) -> None:
    """Tell that a locked request goes on, if it was stuck."""
    if request.trouble is None:
        return
    request.trouble = None
    session.add(request)
    timeline.record(session, request, [Entry(key=key, at=at, text="requests.going_on")])


def in_words(problem: dict[str, Any]) -> str:
    """A problem on one line: where in the process, what, and why."""
    parts = [problem.get(key) for key in ("instance", "title", "detail")]
    return ": ".join(str(part) for part in parts if part)
