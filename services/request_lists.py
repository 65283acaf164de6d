"""Lists of requests: which ones, in what order, from where on, and how many.

A reader comes to requests by several ways: their own, their groups', their tasks'. A list goes
along each way by an index, takes no more from it than a page needs, and merges what it found; so a
page costs the same among a thousand requests as among a million.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlmodel import Session, col
from ulid import ULID

from catalog.words import fold
from ground import clock, ids
from ground.errors import FieldError, Invalid
from ground.messages import pick
from services import access, catalog
from services.access import Viewer
from services.identity import normal_email, zone_of
from store.catalog import CatalogCategory, PublishedItem, PublishedText
from store.identity import Account, Role
from store.requests import Request
from store.tasks import Audience, Task, TaskStatus

Show = Literal["open", "needs-you", "closed", "all"]
Whose = Literal["own", "others", "all"]
Sort = Literal["newest", "updated"]
Cursor = tuple[str, ...]

MOST_COUNTED = 100
"""A count goes no further: more than this many are simply many."""
MOST_TITLES = 50
"""How many items a search for words in titles takes into account."""
MOST_CHOICES = 200
"""More items than this are no list to choose from."""
FRESH_SECONDS = 60.0
FIRST_YEAR, LAST_YEAR = 2000, 2199


@dataclass(frozen=True)
class Wanted:
    """Which requests a list shows; what is empty filters nothing.

    `whose` tells apart what the viewer asked for and what those did for whom they act. `customer`
    is an account's id or address. `text` is the beginning of a reference, or words of a title.
    Lists of staff, and of what needs the viewer, go by `newest` only.
    """

    show: Show = "all"
    whose: Whose = "all"
    status: str = ""
    item: str = ""
    category: str = ""
    group: str = ""
    customer: str = ""
    year: int = 0
    text: str = ""
    sort: Sort = "newest"


@dataclass(frozen=True)
class Way:
    """One way by which a reader comes to requests, along an index: over a task where `by_task`."""

    condition: ColumnElement[bool]
    by_task: bool = False


def page(
    session: Session, viewer: Viewer, wanted: Wanted, after: Cursor | None = None, limit: int = 20
) -> list[Request]:
    """A keyset page of requests that the viewer may read; `after` is from `cursor_of`.

    Raises `Invalid` for a cursor of another order, and an order that the list does not have.
    """
    found = keys(session, viewer, wanted, after, limit)
    if found is None:
        return []
    rows = select(Request).join(found, col(Request.id) == found.c.id)
    return list(session.execute(rows.order_by(*order(wanted)).limit(limit)).scalars())


def count(session: Session, viewer: Viewer, wanted: Wanted) -> int:
    """How many there are, exact below `MOST_COUNTED` and at most that."""
    found = keys(session, viewer, wanted, None, MOST_COUNTED)
    if found is None:
        return 0
    counted = select(func.count()).select_from(select(found.c.id).limit(MOST_COUNTED).subquery())
    return int(session.execute(counted).scalar_one())


class Placed(Protocol):
    """What has a place in a list of requests."""

    @property
    def id(self) -> str: ...
    @property
    def updated_at(self) -> datetime: ...


def cursor_of(row: Placed, wanted: Wanted) -> Cursor:
    """Where the list goes on after a row."""
    return (row.updated_at.isoformat(), row.id) if wanted.sort == "updated" else (row.id,)


def order(wanted: Wanted) -> list[ColumnElement[Any]]:
    """The order of a list."""
    columns = [col(Request.updated_at)] if wanted.sort == "updated" else []
    return [column.desc() for column in (*columns, col(Request.id))]


def keys(
    session: Session, viewer: Viewer, wanted: Wanted, after: Cursor | None, limit: int
) -> Any | None:
    """The ids of at most `limit` requests, as a subquery; None where there cannot be any."""
    if wanted.sort == "updated" and (viewer.is_staff or wanted.show == "needs-you"):
        raise Invalid([FieldError("/sort", "requests.only_newest")], "api.invalid_request")
    filters = list(filters_of(session, viewer, wanted))
    parts = [
        along(way, wanted, filters, after).limit(limit) for way in ways(session, viewer, wanted)
    ]
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0].subquery()
    return union(*(select(part.subquery()) for part in parts)).subquery()


def along(
    way: Way, wanted: Wanted, filters: Sequence[ColumnElement[bool]], after: Cursor | None
) -> Select[Any]:
    """The ids found on one way, in the order of the list."""
    if not way.by_task:
        query = select(col(Request.id)).where(way.condition, *filters)
        if after:
            query = query.where(beyond(wanted, after))
        return query.order_by(*order(wanted))
    key = col(Task.request_id)
    query = select(key.label("id")).where(way.condition)
    if filters:
        # Not a join: the tasks' index is to lead, whatever else the database thinks of.
        query = query.where(exists().where(col(Request.id) == key, *filters))
    if after:
        query = query.where(key < last_id(after))
    return query.group_by(key).order_by(key.desc())


def beyond(wanted: Wanted, after: Cursor) -> ColumnElement[bool]:
    """What comes after a cursor. Raises `Invalid` for one of another order."""
    if wanted.sort == "newest":
        return col(Request.id) < last_id(after)
    try:
        moment, request_id = datetime.fromisoformat(after[0]), after[1]
    except (ValueError, IndexError):
        raise bad_cursor() from None
    if moment.tzinfo is None:
        raise bad_cursor()
    return tuple_(col(Request.updated_at), col(Request.id)) < tuple_(moment, request_id)


def last_id(after: Cursor) -> str:
    """The id in a cursor of the newest first. Raises `Invalid` for one of another order."""
    if len(after) != 1:
        raise bad_cursor()
    return after[0]


def bad_cursor() -> Invalid:
    return Invalid([FieldError("/after", "api.bad_cursor")], "api.invalid_request")


# By which ways


def ways(session: Session, viewer: Viewer, wanted: Wanted) -> list[Way]:
    """How the viewer comes to what is wanted; together they are `access.readable_requests`."""
    if wanted.show == "needs-you":
        return list(ways_to_needs(session, viewer))
    if viewer.is_staff and wanted.whose == "all":
        return list(ways_of_staff(viewer, wanted))
    own = Way(col(Request.customer_id) == viewer.account_id)
    others = [] if wanted.whose == "own" else ways_of_trust(session, viewer)
    return others if wanted.whose == "others" else [own, *others]


def ways_of_staff(viewer: Viewer, wanted: Wanted) -> Iterator[Way]:
    """Everything to operators; to agents what is theirs, their groups' and their tasks'.

    A filter that leaves little has an index of its own, and leads better than any of the ways. So
    do the open requests, which are few, where it is about tasks, of which most are long done.
    """
    if viewer.role == Role.OPERATOR:
        yield Way(true())
        return
    if wanted.status or wanted.item or wanted.customer or wanted.text:
        yield Way(access.readable_requests(viewer))
        return
    yield Way(col(Request.customer_id) == viewer.account_id)
    for group in viewer.groups:
        yield Way(col(Request.group) == group)
    for_staff = col(Task.audience) == Audience.STAFF
    if wanted.show == "open":
        yield Way(access.has_task_for(viewer))
        return
    for concern in access.ways_to_tasks(viewer):
        yield Way(and_(concern, for_staff), by_task=True)


def ways_of_trust(session: Session, viewer: Viewer) -> list[Way]:
    """The requests of each customer who has the viewer stand in for them."""
    trusting = session.execute(access.entrusted(viewer)).scalars().all()
    return [Way(col(Request.customer_id) == customer_id) for customer_id in sorted(trusting)]


def ways_to_needs(session: Session, viewer: Viewer) -> Iterator[Way]:
    """What is asked of the viewer, or of a customer for whom they may act and need not be there."""
    asked = and_(
        col(Task.status) == TaskStatus.OPEN,
        col(Task.audience) == Audience.CUSTOMER,
    )
    yield Way(and_(asked, col(Task.assignee_id) == viewer.account_id), by_task=True)
    trusting = session.execute(access.entrusted(viewer, to_act=True)).scalars().all()
    for customer_id in sorted(trusting):
        theirs = and_(asked, col(Task.assignee_id) == customer_id)
        about = select(col(Request.version)).join(Task, col(Task.request_id) == col(Request.id))
        versions = session.execute(about.where(theirs).distinct()).scalars()
        alone = [one for one in versions if catalog.version(session, one).item.in_person]
        of_one = exists().where(col(Request.id) == col(Task.request_id))
        yield Way(and_(theirs, ~of_one.where(col(Request.version).in_(alone))), by_task=True)


# Which of them


def filters_of(session: Session, viewer: Viewer, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """The conditions of a list."""
    closed_at = col(Request.closed_at)
    if wanted.show == "open":
        yield closed_at.is_(None)
    elif wanted.show == "closed":
        yield closed_at.is_not(None)
    if wanted.status:
        yield col(Request.status) == wanted.status
    if wanted.item:
        yield col(Request.item_id) == wanted.item
    if wanted.category:
        here = col(PublishedItem.category) == wanted.category
        yield col(Request.item_id).in_(select(col(PublishedItem.item_id)).where(here))
    if wanted.group:
        yield col(Request.group) == wanted.group
    if wanted.customer:
        yield col(Request.customer_id) == account_of(session, wanted.customer)
    if wanted.year:
        yield from within(viewer, wanted.year)
    if wanted.text:
        yield named(session, wanted.text, viewer)


def account_of(session: Session, who: str) -> str:
    """The id of the account with this address; anything else is an id already."""
    query = select(col(Account.id)).where(col(Account.email) == normal_email(who))
    return session.execute(query).scalar_one_or_none() or who


def within(viewer: Viewer, year: int) -> Iterator[ColumnElement[bool]]:
    """Made in a calendar year of the viewer's; ids are in order of time, so they narrow it down."""
    year, zone = min(max(year, FIRST_YEAR), LAST_YEAR), zone_of(viewer.zone)
    begin, end = (datetime(each, 1, 1, tzinfo=zone).astimezone(UTC) for each in (year, year + 1))
    yield col(Request.created_at) >= begin
    yield col(Request.created_at) < end
    slack = timedelta(days=1)
    yield col(Request.id) >= str(ULID.from_datetime(begin - slack))
    yield col(Request.id) < str(ULID.from_datetime(end + slack))


