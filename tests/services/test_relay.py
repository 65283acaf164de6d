"""The relay and the reconciliation against a real Temporal server."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
from sqlmodel import select
from temporalio.client import Client
from temporalio.worker import Worker

import activities.registry  # noqa: F401
from activities import effects
from ground import clock
from services import outbox, reconciliation, requests, tasks, timeline
from services.relay import PATIENCE, Pace, Relay
from services.temporal import data_converter
from settings import Settings
from store.changes import Changes
from store.database import Database
from store.requests import Delivery, Request
from store.tasks import Task
from tests.people import People, demo_people
from tests.probe import publish_probe, submit_probe
from tests.workflows.probe_workflow import Probe
from workflows.sandbox import sandbox

EFFECTS = "tests.workflows.probe_effects"


@pytest.fixture
def people(database: Database) -> People:
    publish_probe(database)
    return demo_people(database)


@pytest.fixture
def relay(database: Database, temporal: Client, settings: Settings) -> Relay:
    return Relay(database, temporal, settings)


@asynccontextmanager
async def working(temporal: Client, database: Database, settings: Settings) -> AsyncIterator[None]:
    async with Worker(
        temporal,
        task_queue=settings.task_queue,
        workflows=[Probe],
        activities=effects.bind(database),
        workflow_runner=sandbox(EFFECTS),
    ):
        yield


async def until(condition: Callable[[], object], seconds: float = 15) -> None:
    """Wait for a condition of the database."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def now(database: Database, request: Request) -> Request:
    return database.read_now(lambda s: s.get_one(Request, request.id))


def is_closed(database: Database, task: Task) -> bool:
    return database.read_now(lambda s: s.get_one(Task, task.id)).closed_at is not None


def open_tasks(database: Database, request: Request) -> list[Task]:
    query = select(Task).where(Task.request_id == request.id, Task.status == "open")
    return database.read_now(lambda s: list(s.exec(query)))


async def test_a_request_starts_and_its_answers_arrive(
    database: Database, people: People, relay: Relay, temporal: Client, settings: Settings
) -> None:
    async with (
        working(temporal, database, settings),
        Changes(database) as changes,
    ):
        running = asyncio.create_task(relay.run(changes))
        request = submit_probe(database, people["customer"])
        for name in ("agent", "agent2"):
            await until(lambda: open_tasks(database, request))
            (task,) = open_tasks(database, request)
            answer = {"decision": "approve"}
            await database.write(tasks.complete, people[name], task.id, answer, "en")
            await until(partial(is_closed, database, task))
        await until(lambda: now(database, request).closed_at)
        running.cancel()
    assert now(database, request).status == "completed"
    assert database.read_now(outbox.lag, clock.now()).total_seconds() == 0


async def test_offering_a_start_again_starts_nothing_twice(
    database: Database, people: People, relay: Relay, temporal: Client, settings: Settings
) -> None:
    async with working(temporal, database, settings):
        request = submit_probe(database, people["customer"])
        await relay.drain()
        first = (await temporal.get_workflow_handle(request.id).describe()).run_id
        await database.write(requests.withdraw, people["customer"], request.id)
        await relay.drain()
        await until(lambda: now(database, request).closed_at)
        await database.write(outbox.offer_again, request.id, clock.now())
        await relay.drain()
        assert (await temporal.get_workflow_handle(request.id).describe()).run_id == first
    assert now(database, request).status == "withdrawn"


async def test_the_request_is_found_in_the_temporal_ui_by_its_attributes(
    database: Database, people: People, relay: Relay, temporal: Client
) -> None:
    request = submit_probe(database, people["customer"])
    await relay.drain()
    description = await temporal.get_workflow_handle(request.id).describe()
    found = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    assert found["VentanillaItem"] == "probe"
    assert found["VentanillaStage"] == "received"
    assert found["VentanillaGroup"] == "support"
    assert found["VentanillaVersion"] == request.version
    assert found["VentanillaSince"] == request.created_at
    customer = people["customer"]
    everything = str(description.raw_description)
    assert customer.account_id not in everything
    assert customer.email not in everything
    assert "tea" not in everything


