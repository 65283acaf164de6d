"""A request as its reader sees it: stages, timeline, what is needed now and of whom, and when."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlmodel import Session, col, select

from catalog.definitions import CatalogItem
from ground import clock
from ground.messages import pick, render, translate
from services import access, catalog, expectations, requests, tasks, timeline
from services.access import Viewer
from store.requests import Message, Request, RequestStage, StageState, TimelineEntry
from store.tasks import Audience, Task


class StageView(BaseModel):
    """One stage of the progress track; `state_text` is the state in words."""

    id: str
    title: str
    state: StageState
    state_text: str
    started_at: datetime | None = None
    ended_at: datetime | None = None


class EntryView(BaseModel):
    """One line of the timeline; `number` is the cursor of the event stream.

    A mere move of a `stage` into a `state` has no text.
    """

    number: int
    at: datetime
    text: str
    key: str
    actor: str
    visible: str
    stage: str | None = None
    state: str | None = None
    message: str | None = None


class NeedView(BaseModel):
    """What is needed now, and from whom: `you` or the group that has to act."""

    task: str
    kind: str
    title: str
    of: str
    due_at: datetime | None


class RequestLine(BaseModel):
    """A request in a list."""

    id: str
    reference: str
    item: str
    title: str
    status: str
    status_text: str
    stage: str | None
    stage_title: str | None
    channel: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None


class Expected(BaseModel):
    """When the present stage and the whole request should be over."""

    stage_ends_at: datetime
    ends_at: datetime
    learned: bool


class Possible(BaseModel):
    """What the customer can do with the request now."""

    withdraw: bool
    amend: bool
    message: bool


class RequestView(RequestLine):
    """A request with all that its reader may see."""

    version: str
    revision: int
    due_at: datetime | None
    outcome: str | None
    answers: dict[str, Any]
    stages: list[StageView]
    timeline: list[EntryView]
    needs: list[NeedView]
    expected: Expected | None
    can: Possible
    trouble: str | None = None


class Reader:
    """Turns rows into what one viewer reads, in their language and zone."""

    def __init__(self, session: Session, viewer: Viewer, language: str) -> None:
        self.session, self.viewer, self.language = session, viewer, language
        self.zone = ZoneInfo(viewer.zone)

    def text(self, key: str, params: dict[str, Any] | None = None) -> str:
        """A message in the reader's language."""
        return translate(self.language, key, params, self.zone)

    def line(self, request: Request) -> RequestLine:
        """The request in a list."""
        item = catalog.version(self.session, request.version).item
        return RequestLine(**self.line_fields(request, item))

    def line_fields(self, request: Request, item: CatalogItem) -> dict[str, Any]:
        stage = next((stage for stage in item.stages if stage.id == request.stage), None)
        return {
            "id": request.id,
            "reference": request.reference,
            "item": request.item_id,
            "title": pick(dict(item.title), self.language),
            "status": request.status,
            "status_text": self.text(f"requests.status_{request.status.replace('-', '_')}"),
            "stage": request.stage,
            "stage_title": pick(dict(stage.title), self.language) if stage else None,
            "channel": request.channel,
            "created_at": request.created_at,
            "updated_at": request.updated_at,
            "closed_at": request.closed_at,
        }

    def view(self, request: Request) -> RequestView:
        """The request with everything the viewer may see of it."""
        version = catalog.version(self.session, request.version)
        rows = timeline.stages_of(self.session, request.id)
        staff = access.sees_staff_side(self.viewer, request.customer_id)
        expected = expectations.expect(self.session, version.item, request, rows, clock.now())
        return RequestView(
            **self.line_fields(request, version.item),
            version=request.version,
            revision=request.revision,
            due_at=request.due_at,
            outcome=render(self.language, request.outcome, self.zone) if request.outcome else None,
            answers=request.answers,
            stages=self.stages(version.item, rows, request),
            timeline=self.entries(request, 0, staff),
            needs=self.needs(request),
            expected=Expected(**vars(expected)) if expected else None,
            can=self.possible(request, version),
            trouble=request.trouble if staff else None,
        )

    def possible(self, request: Request, version: Any) -> Possible:
        """What the viewer, as the request's customer, can do with it now."""
        own = request.customer_id == self.viewer.account_id
        return Possible(
            withdraw=own and requests.may_withdraw(request),
            amend=own and requests.may_amend(self.session, request, version),
            message=request.closed_at is None and version.item.customer_can.message,
        )

    def stages(
        self, item: CatalogItem, rows: list[RequestStage], request: Request
    ) -> list[StageView]:
        """The progress track: what was reached and, while the request is open, what is to come."""
        reached = {row.stage: row for row in rows}
        views = []
        for stage in item.stages:
            row = reached.get(stage.id)
            if row is None and (request.closed_at or stage.shown == "when-reached"):
                continue
            state = StageState(row.state) if row else StageState.PENDING
            views.append(
                StageView(
                    id=stage.id,
                    title=pick(dict(stage.title), self.language),
                    state=state,
                    state_text=self.text(f"requests.stage_{state.replace('-', '_')}"),
                    started_at=row.started_at if row else None,
                    ended_at=row.ended_at if row else None,
                )
            )
        return views

    def entries(
        self, request: Request, after: int, staff: bool, limit: int = 200
    ) -> list[EntryView]:
        """The timeline after a cursor, with the messages that entries refer to."""
        rows = timeline.entries_after(self.session, request.id, after, staff, limit)
        wanted = [row.params["message"] for row in rows if "message" in row.params]
        messages = dict(
            self.session.exec(
                select(Message.id, Message.text).where(col(Message.id).in_(wanted))
            ).all()
        )
        return [self.entry(row, messages) for row in rows]

    def entry(self, row: TimelineEntry, messages: dict[str, str]) -> EntryView:
        """One line of the timeline in the reader's words; empty for a mere move of a stage."""
        return EntryView(
            number=row.number,
            at=row.at,
            text=self.text(row.text, row.params) if row.text else "",
            key=row.text,
            actor=row.actor,
            visible=row.visible,
            stage=row.stage,
            state=row.state,
            message=messages.get(row.params.get("message", "")),
        )

    def needs(self, request: Request) -> list[NeedView]:
        """What the request waits for, and of whom."""
        return [
            NeedView(
                task=task.id,
                kind=task.kind,
                title=self.text(task.title, task.params),
                of=self.needed_of(task),
                due_at=task.due_at,
            )
            for audience in (Audience.CUSTOMER, Audience.STAFF)
            for task in tasks.open_tasks(self.session, request.id, audience)
        ]

    def needed_of(self, task: Task) -> str:
        """`you`, `customer` or the name of the group."""
        if task.audience == Audience.STAFF:
            return task.group or "staff"
        return "you" if task.assignee_id == self.viewer.account_id else "customer"


def show(session: Session, viewer: Viewer, id_or_reference: str, language: str) -> RequestView:
    """One request, if the viewer may read it. Raises `NotFound`."""
    request = requests.readable(session, viewer, id_or_reference)
    return Reader(session, viewer, language).view(request)


def lines(session: Session, /, viewer: Viewer, language: str, **wanted: Any) -> list[RequestLine]:
    """A page of the requests the viewer may read; see `requests.page`."""
    reader = Reader(session, viewer, language)
    return [reader.line(request) for request in requests.page(session, viewer, **wanted)]


def entries(
    session: Session, viewer: Viewer, id_or_reference: str, language: str, after: int, limit: int
) -> list[EntryView]:
    """A page of a request's timeline, if the viewer may read it. Raises `NotFound`."""
    request = requests.readable(session, viewer, id_or_reference)
    staff = access.sees_staff_side(viewer, request.customer_id)
    return Reader(session, viewer, language).entries(request, after, staff, limit)
