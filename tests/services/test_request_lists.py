"""Lists of requests: whose, which, in what order, how many, and along which indexes."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select
from ulid import ULID

from ground import ids
from ground.errors import Invalid
from services import access, delegations, request_lists
from services.access import Viewer
from services.request_lists import Cursor, Wanted
from store.catalog import PublishedItem
from store.database import Database
from store.delegations import Scope
from store.requests import Request, Status
from store.tasks import Audience, Task, TaskStatus
from tests.people import People, demo_people
from tests.probe import publish_probe

START = datetime(2025, 12, 30, 12, tzinfo=UTC)
GROUPS = ("back-office", "loan-officers", "support-technical", "nobody")
STATUSES = (Status.IN_PROGRESS, Status.COMPLETED, Status.WAITING_CUSTOMER, Status.REFUSED)


@pytest.fixture
def people(database: Database) -> People:
    people = demo_people(database)
    publish_probe(database)
    database.write_now(delegations.give, people["customer2"], "customer@example.com", Scope.VIEW)
    database.write_now(furnish, people)
    return people


def furnish(session: Session, people: People) -> None:
    """Sixty requests of two customers, a day apart, some with tasks; what moves last is older."""
    version = session.get_one(PublishedItem, "probe").hash
    for number in range(60):
        at = START + timedelta(days=number)
        status = STATUSES[number % 4]
        row = Request(
            id=str(ULID.from_datetime(at)),
            reference=ids.new_reference(),
            item_id=("probe", "card", "move")[number % 3],
            version=version,
            customer_id=people[("customer", "customer2", "agent")[number % 3]].account_id,
            channel="test",
            language="en",
            group=GROUPS[number % 4],
            status=status,
            created_at=at,
            updated_at=START + timedelta(days=100 - number),
            closed_at=at if status in (Status.COMPLETED, Status.REFUSED) else None,
        )
        session.add(row)
        session.flush()
        for task in tasks_of(row, number, people):
            session.add(task)


def tasks_of(request: Request, number: int, people: People) -> list[Task]:
    """What a request asks of people: of its customer, of a group, of one agent, of two groups."""
    common: dict[str, Any] = {
        "request_id": request.id,
        "kind": "approval",
        "title": "title",
        "form": "form",
        "created_at": request.created_at,
    }
    staff = common | {"audience": Audience.STAFF}
    wants: list[dict[str, Any]] = []
    if request.status == Status.WAITING_CUSTOMER:
        asked = common | {"audience": Audience.CUSTOMER, "assignee_id": request.customer_id}
        wants += [asked, asked | {"status": TaskStatus.DONE}]
    if number % 5 == 0:
        wants += [staff | {"group": "billing"}, staff | {"group": "billing"}]
    if number % 7 == 0:
        wants.append(staff | {"group": "far-away", "escalated_to": "support"})
    if number % 11 == 0:
        wants.append(staff | {"assignee_id": people["agent2"].account_id})
    return [Task(id=ids.new_id(), **want) for want in wants]


def pages(
    database: Database, viewer: Viewer, wanted: Wanted, limit: int = 7
) -> list[list[Request]]:
    """The whole list, page by page."""
    found: list[list[Request]] = []
    after: Cursor | None = None
    while part := database.read_now(request_lists.page, viewer, wanted, after, limit):
        found.append(part)
        after = request_lists.cursor_of(part[-1], wanted)
    return found


def listed(database: Database, viewer: Viewer, wanted: Wanted) -> list[str]:
    return [one.id for part in pages(database, viewer, wanted) for one in part]


def expected(database: Database, viewer: Viewer, fits: Callable[[Request], bool]) -> list[str]:
    """The same by brute force: everything that the viewer's rule lets through, newest first."""
    query = select(Request).where(access.readable_requests(viewer))
    rows = database.read_now(lambda session: list(session.exec(query)))
    return sorted((row.id for row in rows if fits(row)), reverse=True)


