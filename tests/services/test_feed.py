"""The live feed: entries of any process reach readers at once, and a reconnect misses none."""

import asyncio
import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ground import clock
from services import timeline
from services.feed import Feed, Follower
from services.timeline import Entry
from store.changes import Changes
from store.database import Database
from tests.people import People, demo_people
from tests.probe import publish_probe, submit_probe

PROCESSES = 2
WRITERS = 10
"""In each process."""
ENTRIES = 5


@pytest.fixture
def people(database: Database) -> People:
    publish_probe(database)
    return demo_people(database)


def tell(database: Database, request_id: str, key: str) -> None:
    """Append one entry that says when it was written."""
    entry = Entry(key=key, at=clock.now(), text="requests.amended", params={"at": time.time()})
    database.write_now(lambda s: timeline.record(s, timeline.locked(s, request_id), [entry]))


def write_many(url: str, request_ids: list[str], process: int) -> None:
    """What another process does: several writers at once append entries to all requests."""
    database = Database(url)

    def write(writer: int) -> None:
        for number in range(ENTRIES):
            for request_id in request_ids:
                tell(database, request_id, f"{process}/{writer}/{number}")
            time.sleep(0.02)

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, range(WRITERS)))
    database.close()


async def read_all(
    database: Database, feed: Feed, request_id: str, wanted: int, delays: list[float]
) -> list[int]:
    """Follow until `wanted` entries have come, dropping the connection now and then."""
    seen: list[int] = []
    while len(seen) < wanted:
        with feed.following(request_id) as follower:
            await one_connection(database, follower, request_id, wanted, seen, delays)
    return seen


async def one_connection(
    database: Database,
    follower: Follower,
    request_id: str,
    wanted: int,
    seen: list[int],
    delays: list[float],
) -> None:
    """One connection of a reader, ending after seven looks; the cursor goes on with the next."""
    for _ in range(7):
        if len(seen) >= wanted:
            return
        await follower.wait(10)
        after = seen[-1] if seen else 0
        for row in await database.read(timeline.entries_after, request_id, after, False):
            seen.append(row.number)
            if "at" in row.params:
                delays.append(time.time() - row.params["at"])


async def test_readers_on_two_servers_miss_nothing_that_twenty_writers_write(
    database: Database, people: People
) -> None:
    requests = [submit_probe(database, people["customer"]).id for _ in range(4)]
    other = Database(database.url)
    wanted = 1 + PROCESSES * WRITERS * ENTRIES
    delays: list[float] = []
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=write_many, args=(database.url, requests, number))
        for number in range(PROCESSES)
    ]
    async with Changes(database) as here, Changes(other) as there:
        feeds = [Feed(database, here), Feed(other, there)]
        running = [asyncio.create_task(feed.run()) for feed in feeds]
        readers = [
            asyncio.create_task(read_all(base, feed, request, wanted, delays))
            for request in requests
            for base, feed in zip((database, other), feeds, strict=True)
        ]
        for writer in writers:
            writer.start()
        async with asyncio.timeout(90):
            found = await asyncio.gather(*readers)
        for task in running:
            task.cancel()
    for writer in writers:
        writer.join()
    other.close()
    assert all(numbers == list(range(1, wanted + 1)) for numbers in found)


async def test_nobody_is_woken_for_another_request(database: Database, people: People) -> None:
    mine, other = (submit_probe(database, people["customer"]).id for _ in range(2))
    async with Changes(database) as changes:
        feed = Feed(database, changes)
        running = asyncio.create_task(feed.run())
        with feed.following(mine) as follower:
            assert await follower.wait(5)
            await feed.look()
            await follower.wait(0.1)
            await database.write(lambda s: tell_now(s, other))
            assert not await follower.wait(0.5)
            await database.write(lambda s: tell_now(s, mine))
            assert await follower.wait(5)
        running.cancel()
    assert not feed.followers


def tell_now(session: object, request_id: str) -> None:
    entry = Entry(key=f"x{time.time()}", at=clock.now(), text="requests.amended")
    timeline.record(session, timeline.locked(session, request_id), [entry])  # type: ignore[arg-type]