def named(session: Session, text: str, viewer: Viewer) -> ColumnElement[bool]:
    """With a reference that begins so, or a title that has all these words.

    Staff, who read a million, give the whole reference.
    """
    reference = ids.tidy_reference(text)
    if len(reference) == ids.REFERENCE_LENGTH + 1:
        return col(Request.reference) == reference
    titled = col(Request.item_id).in_(with_title(session, text))
    if viewer.is_staff:
        return titled
    return or_(titled, col(Request.reference).like(f"{reference.rstrip('-')}%"))


@dataclass
class Titles:
    """The folded titles of all published items in all languages, as of a moment."""

    read_at: float = 0.0
    of: tuple[tuple[str, str], ...] = ()


_titles: dict[str, Titles] = {}


def with_title(session: Session, text: str) -> list[str]:
    """The items that have all the words, or their beginnings, in a title in any language."""
    terms = [f" {term}" for term in fold(text).split()]
    if not terms:
        return []
    found = {item for item, title in titles(session) if all(term in title for term in terms)}
    return sorted(found)[:MOST_TITLES]


def titles(session: Session) -> tuple[tuple[str, str], ...]:
    """Item and folded title, at most a minute old: a list of requests is no place for news."""
    database = str(session.get_bind().engine.url)
    known = _titles.get(database)
    if known is None or time.monotonic() - known.read_at > FRESH_SECONDS:
        rows = session.execute(select(col(PublishedText.item_id), col(PublishedText.title)))
        read = tuple((item, f" {fold(title)}") for item, title in rows)
        known = _titles[database] = Titles(time.monotonic(), read)
    return known.of


