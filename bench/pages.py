"""What each page costs the server, with 100,000 requests and 10,000 items in the database.

`python -m bench.pages [requests] [items] [calls]` fills a portal in plain SQL and by its own
publishing, then calls every page in turns, without a network, as customers, staff and designers:
always another request, item or page of a list. It prints the time and the SQL queries of each page,
and how many times it takes of the page that has nothing on it (an address that does not exist). On
a busy machine the time of the processor, that of what runs beside the pages included, tells more.
Goal: the 95th percentile of every page is under 50 ms.
"""

import asyncio
import gc
import itertools
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import orjson
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import event, make_url
from sqlmodel import Session, col, select

from api.app import create_app
from bench.figures import machine, percentile, say, verdict
from bench.portal import CUSTOMER, portal
from bench.timeline_reads import Table, filled, insert_copies
from catalog.versions import Version
from ground import clock, ids
from services import catalog, drafts, identity, notifications, published, publishing, search
from settings import Settings
from store.catalog import PublishedItem
from store.database import Database
from store.requests import Request
from store.tasks import Audience, Task
from tests.portal.filling_in import example_answers
from tests.portal.scenes import asked

REQUESTS, ITEMS, CALLS = 100_000, 10_000, 200
WARM = 10
CHUNK = 500
TASKS = 3_000
"""Open tasks of the agent's group."""
OWN = 200
"""Requests of the customer who looks."""
NOTES = 500
PERCENT = 95
GOAL_MS = 50.0
GROUP = "back-office"
BEGUN = "loan-request"
WORDS = ("addres", "fibre plan", "invoice", "loan", "technician", "close", "number 77", "móvil")
EMPTY = "the empty page"

Addresses = Iterator[str]


@dataclass
class Page:
    """A page that is measured: who reads it, and where it is, another address each time."""

    who: str
    addresses: Addresses
    milliseconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)
    bytes: int = 0


@dataclass
class Stock:
    """What there is to look at."""

    items: list[str]
    requests: list[str]
    open: list[str]
    tasks: list[str]


def measure(requests: int = REQUESTS, items: int = ITEMS, calls: int = CALLS) -> None:
    """Run everything and print what came out."""
    with portal() as (settings, database):
        table = filled(settings, database, requests)
        began = time.monotonic()
        made = publish_copies(database, items)
        stock = stock_up(settings, database, table, made)
        say(f"{len(made)} items, {len(stock.tasks)} tasks, in {time.monotonic() - began:.0f} s")
        pages = asyncio.run(call_all(settings, database, pages_of(stock), calls))
    report(pages)


def report(pages: dict[str, Page]) -> None:
    """A line for each page, the slowest first, and whether all reach the goal."""
    empty = percentile(pages[EMPTY].milliseconds, 50)
    high = {name: percentile(page.milliseconds, PERCENT) for name, page in pages.items()}
    for name in sorted(pages, key=lambda name: -high[name]):
        page = pages[name]
        middle = percentile(page.milliseconds, 50)
        say(
            f"{name:34} {page.who:9} p50 {middle:6.1f} ms  p{PERCENT} {high[name]:6.1f} ms  "
            f"CPU p{PERCENT} {percentile(page.cpu, PERCENT):6.1f} ms  "
            f"{round(percentile(page.queries, 50)):3} queries  {page.bytes / 1000:5.0f} kB  "
            f"{middle / empty:4.1f} x the empty page"
        )
    late = [name for name, milliseconds in high.items() if milliseconds > GOAL_MS]
    say(f"p{PERCENT} under {GOAL_MS:.0f} ms on every page: {verdict(not late)} {', '.join(late)}")


# The database


def publish_copies(database: Database, count: int) -> list[str]:
    """Publish copies of the real items, each with a name and a title of its own, up to `count`."""
    originals = database.read_now(real_versions)
    numbers = range(count - len(originals))
    copies = (copy_of(one, n) for n, one in zip(numbers, itertools.cycle(originals), strict=False))
    found = [version.item.id for version in originals]
    while chunk := list(itertools.islice(copies, CHUNK)):
        database.write_now(publish, chunk)
        found += [version.item.id for version in chunk]
    return found


