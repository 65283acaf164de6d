"""Lists of requests and their counts among a million, for customers, agents and operators.

`python -m bench.lists [requests] [database]` fills a database (SQLite in a folder of its own, or an
empty PostgreSQL one by its address) with requests of three years: a fifth of them one customer's,
the others' scattered over fifty thousand; three in a hundred are open, each had a task for one of
twenty groups. Goal: the 95th percentile of every list, with all its counts, is below 50 ms.
"""

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert, text
from sqlmodel import Session
from ulid import ULID

from bench.figures import machine, percentile, say, verdict
from ground import ids
from services import delegations, identity, passwords, request_lists
from services.access import Viewer
from services.request_lists import Cursor, Wanted
from store.database import Database
from store.delegations import Scope
from store.requests import Request, Status
from store.schema import upgrade
from store.tasks import Audience, Task, TaskStatus

MANY = 1_000_000
CHUNK = 5_000
CACHE_KB = 1_000_000
"""What SQLite may keep in memory while it is filled."""
SCATTERED = 50_000
OURS = ("back-office", "loan-officers", "billing", "support")
GROUPS = (*(f"group-{number}" for number in range(16)), *OURS)
SINCE = datetime(2023, 7, 1, tzinfo=UTC)
LASTING = timedelta(days=3 * 365)
CALLS = 60
PERCENT = 95
GOAL_MS = 50.0

LISTS: tuple[tuple[str, str, Wanted], ...] = (
    ("customer", "own, open", Wanted(whose="own", show="open")),
    ("customer", "own, closed", Wanted(whose="own", show="closed")),
    ("customer", "own, all", Wanted(whose="own")),
    ("customer", "own, last moved", Wanted(whose="own", sort="updated")),
    ("customer", "own, refused", Wanted(whose="own", status="refused")),
    ("customer", "own, of a year", Wanted(whose="own", year=2024)),
    ("customer", "own, by reference", Wanted(whose="own", text="7K3M9-Q9XTB")),
    ("customer", "needs me", Wanted(show="needs-you")),
    ("customer", "of others", Wanted(whose="others")),
    ("agent", "open", Wanted(show="open")),
    ("agent", "all", Wanted()),
    ("agent", "refused", Wanted(status="refused")),
    ("agent", "of a customer", Wanted(customer="customer2@example.com")),
    ("operator", "open", Wanted(show="open")),
    ("operator", "all", Wanted()),
    ("operator", "failed", Wanted(status="failed")),
    ("operator", "of an item", Wanted(item="item-7")),
    ("operator", "of a group", Wanted(group="group-3", show="closed")),
    ("operator", "of a customer", Wanted(customer="customer2@example.com")),
)


def measure(many: int, url: str) -> None:
    """Fill the database and print how long each list takes."""
    database = Database(url)
    upgrade(database)
    people = database.write_now(sign_up)
    began = time.perf_counter()
    fill(database, people, many)
    kind, lasted = database.write_engine.dialect.name, time.perf_counter() - began
    say(f"{kind}: {many} requests written in {lasted:.0f} s")
    for name, what, wanted in LISTS:
        times = [timed(database, people[name], wanted) for _ in range(CALLS)]
        high = percentile(times, PERCENT)
        say(
            f"{name:9} {what:18} p50 {percentile(times, 50):7.2f} ms  p{PERCENT} {high:7.2f} ms"
            f"  (goal {GOAL_MS:.0f}: {verdict(high < GOAL_MS)})"
        )
    database.close()


def sign_up(session: Session) -> dict[str, Viewer]:
    """The demo people; the second customer lets the first one see their requests."""
    identity.load_demo_accounts(session, passwords.hash_password("demo-password"))
    people = {}
    for name in ("customer", "customer2", "agent", "operator"):
        account = identity.account_by_email(session, f"{name}@example.com")
        assert account
        people[name] = identity.viewer_of(session, account.id)
    delegations.give(session, people["customer2"], "customer@example.com", Scope.VIEW)
    return people


def fill(database: Database, people: dict[str, Viewer], many: int) -> None:
    """Write the requests with their tasks, in one transaction."""
    random.seed(7)
    rows = made(people, many)
    requests: Table = Request.__table__  # type: ignore[attr-defined]
    tasks: Table = Task.__table__  # type: ignore[attr-defined]
    with database.write_engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(text(f"PRAGMA cache_size = -{CACHE_KB}"))
        for _ in range(0, many, CHUNK):
            chunk = [pair for pair, _ in zip(rows, range(CHUNK), strict=False)]
            connection.execute(insert(requests), [request for request, _ in chunk])
            connection.execute(insert(tasks), [task for _, task in chunk])
        connection.execute(text("ANALYZE"))


def made(people: dict[str, Viewer], many: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Requests, the oldest first, each with a task."""
    own = [people[name].account_id for name in ("customer", "customer2")]
    for number in range(many):
        at = SINCE + LASTING * (number / many)
        is_open = random.random() < 0.03
        customer = own[0] if number % 5 == 0 else own[1] if number % 1000 == 1 else ""
        status = Status.WAITING_STAFF if is_open else ended()
        group = random.choice(GROUPS)
        request = Request(
            id=str(ULID.from_datetime(at)),
            reference=ids.new_reference(),
            item_id=f"item-{number % 997}",
            version="0" * 64,
            customer_id=customer or f"customer-{random.randrange(SCATTERED)}",
            channel="portal",
            language="en",
            status=status,
            group=group,
            created_at=at,
            updated_at=at + timedelta(hours=random.randrange(900)),
            closed_at=None if is_open else at + timedelta(days=9),
        )
        asked = is_open and random.random() < 0.05
        task = Task(
            id=ids.new_id(),
            request_id=request.id,
            kind="approval",
            audience=Audience.CUSTOMER if asked else Audience.STAFF,
            group=None if asked else random.choice(GROUPS),
            assignee_id=request.customer_id if asked else None,
            title="title",
            form="form",
            status=TaskStatus.OPEN if is_open else TaskStatus.DONE,
            created_at=at,
        )
        yield request.model_dump(), task.model_dump()


def ended() -> Status:
    """Most are completed, few fail."""
    chance = random.random()
    if chance < 0.0005:
        return Status.FAILED
    return Status.REFUSED if chance < 0.05 else Status.COMPLETED


def timed(database: Database, viewer: Viewer, wanted: Wanted) -> float:
    """Milliseconds that one page takes, a quarter of them further down, with what is counted."""
    began = time.perf_counter()
    database.read_now(read, viewer, wanted)
    return (time.perf_counter() - began) * 1000


def read(session: Session, viewer: Viewer, wanted: Wanted) -> None:
    """A page from somewhere in the list, and the counts that stand beside it."""
    after: Cursor | None = None
    if random.random() < 0.25:
        at = SINCE + LASTING * random.uniform(0.3, 0.9)
        after = (str(ULID.from_datetime(at)),)
        if wanted.sort == "updated":
            after = (at.isoformat(), *after)
    request_lists.page(session, viewer, wanted, after, 26)
    if viewer.is_staff:
        request_lists.count(session, viewer, Wanted(show="open"))
        return
    request_lists.count(session, viewer, Wanted(show="open", whose="own"))
    request_lists.count(session, viewer, Wanted(show="needs-you"))


def main() -> None:
    """Run with the number of requests and the address of a database."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    say(machine())
    if len(sys.argv) > 2:
        measure(many, sys.argv[2])
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(many, f"sqlite:///{folder}/ventanilla.db")


if __name__ == "__main__":
    main()
