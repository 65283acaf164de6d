"""Reading a request, its timeline and a customer's list, among few requests and among many.

`python -m bench.timeline_reads [requests]` copies real requests, in plain SQL, until one table has
a thousand and another a million, and calls the application over each in turns, without a network,
as 50 customers with 20 requests each: they own all of the small table and are scattered over the
large one. Goal: the 95th percentile among many is within 1.5 times that among few.
"""

import asyncio
import random
import sqlite3
import sys
import time
from collections import defaultdict
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass

from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import make_url

from api.app import create_app
from bench.figures import machine, percentile, say, verdict
from bench.portal import bearer, customer_account, portal
from bench.sample_requests import sample
from ground import ids
from settings import Settings
from store.database import Database
from store.requests import Delivery, Request, RequestStage, TimelineEntry

FEW, MANY = 1_000, 1_000_000
CUSTOMERS, EACH = 50, 20
CALLS, WARM = 500, 50
PERCENT = 95
GOAL = 1.5

Times = dict[str, list[float]]


@dataclass
class Table:
    """A portal whose table has so many requests, and some customers with what they own."""

    settings: Settings
    database: Database
    count: int
    owned: dict[str, list[str]]


def measure(many: int = MANY) -> None:
    """Run everything and print what came out."""
    with portal() as few_portal, portal() as many_portal:
        few, large = filled(*few_portal, FEW), filled(*many_portal, many)
        small, big = asyncio.run(take_turns(few, large))
    for what in small:
        low, high = percentile(small[what], PERCENT), percentile(big[what], PERCENT)
        say(
            f"{what:12} p50 {percentile(small[what], 50):6.2f} and {percentile(big[what], 50):6.2f}"
            f" ms, p{PERCENT} {low:6.2f} and {high:6.2f} ms: {high / low:.2f} times "
            f"(goal {GOAL}: {verdict(high / low <= GOAL)})"
        )


# The tables


def filled(settings: Settings, database: Database, count: int) -> Table:
    """A table of so many requests."""
    readers = [database.write_now(customer_account, number) for number in range(CUSTOMERS)]
    originals = database.write_now(sample)
    others = [ids.new_id() for _ in range(count // EACH - CUSTOMERS)]
    owners = readers + others
    random.Random(1).shuffle(owners)
    began = time.monotonic()
    owned: dict[str, list[str]] = {reader: [] for reader in readers}
    with closing(sqlite3.connect(make_url(settings.database).database or "")) as connection:
        # What a power cut would take is written again by the next run.
        connection.execute("PRAGMA synchronous=off")
        connection.execute("PRAGMA cache_size=-400000")
        connection.execute("CREATE TEMP TABLE copy (id PRIMARY KEY, reference, owner, original)")
        for turn in range(EACH):
            original = originals.ended if turn < EACH - 1 else originals.open
            for owner, request in copy(connection, original, owners):
                if owner in owned:
                    owned[owner].append(request)
    say(f"{count} requests, written in {time.monotonic() - began:.0f} s")
    return Table(settings, database, count, owned)


def copy(connection: sqlite3.Connection, original: str, owners: list[str]) -> list[tuple[str, str]]:
    """Give each owner a copy of a request, its timeline, stages and outbox; (owner, id) of each."""
    made = sorted(ids.new_id() for _ in owners)
    rows = [
        (id_, ids.new_reference(), owner, original) for id_, owner in zip(made, owners, strict=True)
    ]
    with connection:
        connection.execute("DELETE FROM copy")
        connection.executemany("INSERT INTO copy VALUES (?, ?, ?, ?)", rows)
        new = {"id": "copy.id", "reference": "copy.reference", "customer_id": "copy.owner"}
        insert_copies(connection, Request.__tablename__, "id", new)
        for table in (TimelineEntry, RequestStage, Delivery):
            insert_copies(connection, table.__tablename__, "request_id", {"request_id": "copy.id"})
    return list(zip(owners, made, strict=True))


def insert_copies(
    connection: sqlite3.Connection, table: object, key: str, new: dict[str, str]
) -> None:
    """Copy the rows of the originals, with new values in some columns."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info('{table}')")]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(new.get(name, f'o."{name}"') for name in columns)
    connection.execute(
        f'INSERT INTO "{table}" ({names}) SELECT {values} FROM copy '
        f'CROSS JOIN "{table}" o ON o.{key} = copy.original ORDER BY copy.id'
    )


# The calls


async def take_turns(few: Table, many: Table) -> tuple[Times, Times]:
    """The milliseconds of each call, by what it reads."""
    times: tuple[Times, Times] = (defaultdict(list), defaultdict(list))
    async with AsyncExitStack() as opened:
        clients = []
        for table in (few, many):
            app = create_app(table.settings, table.database)
            await opened.enter_async_context(app.router.lifespan_context(app))
            client = AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1")
            clients.append(await opened.enter_async_context(client))
        calls = zip(calls_on(few), calls_on(many), strict=True)
        for number, pair in enumerate(calls):
            for client, measured, call in zip(clients, times, pair, strict=True):
                for what, path in call.paths.items():
                    took = await timed(client, path, call.headers)
                    if number >= WARM:
                        measured[what].append(took)
    return times


@dataclass
class Call:
    """Who reads what."""

    headers: dict[str, str]
    paths: dict[str, str]


def calls_on(table: Table) -> list[Call]:
    """Calls by all of the customers, in any order."""
    calls = []
    for account, requests in table.owned.items():
        headers = bearer(table.database, account)
        for request in requests:
            of_one = f"/api/requests/{request}"
            paths = {"one request": of_one, "its timeline": f"{of_one}/timeline"}
            calls.append(Call(headers, paths | {"the list": "/api/requests"}))
    random.Random(2).shuffle(calls)
    return calls[:WARM] + calls[:CALLS]


async def timed(client: AsyncClient, path: str, headers: dict[str, str]) -> float:
    """The milliseconds of a call. Raises when it was not answered as it should."""
    began = time.perf_counter()
    answer = await client.get(path, headers=headers)
    took = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return took


if __name__ == "__main__":
    say(machine())
    measure(*map(int, sys.argv[1:]))