async def test_with_temporal_down_nothing_is_lost_and_the_fault_is_noted(
    database: Database, people: People, settings: Settings, temporal: Client
) -> None:
    nowhere = await Client.connect("127.0.0.1:9", lazy=True, data_converter=data_converter())
    request = submit_probe(database, people["customer"])
    await Relay(database, nowhere, settings).deliver_due()
    row = database.read_now(lambda s: s.get_one(Delivery, (request.id, 1)))
    assert row.sent_at is None
    assert row.error
    await asyncio.sleep((row.not_before - clock.now()).total_seconds() + 0.1)
    await Relay(database, temporal, settings).drain()
    assert await reconciliation.state(temporal, request.id) is not None


async def test_a_signal_to_an_ended_workflow_is_shown_and_blocks_nothing(
    database: Database, people: People, relay: Relay, temporal: Client
) -> None:
    request = submit_probe(database, people["customer"])
    await relay.drain()
    await temporal.get_workflow_handle(request.id).terminate("by the test")
    await database.write(requests.write_message, people["customer"], request.id, "are you there?")
    await relay.drain()
    entries = database.read_now(lambda s: timeline.entries_after(s, request.id, 0, False))
    assert entries[-1].text == "requests.came_too_late"
    assert database.read_now(outbox.lag, clock.now()).total_seconds() == 0


async def test_a_workflow_terminated_in_the_ui_is_found_and_shown(
    database: Database, people: People, relay: Relay, temporal: Client
) -> None:
    request = submit_probe(database, people["customer"])
    began = clock.now()
    await relay.drain()
    await temporal.get_workflow_handle(request.id).terminate("by the test")
    async with asyncio.timeout(15):
        while now(database, request).closed_at is None:
            await reconciliation.look(database, temporal, began - reconciliation.OVERLAP)
            await asyncio.sleep(0.1)
    ended = now(database, request)
    assert ended.status == "terminated"
    entries = database.read_now(lambda s: timeline.entries_after(s, request.id, 0, False))
    assert entries[-1].text == "requests.ended_by_operator"


async def test_a_workflow_that_the_engine_lost_is_started_again_with_all_it_was_told(
    database: Database, people: People, relay: Relay, temporal: Client, settings: Settings
) -> None:
    request = submit_probe(database, people["customer"])
    batch = await database.write(outbox.claim, clock.now(), 5)
    await database.write(outbox.mark_sent, batch, clock.now())  # sent, but the engine lost it
    await reconciliation.sweep(database, temporal)
    async with working(temporal, database, settings):
        await relay.drain()
        await until(lambda: open_tasks(database, request))
    assert now(database, request).stage == "check"


class TestPace:
    """The relay's courtesy towards those who submit."""

    @pytest.fixture
    def clock_hand(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        hand = [100.0]
        monkeypatch.setattr(time, "monotonic", lambda: hand[0])
        return hand

    def pace_after(self, database: Database, hand: list[float], writes: int) -> Pace:
        """The pace of a relay in whose first second so many units were written."""
        pace = Pace(database)
        hand[0] += 1
        database.writer.written += writes
        return pace

    def test_a_few_writes_do_not_slow_it(self, database: Database, clock_hand: list[float]) -> None:
        now = clock.now()
        assert not self.pace_after(database, clock_hand, 45).gives_way(now, now)

    def test_it_gives_way_to_a_burst_until_that_ceases(
        self, database: Database, clock_hand: list[float]
    ) -> None:
        now = clock.now()
        pace = self.pace_after(database, clock_hand, 500)
        assert pace.gives_way(now, now)
        clock_hand[0] += 1
        assert not pace.gives_way(now, now)

    def test_nobody_waits_longer_than_its_patience(
        self, database: Database, clock_hand: list[float]
    ) -> None:
        now = clock.now()
        pace = self.pace_after(database, clock_hand, 500)
        assert not pace.gives_way(now - PATIENCE, now)
