"""What a simulation has come to."""

from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlmodel import Session
from temporalio.client import Client

from ground.messages import translate
from services import timeline
from services.defined_texts import refers, with_texts
from store.database import Database
from store.requests import Request, Status, TimelineEntry

Outcome = Literal["completed", "faulted", "waiting", "withdrawn"]


class Told(BaseModel):
    """One entry of the timeline, as its reader sees it."""

    at: datetime
    text: str
    stage: str | None = None
    state: str | None = None
    visible: str


class Ran(BaseModel):
    """One run of one task of the process."""

    name: str
    pointer: str = ""
    started_at: datetime
    ended_at: datetime | None
    state: str
    took: str | None = None


class Report(BaseModel):
    """How a simulated request went. `outcome` is the request's status in the portal."""

    status: Outcome
    outcome: str
    output: Any = None
    error: dict[str, Any] | None = None
    steps: list[Ran] = []
    timeline: list[Told] = []


async def report(
    client: Client, database: Database, request: Request, language: str, declared: bool
) -> Report:
    """The report on a request as it stands; the tasks of a `declared` process are its steps."""
    row = database.read_now(lambda session: session.get_one(Request, request.id))
    progress: dict[str, Any] = {}
    if declared:
        progress = await client.get_workflow_handle(request.id).query("progress")
        progress["error"] = database.read_now(in_words, row, progress["error"], language)
    told = database.read_now(entries, request.id, language)
    return Report(status=outcome(row), outcome=row.status, timeline=told, **progress)


def in_words(session: Session, request: Request, error: Any, language: str) -> Any:
    """An error whose title is a text of the definition, with this text."""
    if not error or not refers(error.get("title")):
        return error
    title = with_texts(session, request, error["title"])
    return error | {"title": translate(language, "process.said", {"what": title})}


def outcome(request: Request) -> Outcome:
    """The status of a request in the words of simulations."""
    if request.closed_at is None:
        return "faulted" if request.trouble else "waiting"
    if request.status == Status.COMPLETED:
        return "completed"
    return "withdrawn" if request.status == Status.WITHDRAWN else "faulted"


def entries(session: Session, request_id: str, language: str) -> list[Told]:
    """The whole timeline, for customer and staff."""
    found = timeline.entries_after(session, request_id, 0, staff=True, limit=10_000)
    return [told(entry, language) for entry in found]


def told(entry: TimelineEntry, language: str) -> Told:
    """One entry in a language."""
    text = translate(language, entry.text, entry.params, ZoneInfo("UTC")) if entry.text else ""
    return Told(at=entry.at, text=text, stage=entry.stage, state=entry.state, visible=entry.visible)
