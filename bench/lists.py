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

from sqlalchemy import text
from sqlmodel import Session
from ulid import ULID

from bench.figures import machine, percentile, say, verdict
from services import delegations, identity, passwords, request_lists
from services.access import Viewer
from services.request_lists import Cursor, Wanted
from store.database import Database
from store.delegations import Scope
from store.schema import upgrade

MANY = 1_000_000
CACHE_KB = 1_000_000
"""What SQLite may keep in memory while it is filled."""
SINCE = datetime(2023, 7, 1, tzinfo=UTC)
DAYS = 3 * 365
LASTING = timedelta(days=DAYS)
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
    """Write the requests with a task each, made by the database itself."""
    own = {"customer": people["customer"].account_id, "other": people["customer2"].account_id}
    with database.write_engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(text(f"PRAGMA cache_size = -{CACHE_KB}"))
        connection.execute(
            text("CREATE TEMPORARY TABLE day (i integer primary key, id text, at text)")
        )
        connection.execute(text("INSERT INTO day VALUES (:i, :id, :at)"), list(days()))
        cast = "d.at" if database.is_sqlite else "CAST(d.at || '+00' AS timestamptz)"
        empty = "'{}'" if database.is_sqlite else "CAST('{}' AS jsonb)"
        nobody = "'[]'" if database.is_sqlite else "CAST('[]' AS jsonb)"
        connection.execute(
            text(REQUESTS.format(at=cast, empty=empty)), own | {"many": many, "days": DAYS}
        )
        connection.execute(text(TASKS.format(empty=empty, nobody=nobody)))
        connection.execute(text("ANALYZE"))


def days() -> Iterator[dict[str, Any]]:
    """Each day with the beginning that ids have on it."""
    for number in range(DAYS):
        at = SINCE + timedelta(days=number)
        written = at.strftime("%Y-%m-%d %H:%M:%S.%f")
        yield {"i": number, "id": str(ULID.from_datetime(at))[:10], "at": written}


REQUESTS = """
INSERT INTO request (id, reference, item_id, version, customer_id, channel, language, status,
    "group", answers, revision, withdrawal, last_entry, last_delivery, created_at, updated_at,
    closed_at)
WITH RECURSIVE n(i) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :many),
made AS (
    SELECT i, i % 33 = 0 AS still_open, (i * 7919) % 10007 AS chance,
        CAST(10000000 + i AS text) AS number, (i * 613) % 20 AS team
    FROM n
)
SELECT d.id || '00000000' || m.number, m.number || '-REF', 'item-' || CAST(m.i % 997 AS text), 'v',
    CASE WHEN m.i % 5 = 0 THEN :customer WHEN m.i % 1000 = 1 THEN :other
         ELSE 'customer-' || CAST((m.i * 31) % 50021 AS text) END,
    'portal', 'en',
    CASE WHEN m.still_open THEN 'waiting-staff' WHEN m.chance < 5 THEN 'failed'
         WHEN m.chance < 500 THEN 'refused' ELSE 'completed' END,
    CASE m.team WHEN 0 THEN 'back-office' WHEN 1 THEN 'loan-officers' WHEN 2 THEN 'billing'
         WHEN 3 THEN 'support' ELSE 'group-' || CAST(m.team AS text) END,
    {empty}, 0, 'possible', 1, 1, {at}, {at},
    CASE WHEN m.still_open THEN NULL ELSE {at} END
FROM made m JOIN day d ON d.i = m.i * :days / :many
"""
TASKS = """
INSERT INTO task (id, request_id, kind, audience, "group", assignee_id, excluded, title, params,
    form, status, created_at)
SELECT id, id, 'approval', CASE WHEN asked THEN 'customer' ELSE 'staff' END,
    CASE WHEN asked THEN NULL ELSE "group" END, CASE WHEN asked THEN customer_id END, {nobody},
    'title', {empty}, 'form', CASE WHEN closed_at IS NULL THEN 'open' ELSE 'done' END, created_at
FROM (
    SELECT id, "group", customer_id, closed_at, created_at,
        closed_at IS NULL AND reference LIKE '%7-REF' AS asked
    FROM request
) AS made
"""


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
