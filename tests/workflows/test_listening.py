"""Events between processes: what one publishes, another hears, through outbox and relay."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select
from temporalio.testing import WorkflowEnvironment

from ground import clock
from services import events
from settings import Settings
from store.database import Database
from store.events import Event, EventSubscription
from store.requests import Request
from tests.services.test_events import EVENT
from tests.services.test_schedules import keep
from tests.workflows.counter import Counter, open_counter
from tests.workflows.declared_item import PROBE, write_items
from workflows.registry import ALL_WORKFLOWS, definition_registry

LISTENS = {
    "do": [
        {"hear": {"listen": {"to": {"one": {"with": {"type": EVENT["type"]}}}}}},
        {"keep": {"set": {"heard": "${ .[0].card }"}}},
    ]
}
EMITS = {
    "do": [
        {
            "tell": {
                "emit": {
                    "event": {
                        "with": {
                            "type": EVENT["type"],
                            "source": "https://cards.example.org",
                            "data": {"card": '${ "of " + $request.item }'},
                        }
                    }
                }
            }
        }
    ]
}
STARTS = {"do": EMITS["do"], "schedule": {"on": {"one": {"with": {"type": "org.example.order"}}}}}


@pytest.fixture
async def counter(
    sqlite_url: str, time_skipping: WorkflowEnvironment, settings: Settings, tmp_path: Path
) -> AsyncIterator[Counter]:
    """A counter whose items listen, emit, and begin on an event."""
    folder = write_items(tmp_path / "catalog", listens=LISTENS, emits=EMITS, starts=STARTS)
    async with (
        Database(sqlite_url) as database,
        open_counter(
            database,
            time_skipping,
            settings,
            ALL_WORKFLOWS,
            definition_registry(),
            folder,
            PROBE / "forms",
        ) as counter,
    ):
        yield counter


async def publish(counter: Counter, **changes: Any) -> None:
    """Another system publishes an event."""
    counter.database.write_now(events.publish, EVENT | changes, clock.now())
    await counter.relay.drain()


async def output(counter: Counter, request: Request) -> Any:
    await counter.result(request)
    return (await counter.handle(request).query("progress"))["output"]


def published(counter: Counter) -> list[dict[str, Any]]:
    query = select(Event).order_by(col(Event.key))
    return [row.event for row in counter.look(lambda s: s.exec(query).all())]


async def test_a_process_goes_on_when_its_event_has_come(counter: Counter) -> None:
    request = await counter.submit("listens", {"wish": "tea"})
    await counter.sleep(seconds=5)
    await publish(counter, id="0", type="other")
    await publish(counter)
    assert await output(counter, request) == {"heard": "card-7"}
    assert counter.look(lambda s: s.exec(select(EventSubscription)).all()) == []


async def test_what_one_process_emits_another_hears(counter: Counter) -> None:
    waiting = await counter.submit("listens", {"wish": "tea"})
    await counter.sleep(seconds=5)
    telling = await counter.submit("emits", {"wish": "tea"})
    emitted = await output(counter, telling)
    assert published(counter) == [emitted]
    assert emitted["source"] == "https://cards.example.org"
    await counter.relay.drain()
    assert await output(counter, waiting) == {"heard": "of emits"}


async def test_an_event_begins_a_request_whose_event_is_heard_in_turn(counter: Counter) -> None:
    keep(counter.database)
    waiting = await counter.submit("listens", {"wish": "tea"})
    await counter.sleep(seconds=5)
    await publish(counter, type="org.example.order", data={"wish": "coffee"})
    query = select(Request).where(Request.item_id == "starts")
    (begun,) = counter.look(lambda s: s.exec(query).all())
    assert begun.answers == {"wish": "coffee"}
    await counter.result(begun)
    await counter.relay.drain()
    assert await output(counter, waiting) == {"heard": "of starts"}


async def test_who_withdraws_waits_no_more(counter: Counter) -> None:
    request = await counter.submit("listens", {"wish": "tea"})
    await counter.sleep(seconds=5)
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    await publish(counter)
    assert "requests.came_too_late" not in counter.told(request)
    counter.change(events.sweep)
    assert counter.look(lambda s: s.exec(select(EventSubscription)).all()) == []
