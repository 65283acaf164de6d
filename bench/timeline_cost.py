"""Workflow throughput with and without the timeline.

`python -m bench.timeline_cost [rounds]` runs plan upgrades, paid from the balance, on a Temporal
dev server with one worker. Short runs with and without take turns, and which begins changes with
every round, so that other load on the machine falls on both. Goal: with
the timeline at least 0.95 of the throughput without.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from sqlmodel import Session
from temporalio.client import Client

from bench.figures import machine, say, verdict
from bench.portal import customer, portal
from ground import clock
from services import balance, billing, catalog, requests, temporal
from services.access import Viewer
from services.relay import Relay, start_input
from services.requests import Submission
from settings import Settings
from store.database import Database
from store.requests import Request
from tests.real.temporal import dev_server
from worker import build

ITEM = "plan-upgrade"
ROUNDS = 20
REQUESTS = 20
GOAL = 0.95
MONEY_MINOR = 10_000_00


@dataclass
class Spent:
    """What a number of workflows took, by the clock and of the worker's processor."""

    workflows: int = 0
    seconds: float = 0.0
    cpu: float = 0.0

    def add(self, workflows: int, seconds: float, cpu: float) -> None:
        """Another run."""
        self.workflows += workflows
        self.seconds += seconds
        self.cpu += cpu

    @property
    def rate(self) -> float:
        """Workflows a second."""
        return self.workflows / self.seconds


class Upgrades:
    """Plan upgrades of one customer, each of a subscription of its own."""

    def __init__(self, database: Database, client: Client, settings: Settings) -> None:
        self.database, self.client, self.settings = database, client, settings
        self.relay = Relay(database, client, settings)
        self.viewer = database.read_now(customer)
        credit = partial(balance.credit, amount_minor=MONEY_MINOR, at=clock.now())
        database.write_now(lambda s: credit(s, self.viewer.account_id))

    async def run(self, told: bool, spent: Spent | None = None) -> None:
        """Submit, and then measure from the first start to the last end."""
        submitted = [self.database.write_now(submit, self.viewer) for _ in range(REQUESTS)]
        began, cpu = time.perf_counter(), time.process_time()
        outcomes = await asyncio.gather(*(self.carry_out(one, told) for one in submitted))
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
        if set(outcomes) != {"completed"}:
            raise RuntimeError(f"not every upgrade was completed: {set(outcomes)}")
        if spent:
            spent.add(REQUESTS, seconds, used)

    async def carry_out(self, request: Request, told: bool) -> str:
        """Start a request's workflow as the relay does, and wait for its outcome."""
        version = self.database.read_now(catalog.version, request.version)
        plan = version.plan()
        handle = await self.client.start_workflow(
            plan.workflow,
            start_input(request, plan) | {"timeline": told},
            id=request.id,
            task_queue=self.settings.task_queue,
            search_attributes=self.relay.search_attributes(request, version),
            result_type=str,
        )
        outcome: str = await handle.result()
        return outcome


def submit(session: Session, viewer: Viewer) -> Request:
    """A subscription, and the request to upgrade it at once."""
    began = date(2021, 3, 15)
    of = billing.subscribe(session, viewer.account_id, "fibre-300", began, clock.now())
    answers = {
        "subscription": of.id,
        "plan": "fibre-600",
        "when": "now",
        "payment_method": "balance",
        "consent": True,
    }
    return requests.submit(session, viewer, Submission(item=ITEM, answers=answers, channel="bench"))


async def take_turns(
    database: Database, settings: Settings, address: str, rounds: int
) -> dict[bool, Spent]:
    """What the runs took with and without the timeline; each is warmed up first."""
    ours = settings.model_copy(update={"temporal_address": address})
    client = await temporal.connect(ours)
    await temporal.prepare(client, ours)
    spent = {True: Spent(), False: Spent()}
    async with build(client, database, ours):
        upgrades = Upgrades(database, client, ours)
        for told in (True, False):
            await upgrades.run(told)
        for number in range(rounds):
            for told in (True, False) if number % 2 else (False, True):
                await upgrades.run(told, spent[told])
    return spent


def measure(rounds: int = ROUNDS) -> None:
    """Run everything and print what came out."""
    with (
        portal() as (settings, database),
        tempfile.TemporaryDirectory() as folder,
        dev_server(Path(folder)) as address,
    ):
        spent = asyncio.run(take_turns(database, settings, address, rounds))
    for told, name in ((True, "with"), (False, "without")):
        cpu = spent[told].cpu / spent[told].workflows * 1000
        say(
            f"{name:7} the timeline: {spent[told].rate:5.1f} workflows/s, "
            f"{cpu:5.1f} ms of CPU each, over {spent[told].workflows}"
        )
    ratio = spent[True].rate / spent[False].rate
    cpu_ratio = spent[False].cpu / spent[True].cpu
    say(f"ratio {ratio:.3f} (goal {GOAL}: {verdict(ratio >= GOAL)}); by CPU alone {cpu_ratio:.3f}")


if __name__ == "__main__":
    say(machine())
    measure(*map(int, sys.argv[1:]))
