"""What a simulation has come to."""

from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlmodel import Session, col, select
from temporalio.client import Client

from ground.messages import translate
from services import timeline
from services.defined_texts import refers, with_texts
from store.database import Database
from store.notifications import Notification
from store.requests import Request, Status, TimelineEntry

NOTICE = "steps.notice"
Outcome = Literal["completed", "faulted", "waiting", "withdrawn"]


class Told(BaseModel):
    """One entry of the timeline, as its reader sees it."""

    at: datetime
    text: str
    stage: str | None = None
    state: str | None = None
    visible: str


class Notice(BaseModel):
    """A message that a step `notify` has sent, to the `customer` or to `staff`."""

    at: datetime
    text: str
    to: Literal["customer", "staff"]


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
    notices: list[Notice] = []


async def report(
    client: Client, database: Database, request: Request, language: str, declared: bool
) -> Report:
    """The report on a request as it stands; the tasks of a `declared` process are its steps."""
    row = database.read_now(lambda session: session.get_one(Request, request.id))
    progress: dict[str, Any] = {}
    if declared:
        progress = await client.get_workflow_handle(request.id).query("progress")
        progress["error"] = database.read_now(in_words, row, progress["error"], language)
    return Report(
        status=outcome(row),
        outcome=row.status,
        timeline=database.read_now(entries, request.id, language),
        notices=database.read_now(notices, row, language),
        **progress,
    )


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


def notices(session: Session, request: Request, language: str) -> list[Notice]:
    """What the process has said beside the timeline, each once however many people it went to."""
    query = (
        select(Notification)
        .where(Notification.request_id == request.id, Notification.key == NOTICE)
        .order_by(col(Notification.id))
    )
    found: dict[tuple[str, str, datetime], Notice] = {}
    for one in session.exec(query):
        to: Literal["customer", "staff"] = (
            "customer" if one.account_id == request.customer_id else "staff"
        )
        text = translate(language, one.key, one.params, ZoneInfo("UTC"))
        found[to, text, one.created_at] = Notice(at=one.created_at, text=text, to=to)
    return list(found.values())


def told(entry: TimelineEntry, language: str) -> Told:
    """One entry in a language."""
    text = translate(language, entry.text, entry.params, ZoneInfo("UTC")) if entry.text else ""
    return Told(at=entry.at, text=text, stage=entry.stage, state=entry.state, visible=entry.visible)
