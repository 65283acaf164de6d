"""From the commit of a timeline entry to the reader of its event stream.

`python -m bench.live [entries]` serves the portal on a real socket and follows 20 requests, whose
entries are written by 20 writers in another process, as the worker's are. Goal: the 99th percentile
from commit to reader is under 250 ms.
"""

import asyncio
import json
import socket
import sys
import time
from functools import partial

from httpx2 import AsyncClient
from sqlmodel import Session

from api.app import create_app
from bench.figures import machine, percentile, say, spread, verdict
from bench.portal import bearer, customer, portal
from bench.sample_requests import waiting
from ground import clock
from processes.portal import serving
from services import timeline
from services.timeline import Entry
from settings import Settings
from store.database import Database

WRITERS = 20
ENTRIES = 50
PAUSE_SECONDS = 0.25
PATIENCE_SECONDS = 120
PREFIX = "bench/"
GOAL_MS = 250.0

Moments = dict[str, float]
"""By request and key of an entry, on the clock that all processes of a machine share."""


def measure(entries: int = ENTRIES) -> None:
    """Run everything and print what came out."""
    with portal() as (settings, database):
        requests = [database.write_now(waiting) for _ in range(WRITERS)]
        work = follow_all(settings, database, requests, entries)
        committed, arrived = asyncio.run(asyncio.wait_for(work, PATIENCE_SECONDS))
    late = [(arrived[entry] - committed[entry]) * 1000 for entry in committed]
    reached = percentile(late, 99) < GOAL_MS
    say(
        f"{len(late)} entries by {WRITERS} writers, all arrived: {spread(late)}, at most "
        f"{max(late):.0f} ms (goal p99 under {GOAL_MS:.0f} ms: {verdict(reached)})"
    )


async def follow_all(
    settings: Settings, database: Database, requests: list[str], entries: int
) -> tuple[Moments, Moments]:
    """When each entry was committed, and when it arrived."""
    headers = bearer(database, database.read_now(customer).account_id)
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    arrived: Moments = {}
    async with (
        serving(create_app(settings, database), listener),
        AsyncClient(base_url=address, timeout=PATIENCE_SECONDS, headers=headers) as client,
        asyncio.TaskGroup() as group,
    ):
        opened = [asyncio.Event() for _ in requests]
        for request, ready in zip(requests, opened, strict=True):
            group.create_task(follow(client, request, entries, ready, arrived))
        await asyncio.gather(*(ready.wait() for ready in opened))
        committed = await written(database.url, requests, entries)
    return committed, arrived


async def follow(
    client: AsyncClient, request: str, entries: int, ready: asyncio.Event, arrived: Moments
) -> None:
    """Read a request's stream until all the writer's entries have arrived."""
    missing = entries
    async with client.stream("GET", f"/api/requests/{request}/events") as stream:
        stream.raise_for_status()
        async for line in stream.aiter_lines():
            ready.set()
            if not line.startswith("data: "):
                continue
            now, key = time.monotonic(), json.loads(line.removeprefix("data: "))["text"]
            if key.startswith(PREFIX):
                arrived[f"{request}/{key}"] = now
                missing -= 1
            if not missing:
                return


# The writers


async def written(url: str, requests: list[str], entries: int) -> Moments:
    """Let another process write the entries; when each was committed."""
    command = ["-m", "bench.live", "--write", json.dumps([url, requests, entries])]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the writers have failed; the reason is above")
    committed: Moments = json.loads(output)
    return committed


async def write_all(url: str, requests: list[str], entries: int) -> Moments:
    """A writer for each request."""
    committed: Moments = {}
    async with Database(url) as database, asyncio.TaskGroup() as group:
        for number, request in enumerate(requests):
            delay = PAUSE_SECONDS * number / len(requests)
            group.create_task(write(database, request, entries, delay, committed))
    return committed


async def write(
    database: Database, request: str, entries: int, delay: float, committed: Moments
) -> None:
    """Write entries one by one, each in a transaction of its own."""
    await asyncio.sleep(delay)
    for number in range(entries):
        text = f"{PREFIX}{number}"
        await database.write(partial(tell, request=request, text=text))
        committed[f"{request}/{text}"] = time.monotonic()
        await asyncio.sleep(PAUSE_SECONDS)


def tell(session: Session, request: str, text: str) -> None:
    """One entry, in the way of every other."""
    entry = Entry(key=text, at=clock.now(), text=text)
    timeline.record(session, timeline.locked(session, request), [entry])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        sys.stdout.write(json.dumps(asyncio.run(write_all(*json.loads(sys.argv[2])))))
    else:
        say(machine())
        measure(*map(int, sys.argv[1:]))