EVERYBODY = ("customer", "customer2", "agent", "agent2", "designer", "operator")
FILTERS: list[tuple[Wanted, Callable[[Request], bool]]] = [
    (Wanted(), lambda row: True),
    (Wanted(show="open"), lambda row: row.closed_at is None),
    (Wanted(show="closed"), lambda row: row.closed_at is not None),
    (Wanted(status="refused"), lambda row: row.status == "refused"),
    (Wanted(item="probe", show="open"), lambda row: row.item_id == "probe" and not row.closed_at),
    (Wanted(group="nobody"), lambda row: row.group == "nobody"),
    (Wanted(year=2025), lambda row: row.created_at.year == 2025),
    (
        Wanted(year=2026, status="completed"),
        lambda row: (row.created_at.year, row.status) == (2026, "completed"),
    ),
]


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_list_has_exactly_what_its_reader_may_read_the_newest_first(
    database: Database, people: People, name: str
) -> None:
    for wanted, fits in FILTERS:
        assert listed(database, people[name], wanted) == expected(database, people[name], fits), (
            wanted
        )


def test_own_requests_and_those_of_others_are_told_apart(
    database: Database, people: People
) -> None:
    customer = people["customer"]
    own = expected(database, customer, lambda row: row.customer_id == customer.account_id)
    others = expected(database, customer, lambda row: row.customer_id != customer.account_id)
    assert listed(database, customer, Wanted(whose="own")) == own
    assert listed(database, customer, Wanted(whose="others")) == others
    assert len(own) == len(others) == 20
    assert listed(database, people["customer2"], Wanted(whose="others")) == []


def test_what_needs_somebody_is_what_is_asked_of_them_now(
    database: Database, people: People
) -> None:
    customer = people["customer"]
    waiting = expected(
        database,
        customer,
        lambda row: (row.status, row.customer_id) == ("waiting-customer", customer.account_id),
    )
    assert listed(database, customer, Wanted(show="needs-you")) == waiting
    allowed = "customer@example.com"
    database.write_now(delegations.give, people["customer2"], allowed, Scope.ACT)
    assert len(listed(database, customer, Wanted(show="needs-you"))) == len(waiting) * 2


def test_a_list_goes_by_what_moved_last(database: Database, people: People) -> None:
    wanted = Wanted(whose="own", sort="updated")
    newest = listed(database, people["customer"], Wanted(whose="own"))
    assert listed(database, people["customer"], wanted) == newest[::-1]
    both = listed(database, people["customer"], Wanted(sort="updated"))
    assert both == listed(database, people["customer"], Wanted())[::-1]


@pytest.mark.parametrize(
    ("wanted", "after"),
    [
        (Wanted(whose="own"), ("2026-01-01T00:00:00+00:00", "x")),
        (Wanted(whose="own", sort="updated"), ("x",)),
        (Wanted(whose="own", sort="updated"), ("never", "x")),
        (Wanted(whose="own", sort="updated"), ("2026-01-01T00:00:00", "x")),
        (Wanted(show="needs-you"), ("a", "b")),
        (Wanted(show="needs-you", sort="updated"), None),
    ],
)
def test_a_cursor_of_another_list_is_refused(
    database: Database, people: People, wanted: Wanted, after: Cursor | None
) -> None:
    with pytest.raises(Invalid):
        database.read_now(request_lists.page, people["customer"], wanted, after, 5)


def test_staff_lists_go_by_the_newest_only(database: Database, people: People) -> None:
    with pytest.raises(Invalid):
        database.read_now(request_lists.page, people["agent"], Wanted(sort="updated"), None, 5)


# By words and by customer


def test_a_reference_is_found_by_its_beginning_however_it_is_typed(
    database: Database, people: People
) -> None:
    newest = pages(database, people["customer"], Wanted(whose="own"))[0][0]
    plain = newest.reference.replace("-", "")
    for typed in (newest.reference, plain.lower(), f" {plain[:5]} {plain[5:7]} "):
        assert newest.id in listed(database, people["customer"], Wanted(text=typed))
    for typed in ("zzzzz-zzzzz", "%", "_____"):
        found = listed(database, people["customer"], Wanted(whose="own", text=f"Q{typed}Q0"))
        assert found == []


def test_a_title_is_found_by_words_of_any_language_without_case_or_accents(
    database: Database, people: People
) -> None:
    request_lists.forget()
    probes = expected(database, people["operator"], lambda row: row.item_id == "probe")
    for typed in ("PROBE", "sónd", " prob "):
        assert listed(database, people["operator"], Wanted(text=typed)) == probes, typed
    for typed in ("robe", "probe prestige", "probe sonda x"):
        assert listed(database, people["operator"], Wanted(text=typed)) == [], typed


def test_staff_find_a_customer_by_address(database: Database, people: People) -> None:
    customer = people["customer"].account_id
    theirs = expected(database, people["operator"], lambda row: row.customer_id == customer)
    for who in (" Customer@Example.com", customer):
        assert listed(database, people["operator"], Wanted(customer=who)) == theirs
    assert listed(database, people["operator"], Wanted(customer="nobody@example.com")) == []