def real_versions(session: Session) -> list[Version]:
    """The published items."""
    return [
        catalog.version(session, pointer.hash)
        for pointer in session.exec(select(PublishedItem).order_by(PublishedItem.item_id))
    ]


def copy_of(version: Version, number: int) -> Version:
    """The same item under another id and title."""
    source = orjson.loads(orjson.dumps(version.source()))
    item = source["item"]
    item["id"] = f"{item['id']}-{number}"
    item["title"] = {language: f"{text} {number}" for language, text in item["title"].items()}
    return Version.from_source(source)


def publish(session: Session, versions: Sequence[Version]) -> None:
    publishing.keep_versions(session, versions, clock.now())
    published.point_to(session, versions)


def stock_up(settings: Settings, database: Database, table: Table, items: list[str]) -> Stock:
    """Give the customer requests and notes, the agent's group tasks, and designers versions."""
    own = database.write_now(hand_over, OWN)
    task = database.write_now(first_task, own[-1])
    tasks = copy_task(settings, task, TASKS)
    database.write_now(tell, NOTES)
    database.write_now(begin, BEGUN)
    everything = [one for owned in table.owned.values() for one in owned]
    return Stock(items, everything, own, tasks)


def account(session: Session, email: str = CUSTOMER) -> str:
    found = identity.account_by_email(session, email)
    assert found
    return found.id


def hand_over(session: Session, count: int) -> list[str]:
    """Requests under way, and as many that have ended, become the demo customer's; the open."""
    owner, given = account(session), []
    for is_open in (True, False):
        ended = col(Request.closed_at).is_(None) if is_open else col(Request.closed_at).is_not(None)
        for request in session.exec(select(Request).where(ended).limit(count)):
            request.customer_id = owner
            session.add(request)
            given += [request.id] if is_open else []
    return given


def first_task(session: Session, request_id: str) -> str:
    return asked(session, request_id, "address-change", Audience.STAFF, GROUP).id


def copy_task(settings: Settings, original: str, count: int) -> list[str]:
    """The same task on as many other requests under way."""
    with closing(sqlite3.connect(make_url(settings.database).database or "")) as connection:
        free = "SELECT id FROM request WHERE closed_at IS NULL ORDER BY id DESC LIMIT ?"
        requests = [row[0] for row in connection.execute(free, (count,))]
        rows = [(ids.new_id(), request, original) for request in requests]
        connection.execute("CREATE TEMP TABLE copy (id PRIMARY KEY, request, original)")
        with connection:
            connection.executemany("INSERT INTO copy VALUES (?, ?, ?)", rows)
            new = {"id": "copy.id", "request_id": "copy.request"}
            insert_copies(connection, Task.__tablename__, "id", new)
            group = 'UPDATE request SET "group" = ? WHERE id IN (SELECT request FROM copy)'
            connection.execute(group, (GROUP,))
    return [row[0] for row in rows]


def tell(session: Session, count: int) -> None:
    """Notifications for the customer."""
    for _ in range(count):
        key = {"reference": "ABCDE-FGHIJ"}
        notifications.notify(
            session, account(session), "requests.submitted", key, None, clock.now()
        )


def begin(session: Session, item: str) -> None:
    """A draft of the customer with the answers of an example."""
    viewer = identity.viewer_of(session, account(session))
    version = catalog.published(session, item, viewer)
    answers = example_answers(session, viewer, item)
    drafts.save(session, viewer, drafts.of_item(item), version.hash, answers)


# The pages


def each(template: str, *choices: Sequence[str]) -> Addresses:
    """The template with another choice at random each time, for ever."""
    drawn = random.Random(template)
    while True:
        yield template.format(*(drawn.choice(choice) for choice in choices))


