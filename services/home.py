"""Where everybody begins: what waits for them, what moves, what they may want."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from ground.messages import pick
from services import access, catalog, drafts, popularity, search, shelf, tasks
from services.access import Viewer
from services.drafts import Begun
from services.shelf import ItemLine
from services.tracking import Expected, Reader, RequestLine
from store.requests import Request, RequestStage
from store.tasks import Audience, Task, TaskStatus

FEW = 5
"""How much of each list there is room for."""
TILES = 6


@dataclass(frozen=True)
class Waiting:
    """Something that somebody has to do, and for which request."""

    task: str
    title: str
    item_title: str
    reference: str
    group: str | None
    due_at: datetime | None


@dataclass(frozen=True)
class Moving:
    """An open request: the number of its stage among those it passes, and what to expect."""

    line: RequestLine
    step: int
    steps: int
    expected: Expected | None


@dataclass(frozen=True)
class Part:
    """The beginning of a list of tasks, and whether there are more."""

    lines: list[Waiting]
    more: bool


@dataclass(frozen=True)
class Home:
    """Everything the first page shows. `own` and `shared` are the tasks of staff."""

    asks: Part
    own: Part
    shared: Part
    moving: list[Moving]
    more_moving: bool
    begun: list[Begun]
    favourites: list[ItemLine]
    recent: list[ItemLine]
    popular: list[ItemLine]
    starters: list[ItemLine]
    newcomer: bool


NOTHING = Part([], more=False)


def read(session: Session, viewer: Viewer, language: str) -> Home:
    """The first page of one person."""
    reader = Reader(session, viewer, language)
    holder = col(Task.assignee_id)
    asked = (col(Task.audience) == Audience.CUSTOMER) & (holder == viewer.account_id)
    moving = open_requests(session, viewer)
    recent = shelf.recent(session, viewer)
    begun = drafts.begun(session, viewer, language, most=FEW)
    newcomer = not (recent or begun or viewer.is_staff)
    lists = wanted(session, viewer, language, recent, newcomer)
    return Home(
        asks=waiting(reader, asked),
        own=waiting(reader, staff_work(viewer, mine=True)) if viewer.is_staff else NOTHING,
        shared=waiting(reader, staff_work(viewer, mine=False)) if viewer.is_staff else NOTHING,
        moving=under_way(reader, moving[:FEW]),
        more_moving=len(moving) > FEW,
        begun=begun,
        **lists,
        newcomer=newcomer,
    )


# What waits


def staff_work(viewer: Viewer, mine: bool) -> ColumnElement[bool]:
    """The tasks that a member of staff holds, or that anybody of their groups may take."""
    holder = col(Task.assignee_id)
    held = holder == viewer.account_id if mine else holder.is_(None)
    return (col(Task.audience) == Audience.STAFF) & held & access.readable_tasks(viewer)


def waiting(reader: Reader, which: ColumnElement[bool]) -> Part:
    """The open tasks of a kind, the most urgent first."""
    due = col(Task.due_at)
    rows = reader.session.exec(
        select(Task, Request)
        .join(Request, col(Request.id) == col(Task.request_id))
        .where(which, Task.status == TaskStatus.OPEN)
        .order_by(due.is_(None), due, col(Task.id))
        .limit(FEW + 1)
    ).all()
    return Part([line(reader, *row) for row in rows[:FEW]], more=len(rows) > FEW)


def line(reader: Reader, task: Task, request: Request) -> Waiting:
    """A task in the reader's words."""
    item = catalog.version(reader.session, request.version).item
    return Waiting(
        task=task.id,
        title=reader.text(task.title, task.params),
        item_title=pick(dict(item.title), reader.language),
        reference=request.reference,
        group=task.group,
        due_at=task.due_at,
    )


# What moves


def open_requests(session: Session, viewer: Viewer) -> Sequence[Request]:
    """The viewer's own requests under way that ask nothing of them, the latest first."""
    return session.exec(
        select(Request)
        .where(
            Request.customer_id == viewer.account_id,
            col(Request.closed_at).is_(None),
            ~tasks.asked_of(viewer),
        )
        .order_by(col(Request.id).desc())
        .limit(FEW + 1)
    ).all()


def under_way(reader: Reader, requests: Sequence[Request]) -> list[Moving]:
    """How far some requests have come."""
    passed = stages_of(reader.session, [request.id for request in requests])
    return [moving(reader, request, passed[request.id]) for request in requests]


def stages_of(session: Session, request_ids: Iterable[str]) -> dict[str, list[RequestStage]]:
    """The stages that each of the requests has entered."""
    found: defaultdict[str, list[RequestStage]] = defaultdict(list)
    rows = select(RequestStage).where(col(RequestStage.request_id).in_(request_ids))
    for row in session.exec(rows.order_by(col(RequestStage.started_at))):
        found[row.request_id].append(row)
    return found


def moving(reader: Reader, request: Request, passed: list[RequestStage]) -> Moving:
    """How far a request has come, and when it will be done."""
    item = catalog.version(reader.session, request.version).item
    entered = {row.stage for row in passed}
    stages = [one.id for one in item.stages if one.shown == "always" or one.id in entered]
    step = stages.index(request.stage) + 1 if request.stage in stages else 1
    expected = reader.expected(item, request, passed)
    return Moving(reader.line(request), step, len(stages), expected)


# What they may want


def wanted(
    session: Session, viewer: Viewer, language: str, recent: list[str], newcomer: bool
) -> dict[str, list[ItemLine]]:
    """Short lists of items, none of which stands in two of them."""
    ids = {
        "favourites": shelf.listed(session, viewer, "favourites"),
        "recent": recent,
        "popular": popularity.most_popular(session),
        "starters": search.offered(session, viewer, "newcomers") if newcomer else [],
    }
    every = list(dict.fromkeys(id for listed in ids.values() for id in listed))
    known = {entry.id: entry for entry in catalog.entries(session, viewer, every, language)}
    lists: dict[str, list[ItemLine]] = {}
    shown: set[str] = set()
    for name, listed in ids.items():
        fresh = [id for id in listed if id in known and id not in shown][:TILES]
        shown.update(fresh)
        lists[name] = [shelf.line(known[id], id in ids["favourites"]) for id in fresh]
    return lists
