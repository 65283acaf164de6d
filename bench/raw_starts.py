"""Starting workflows without a portal: what a web page that calls Temporal itself would wait for.

    python -m bench.raw_starts '{"address": "127.0.0.1:7233", "database": "sqlite:///…", …}'

The workflows wait on a task queue that nobody serves, so that nothing but the start is measured.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass

from temporalio.client import Client

from bench.load import Outcome
from catalog.plan import Plan
from ground import clock, ids
from processes.leaving import leave
from services import catalog, identity
from services.relay import start_input
from services.temporal import data_converter
from store.database import Database
from store.requests import Request


@dataclass
class RawStarts:
    """`count` starts of an item's workflow by `clients` at a time."""

    address: str
    database: str
    item: str
    customer: str
    clients: int
    count: int


async def run(starts: RawStarts) -> Outcome:
    """Start them all in this process, with the input that the relay would give."""
    client = await Client.connect(starts.address, data_converter=data_converter())
    request, plan = what_to_start(starts)
    outcome = Outcome()
    left = [None] * starts.count

    async def start_some() -> None:
        while left:
            left.pop()
            sent_at = time.perf_counter()
            await client.start_workflow(
                plan.workflow,
                start_input(request, plan),
                id=f"raw-{ids.new_id()}",
                task_queue="nobody",
            )
            outcome.latencies.append((time.perf_counter() - sent_at) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(start_some() for _ in range(starts.clients)))
    outcome.seconds = time.perf_counter() - began
    return outcome


def what_to_start(starts: RawStarts) -> tuple[Request, Plan]:
    """A request like the portal's, which nobody keeps, and its plan."""
    database = Database(starts.database)
    account = database.read_now(identity.account_by_email, starts.customer)
    assert account
    viewer = database.read_now(identity.viewer_of, account.id)
    version = database.read_now(catalog.published, starts.item, viewer)
    database.close()
    at = clock.now()
    request = Request(
        id=ids.new_id(),
        reference=ids.new_reference(),
        item_id=starts.item,
        version=version.hash,
        customer_id=account.id,
        channel="bench",
        language="en",
        created_at=at,
        updated_at=at,
    )
    return request, version.plan()


def in_own_process(starts: RawStarts) -> Outcome:
    """Start them all from a process of its own."""
    command = [sys.executable, "-m", "bench.raw_starts", json.dumps(vars(starts))]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return Outcome(**json.loads(ran.stdout))


if __name__ == "__main__":
    result = asyncio.run(run(RawStarts(**json.loads(sys.argv[1]))))
    sys.stdout.write(json.dumps(vars(result)))
    leave(0)