def pages_of(stock: Stock) -> dict[str, Page]:
    """Every page, by the name that is printed."""
    real = [item for item in stock.items if not item.rpartition("-")[2].isdigit()]

    def like(beginning: str) -> list[str]:
        return [item for item in stock.items if item.startswith(beginning)]

    return {
        EMPTY: Page("customer", each("/nowhere")),
        "home": Page("customer", each("/")),
        "home of staff": Page("agent", each("/")),
        "catalog": Page("customer", each("/catalog")),
        "catalog, searched": Page("customer", each("/catalog?q={}", WORDS)),
        "catalog, a category": Page("customer", each("/catalog?category={}", ("cards", "loans"))),
        "catalog, of staff": Page("agent", each("/catalog")),
        "item, any of all": Page("customer", each("/catalog/{}", stock.items)),
        "form, first page": Page("customer", each("/catalog/address-change/form/address")),
        "form, with live options": Page("customer", each("/catalog/plan-upgrade/form/plan")),
        "form, any of all": Page(
            "customer", each("/catalog/{}/form/address", like("address-change-"))
        ),
        "review": Page("customer", each(f"/catalog/{BEGUN}/review")),
        "own requests": Page("customer", each("/requests")),
        "own requests, all": Page("customer", each("/requests?show=all")),
        "own requests, done": Page("customer", each("/requests?show=closed")),
        "own request": Page("customer", each("/requests/{}", stock.open)),
        "withdraw": Page("customer", each("/requests/{}/withdraw", stock.open)),
        "amend": Page("customer", each("/requests/{}/amend/form/address", stock.open)),
        "notifications": Page("customer", each("/notifications")),
        "profile": Page("customer", each("/profile")),
        "people": Page("customer", each("/profile/people")),
        "help": Page("customer", each("/help")),
        "requests of the group": Page("agent", each("/requests")),
        "tasks": Page("agent", each("/tasks")),
        "task": Page("agent", each("/tasks/{}", stock.tasks)),
        "all requests": Page("operator", each("/requests?show=all")),
        "any request": Page("operator", each("/requests/{}", stock.requests)),
        "tasks of all": Page("operator", each("/tasks")),
        "definitions": Page("designer", each("/definitions")),
        "definition": Page("designer", each("/definitions/{}", real)),
        "preview": Page("designer", each("/definitions/{}/preview", real)),
        "incidents": Page("designer", each("/incidents")),
        "simulation": Page("designer", each("/definitions/{}/simulation", real)),
        "sign in": Page("", each("/sign-in")),
    }


async def call_all(
    settings: Settings, database: Database, pages: dict[str, Page], calls: int
) -> dict[str, Page]:
    """Call every page as often, in turns, so that all meet the machine as it is."""
    app = create_app(settings, database)
    count = queries_of(database)
    cookies = {
        page.who: await cookie(app.state.cookie_name, database, page.who) for page in pages.values()
    }
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as client,
    ):
        await database.read(search.prepare)
        # As `server.py` does.
        gc.collect()
        gc.freeze()
        for number in range(WARM + calls):
            for name, page in pages.items():
                address, before = next(page.addresses), count()
                began, idle = time.perf_counter(), time.process_time()
                answer = await client.get(address, headers=cookies[page.who])
                took = (time.perf_counter() - began) * 1000
                worked = (time.process_time() - idle) * 1000
                if answer.status_code != (404 if name == EMPTY else 200):
                    raise SystemExit(f"{name}: {address} answers {answer.status_code}")
                if number >= WARM:
                    page.milliseconds.append(took)
                    page.cpu.append(worked)
                    page.queries.append(count() - before)
                    page.bytes = max(page.bytes, len(answer.content))
    return pages


def queries_of(database: Database) -> Callable[[], int]:
    """How many statements the readers have sent so far."""
    sent = itertools.count()
    last = [0]

    def seen(*_: object) -> None:
        last[0] = next(sent) + 1

    event.listen(database.engine, "before_cursor_execute", seen)
    return lambda: last[0]


async def cookie(name: str, database: Database, who: str) -> dict[str, str]:
    """The header of a browser in which this person is signed in."""
    if not who:
        return {}
    account_id = await database.read(account, f"{who}@example.com")
    opened = await database.write(identity.open_session, account_id, "bench", clock.now())
    return {"Cookie": f"{name}={opened.token}"}


if __name__ == "__main__":
    say(machine())
    measure(*map(int, sys.argv[1:]))
