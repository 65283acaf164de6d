"""A request as its reader sees it: stages, timeline, what is needed now and of whom, and when."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlmodel import Session, col, select

from catalog.definitions import CatalogItem
from ground import clock
from ground.messages import pick, render, translate
from services import (
    access,
    catalog,
    delegations,
    expectations,
    involved,
    request_lists,
    requests,
    standing,
    tasks,
    timeline,
)
from services.access import Viewer
from services.expectations import Situation
from services.experience import Move
from services.involved import PersonView
from services.learning import Basis
from services.request_lists import Cursor, Wanted
from services.standing import Holder
from store.identity import Account
from store.requests import Message, Request, RequestStage, StageState, TimelineEntry
from store.tasks import Audience, Task, TaskStatus


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

    A mere move of a `stage` into a `state` has no text. `by` is the name of who acted for the
    customer, or of who wrote to them.
    """

    number: int
    at: datetime
    text: str
    key: str
    actor: str
    by: str | None = None
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


class StandingView(BaseModel):
    """Where the request stands, what comes next, why it is late if it is: a sentence each."""

    holder: Holder
    now: str
    next: str
    late: str


class RequestLine(BaseModel):
    """A request in a list; `customer` is the name of whose it is, where it is not the reader's."""

    id: str
    reference: str
    customer: str | None = None
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
    """When the request should be done, and why then.

    Half of such requests are done by `earliest`, nine in ten by `latest`; where only one date is
    known it is both. `basis` is what they rest on: `learned` by a forecast that has held in the
    past, the `median` of the item, or what its definition calls `usual`. While a request is
    `paused`, they hold if its customer answers now; a `late` one is past what was told before.
    """

    earliest: datetime
    latest: datetime
    basis: Basis
    situation: Situation
    reason: str


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
    standing: StandingView
    people: list[PersonView]
    expected: Expected | None
    can: Possible
    trouble: str | None = None


def status_key(status: str) -> str:
    """The message that says a status in words."""
    return f"requests.status_{status.replace('-', '_')}"


