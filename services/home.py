"""Where everybody begins: what waits for them, what moves, what they may want."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from ground.messages import pick
from services import (
    access,
    catalog,
    delegations,
    drafts,
    experience,
    popularity,
    search,
    shelf,
    tasks,
)
from services.access import Viewer
from services.delegations import Held
from services.drafts import Begun
from services.experience import Move
from services.shelf import ItemLine
from services.tracking import Expected, Reader, RequestLine
from store.delegations import Scope
from store.identity import Account, Role
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
    customer: str | None = None
    """The name of the customer for whom the reader acts."""


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
    trusting: list[Held]
    newcomer: bool


Row = tuple[Task, Request, str]
"""A task, its request and the name of the customer."""
NOTHING = Part([], more=False)


def read(session: Session, viewer: Viewer, language: str) -> Home:
    """The first page of one person."""
    reader = Reader(session, viewer, language)
    moving = open_requests(session, viewer)
    recent = shelf.recent(session, viewer)
    begun = drafts.begun(session, viewer, language, most=FEW)
    newcomer = viewer.role == Role.CUSTOMER and not (recent or begun)
    lists = wanted(session, viewer, language, recent, newcomer)
    trusting = delegations.held(session, viewer) if viewer.role == Role.CUSTOMER else []
    return Home(
        asks=asks(reader, trusting),
        own=waiting(reader, staff_work(viewer, mine=True)) if viewer.is_staff else NOTHING,
        shared=waiting(reader, staff_work(viewer, mine=False)) if viewer.is_staff else NOTHING,
        moving=under_way(reader, moving[:FEW]),
        more_moving=len(moving) > FEW,
        begun=begun,
        **lists,
        trusting=trusting,
        newcomer=newcomer,
    )


# What waits


def asks(reader: Reader, trusting: Sequence[Held]) -> Part:
    """What the reader is asked, and what those are for whom they act."""
    others = [one.customer_id for one in trusting if one.scope == Scope.ACT]
    holders = col(Task.assignee_id).in_([reader.viewer.account_id, *others])
    asked = (col(Task.audience) == Audience.CUSTOMER) & holders
    # Some of what others are asked has to be answered in person, which only its definition says.
    rows = [row for row in open_tasks(reader, asked, 4 * FEW) if answerable(reader, row[1])]
    return part_of(reader, rows)


def answerable(reader: Reader, request: Request) -> bool:
    """Whether what its customer is asked is for the reader to answer."""
    own = request.customer_id == reader.viewer.account_id
    return own or not catalog.version(reader.session, request.version).item.in_person


def staff_work(viewer: Viewer, mine: bool) -> ColumnElement[bool]:
    """The tasks that a member of staff holds, or that anybody of their groups may take."""
    holder = col(Task.assignee_id)
    held = holder == viewer.account_id if mine else holder.is_(None)
    return (col(Task.audience) == Audience.STAFF) & held & access.readable_tasks(viewer)


def waiting(reader: Reader, which: ColumnElement[bool]) -> Part:
    """The open tasks of a kind, the most urgent first."""
    return part_of(reader, open_tasks(reader, which, FEW + 1))


def open_tasks(reader: Reader, which: ColumnElement[bool], limit: int) -> Sequence[Row]:
    """Tasks with their requests and the names of the customers, the most urgent first."""
    due = col(Task.due_at)
    rows = reader.session.exec(
        select(Task, Request, Account.name)
        .join(Request, col(Request.id) == col(Task.request_id))
        .join(Account, col(Account.id) == col(Request.customer_id))
        .where(which, Task.status == TaskStatus.OPEN)
        .order_by(due.is_(None), due, col(Task.id))
        .limit(limit)
    )
    return [(task, request, name) for task, request, name in rows]


def part_of(reader: Reader, rows: Sequence[Row]) -> Part:
    """As many of them as there is room for."""
    return Part([line(reader, *row) for row in rows[:FEW]], more=len(rows) > FEW)


def line(reader: Reader, task: Task, request: Request, name: str) -> Waiting:
    """A task in the reader's words."""
    stands_in = access.role_towards(reader.viewer, request.customer_id) == "delegate"
    item = catalog.version(reader.session, request.version).item
    return Waiting(
        task=task.id,
        title=reader.text(task.title, task.params),
        item_title=pick(dict(item.title), reader.language),
        reference=request.reference,
        group=task.group,
        due_at=task.due_at,
        customer=name if stands_in else None,
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
    if not requests:
        return []
    ids = [request.id for request in requests]
    passed, moved = stages_of(reader.session, ids), experience.moves_of(reader.session, ids)
    return [moving(reader, one, passed[one.id], moved[one.id]) for one in requests]


def stages_of(session: Session, request_ids: Iterable[str]) -> dict[str, list[RequestStage]]:
    """The stages that each of the requests has entered."""
    found: defaultdict[str, list[RequestStage]] = defaultdict(list)
    rows = select(RequestStage).where(col(RequestStage.request_id).in_(request_ids))
    for row in session.exec(rows.order_by(col(RequestStage.started_at))):
        found[row.request_id].append(row)
    return found


def moving(
    reader: Reader, request: Request, passed: list[RequestStage], moved: list[Move]
) -> Moving:
    """How far a request has come, and when it will be done."""
    item = catalog.version(reader.session, request.version).item
    entered = {row.stage for row in passed}
    stages = [one.id for one in item.stages if one.shown == "always" or one.id in entered]
    step = stages.index(request.stage) + 1 if request.stage in stages else 1
    expected = reader.expected(item, request, passed, moved)
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