# What there is to choose from


@dataclass(frozen=True)
class Choices:
    """What a reader can narrow a list down by: categories and items by title, groups, years."""

    categories: dict[str, str]
    items: dict[str, str]
    groups: tuple[str, ...]
    years: tuple[int, ...]


def choices(session: Session, viewer: Viewer, language: str) -> Choices:
    """The filters of a list. Where there are too many items to choose from, words find them."""
    if not viewer.is_staff:
        kinds = dict(sorted(categories(session, language).items(), key=lambda kind: kind[1]))
        return Choices(kinds, {}, (), years(session, viewer))
    return Choices({}, items(session, language), staff_groups(session, viewer), ())


def categories(session: Session, language: str) -> dict[str, str]:
    """The titles of the categories of the catalog."""
    rows = session.execute(select(col(CatalogCategory.id), col(CatalogCategory.titles)))
    return {category: pick(titles, language) for category, titles in rows}


def items(session: Session, language: str) -> dict[str, str]:
    """The titles of the published items in their order; none where they are too many."""
    query = select(col(PublishedText.item_id), col(PublishedText.title)).where(
        col(PublishedText.language) == catalog.readable_language(language)
    )
    # Put in order here, since the database would do so with all of them before it counts any.
    rows = session.execute(query.limit(MOST_CHOICES + 1)).all()
    if len(rows) > MOST_CHOICES:
        return {}
    return {row.item_id: row.title for row in sorted(rows, key=lambda row: fold(row.title))}


def staff_groups(session: Session, viewer: Viewer) -> tuple[str, ...]:
    """The viewer's groups; to operators those of all staff."""
    if viewer.role != Role.OPERATOR:
        return tuple(sorted(viewer.groups))
    staff = col(Account.role).in_((Role.AGENT, Role.OPERATOR))
    found = session.execute(select(col(Account.groups)).where(staff, col(Account.active))).scalars()
    return tuple(sorted({group for groups in found for group in groups}))


def years(session: Session, viewer: Viewer) -> tuple[int, ...]:
    """The calendar years since the viewer's first request, the latest first."""
    own = col(Request.customer_id) == viewer.account_id
    query = select(col(Request.created_at)).where(own).order_by(col(Request.id)).limit(1)
    first = session.execute(query).scalar_one_or_none()
    zone = zone_of(viewer.zone)
    this = clock.now().astimezone(zone).year
    return tuple(range(this, (first.astimezone(zone).year if first else this) - 1, -1))


def forget() -> None:
    """Read the titles anew, as after publishing."""
    _titles.clear()