class Reader:
    """Turns rows into what one viewer reads, in their language and zone."""

    def __init__(self, session: Session, viewer: Viewer, language: str) -> None:
        self.session, self.viewer, self.language = session, viewer, language
        self.zone = ZoneInfo(viewer.zone)

    def text(self, key: str, params: dict[str, Any] | None = None) -> str:
        """A message in the reader's language."""
        return translate(self.language, key, params, self.zone)

    def lines(self, found: Sequence[Request]) -> list[RequestLine]:
        """The requests in a list."""
        names = self.names({one.customer_id for one in found} - {self.viewer.account_id})
        return [
            RequestLine(
                **self.line_fields(one, catalog.version(self.session, one.version).item, names)
            )
            for one in found
        ]

    def line(self, request: Request) -> RequestLine:
        """The request in a list."""
        return self.lines([request])[0]

    def names(self, account_ids: Collection[str]) -> dict[str, str]:
        """The names of accounts by their ids."""
        if not account_ids:
            return {}
        query = select(Account.id, Account.name).where(col(Account.id).in_(account_ids))
        return dict(self.session.exec(query).all())

    def line_fields(
        self, request: Request, item: CatalogItem, names: Mapping[str, str]
    ) -> dict[str, Any]:
        """What a line tells of a request."""
        stage = next((stage for stage in item.stages if stage.id == request.stage), None)
        return {
            "id": request.id,
            "reference": request.reference,
            "customer": names.get(request.customer_id),
            "item": request.item_id,
            "title": pick(dict(item.title), self.language),
            "status": request.status,
            "status_text": self.text(status_key(request.status)),
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
        acts = delegations.acts_on(self.session, self.viewer, request)
        entries = timeline.entries_after(self.session, request.id, 0, staff)
        asked = tasks.of_request(self.session, request.id)
        names = self.names(involved.concerned(request, entries, self.viewer))
        return RequestView(
            **self.line_fields(request, version.item, names),
            version=request.version,
            revision=request.revision,
            due_at=request.due_at,
            outcome=render(self.language, request.outcome, self.zone) if request.outcome else None,
            answers=request.answers,
            stages=self.stages(version.item, rows, request),
            timeline=self.told(entries, names),
            needs=self.needs(asked, acts),
            standing=self.standing(version.item, request, rows, asked, acts),
            people=involved.people(self.text, request, entries, asked, names),
            expected=self.expected(version.item, request, rows),
            can=self.possible(request, version, acts),
            trouble=request.trouble if staff else None,
        )

    def expected(
        self,
        item: CatalogItem,
        request: Request,
        rows: list[RequestStage],
        moved: Sequence[Move] | None = None,
    ) -> Expected | None:
        """When an open request should be done, in the reader's words; see `expectations.expect`."""
        now = clock.now()
        found = expectations.expect(self.session, item, request, rows, now, moved)
        if found is None or (request.trouble and found.situation != "late"):
            # Nobody has learned how long trouble lasts; that it makes a request late is still said.
            return None
        own = request.customer_id == self.viewer.account_id
        return Expected(
            earliest=found.earliest,
            latest=found.latest,
            basis=found.basis,
            situation=found.situation,
            reason=self.text(*expectations.reason(found, own, self.zone, now)),
        )

    def possible(self, request: Request, version: Any, acts: bool) -> Possible:
        """What the viewer can do with it now, as its customer or for them if they `act`."""
        speaks = (acts or self.viewer.is_staff) and version.item.customer_can.message
        return Possible(
            withdraw=acts and requests.may_withdraw(request),
            amend=acts and requests.may_amend(self.session, request, version),
            message=request.closed_at is None and speaks,
        )

    def standing(
        self,
        item: CatalogItem,
        request: Request,
        rows: Sequence[RequestStage],
        asked: Sequence[Task],
        acts: bool,
    ) -> StandingView:
        """Where it stands, in the reader's words."""
        still_open = [task for task in asked if task.status == TaskStatus.OPEN]
        found = standing.standing(item, request, rows, still_open, acts, clock.now())
        after, late = found.next, found.late
        return StandingView(
            holder=found.holder,
            now=involved.capitalised(self.text(found.now.key, found.now.params)),
            next=self.text(after.key, after.params) if after else "",
            late=self.text(late.key, late.params) if late else "",
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
        return self.told(rows, self.names(involved.concerned(request, rows, self.viewer)))

    def told(self, rows: Sequence[TimelineEntry], names: Mapping[str, str]) -> list[EntryView]:
        """Lines of a timeline with the messages that they refer to."""
        messages = self.texts({row.params["message"] for row in rows if "message" in row.params})
        return [self.entry(row, messages, names) for row in rows]

    def texts(self, message_ids: Collection[str]) -> dict[str, str]:
        """What messages say by their ids."""
        if not message_ids:
            return {}
        query = select(Message.id, Message.text).where(col(Message.id).in_(message_ids))
        return dict(self.session.exec(query).all())

    def entry(
        self, row: TimelineEntry, messages: Mapping[str, str], names: Mapping[str, str]
    ) -> EntryView:
        """One line of the timeline in the reader's words; empty for a mere move of a stage."""
        return EntryView(
            number=row.number,
            at=row.at,
            text=self.text(row.text, row.params) if row.text else "",
            key=row.text,
            actor=row.actor,
            by=self.name_of(row, names),
            visible=row.visible,
            stage=row.stage,
            state=row.state,
            message=messages.get(row.params.get("message", "")),
        )

    def name_of(self, row: TimelineEntry, names: Mapping[str, str]) -> str | None:
        """Who did this, where the reader may know their name."""
        if not row.actor_id or not (involved.stands_in(row) or involved.wrote(row)):
            return None
        return (
            self.viewer.name if row.actor_id == self.viewer.account_id else names.get(row.actor_id)
        )

    def needs(self, asked: Sequence[Task], acts: bool) -> list[NeedView]:
        """What the request waits for, and of whom: first of its customer."""
        still_open = [task for task in asked if task.status == TaskStatus.OPEN]
        return [
            NeedView(
                task=task.id,
                kind=task.kind,
                title=self.text(task.title, task.params),
                of=needed_of(task, acts),
                due_at=task.due_at,
            )
            for task in sorted(still_open, key=lambda task: task.audience != Audience.CUSTOMER)
        ]


def needed_of(task: Task, acts: bool) -> str:
    """`you`, `customer` or the name of the group."""
    if task.audience == Audience.STAFF:
        return task.group or "staff"
    return "you" if acts else "customer"


def show(session: Session, viewer: Viewer, id_or_reference: str, language: str) -> RequestView:
    """One request, if the viewer may read it. Raises `NotFound`."""
    request = requests.readable(session, viewer, id_or_reference)
    return Reader(session, viewer, language).view(request)


def lines(
    session: Session,
    viewer: Viewer,
    language: str,
    wanted: Wanted,
    after: Cursor | None = None,
    limit: int = 20,
) -> list[RequestLine]:
    """A page of the requests the viewer may read; see `request_lists.page`."""
    found = request_lists.page(session, viewer, wanted, after, limit)
    return Reader(session, viewer, language).lines(found)


def entries(
    session: Session, viewer: Viewer, id_or_reference: str, language: str, after: int, limit: int
) -> list[EntryView]:
    """A page of a request's timeline, if the viewer may read it. Raises `NotFound`."""
    request = requests.readable(session, viewer, id_or_reference)
    staff = access.sees_staff_side(viewer, request.customer_id)
    return Reader(session, viewer, language).entries(request, after, staff, limit)