def test_a_customer_cannot_reach_others_by_a_filter(database: Database, people: People) -> None:
    wanted = Wanted(customer="customer@example.com")
    assert listed(database, people["customer2"], wanted) == []


# How many


def test_counts_are_exact_until_there_are_many(
    database: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in EVERYBODY:
        viewer = people[name]
        everything = len(expected(database, viewer, lambda row: True))
        assert database.read_now(request_lists.count, viewer, Wanted()) == everything
    monkeypatch.setattr(request_lists, "MOST_COUNTED", 10)
    assert database.read_now(request_lists.count, people["operator"], Wanted()) == 10


# Along which indexes

PLANS: list[tuple[str, Wanted, tuple[str, ...]]] = [
    ("customer", Wanted(whose="own"), ("ix_request_customer",)),
    ("customer", Wanted(whose="own", show="open"), ("ix_request_customer_open",)),
    ("customer", Wanted(whose="own", sort="updated"), ("ix_request_customer_updated",)),
    ("customer", Wanted(whose="own", show="closed"), ("ix_request_customer",)),
    ("customer", Wanted(whose="others"), ("ix_request_customer",)),
    ("customer", Wanted(show="needs-you"), ("ix_task_assignee",)),
    (
        "agent",
        Wanted(show="open"),
        ("ix_request_customer_open", "ix_request_group_open", "ix_request_open", "task"),
    ),
    (
        "agent",
        Wanted(),
        (
            "ix_request_customer",
            "ix_request_group",
            "ix_task_group_request",
            "ix_task_escalated",
            "ix_task_assignee_request",
        ),
    ),
    ("agent", Wanted(status="failed"), ("ix_request_status",)),
    ("agent", Wanted(item="probe", show="open"), ("ix_request_item",)),
    ("operator", Wanted(show="open"), ("ix_request_open",)),
    ("operator", Wanted(status="failed"), ("ix_request_status",)),
    ("operator", Wanted(item="probe"), ("ix_request_item",)),
    ("operator", Wanted(group="billing"), ("ix_request_group",)),
    ("operator", Wanted(customer="customer@example.com"), ("ix_request_customer",)),
]


@pytest.mark.parametrize(("name", "wanted", "indexes"), PLANS, ids=lambda value: str(value)[:60])
def test_a_list_goes_along_indexes_and_sorts_nothing_but_its_page(
    database: Database, people: People, name: str, wanted: Wanted, indexes: tuple[str, ...]
) -> None:
    plan = database.read_now(plan_of, people[name], wanted)
    for index in indexes:
        assert re.search(rf"\b{index}", plan), plan
    assert not re.search(r"SCAN request\b(?! USING)|SCAN task\b(?! USING)|Seq Scan", plan), plan


def plan_of(session: Session, viewer: Viewer, wanted: Wanted) -> str:
    """How the database means to find the ids of a page."""
    keys = request_lists.keys(session, viewer, wanted, None, 26)
    assert keys is not None
    bind = session.get_bind()
    compiled = keys.compile(bind, compile_kwargs={"render_postcompile": True})
    connection = session.connection()
    explain = "EXPLAIN QUERY PLAN "
    if bind.dialect.name == "postgresql":
        # So few rows are quicker read whole; what counts is whether an index could be used.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_sort = off"))
        connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        explain = "EXPLAIN "
    rows = connection.exec_driver_sql(
        explain + str(compiled).removeprefix("(").removesuffix(")"), bound(compiled, bind)
    )
    return "\n".join(str(tuple(row)) for row in rows)


def bound(compiled: Any, bind: Any) -> Any:
    """The values of a compiled statement, as its driver takes them."""
    values = {
        name: process(value) if (process := compiled._bind_processors.get(name)) else value
        for name, value in compiled.params.items()
    }
    if compiled.positional:
        return tuple(values[name] for name in compiled.positiontup)
    return values


def test_every_way_of_staff_is_a_way_of_their_rule(database: Database, people: People) -> None:
    """What merging forgets would be missing: all ways together are the rule of `access`."""
    for name in ("agent", "agent2", "operator"):
        for limit in (1, 3, 50):
            parts = pages(database, people[name], replace(Wanted(), show="open"), limit)
            flat = [one.id for part in parts for one in part]
            assert flat == expected(database, people[name], lambda row: row.closed_at is None)
