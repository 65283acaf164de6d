"""A process that cannot go on: what customers and staff read, and how it is mended."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from services import catalog, publishing, request_moves
from settings import Settings
from store.database import Database
from store.requests import Request
from tests.workflows.counter import Counter, open_counter
from tests.workflows.declared_item import PROBE, write_items
from workflows.registry import ALL_WORKFLOWS, definition_registry

DESIGNER = "designer@example.com"
RIGHT, WRONG = "${ ($answers.wish | length) * 100 }", "${ $settings.missing * 100 }"


def process(amount: str) -> dict[str, Any]:
    """A process that tells something, then charges an amount that it works out."""
    return {
        "do": [
            {"tell": {"call": "notify", "with": {"message": {"en": "A", "es": "B", "pt": "C"}}}},
            {"pay": {"call": "charge", "with": {"amount": amount, "currency": "EUR"}}},
        ]
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_items(tmp_path / "catalog", fee=process(WRONG))


@pytest.fixture
async def counter(
    sqlite_url: str, time_skipping: WorkflowEnvironment, settings: Settings, folder: Path
) -> AsyncIterator[Counter]:
    """A counter whose item has a mistake that only shows when it runs."""
    rules = definition_registry()
    async with (
        Database(sqlite_url) as database,
        open_counter(
            database, time_skipping, settings, ALL_WORKFLOWS, rules, folder, PROBE / "forms"
        ) as counter,
    ):
        yield counter


async def stuck(counter: Counter) -> Request:
    """A request that has come to the mistake."""
    request = await counter.submit("fee", {"wish": "tea"})
    await counter.sleep(minutes=5)
    return counter.request(request)


async def mend(counter: Counter, folder: Path, request: Request) -> request_moves.Move:
    """A designer mends the file, and has the request go on with it."""
    write_items(folder, fee=process(RIGHT))
    rules, viewer = definition_registry(), counter.viewer(DESIGNER)
    counter.change(lambda s: publishing.refresh(s, folder, PROBE / "forms", rules))
    target = counter.look(
        lambda s: catalog.published(s, "fee", counter.viewer("customer@example.com"))
    )
    way = counter.look(
        lambda s: request_moves.route(s, viewer, "fee", request.version, target.hash)
    )
    moved = counter.change(lambda s: request_moves.move(s, viewer, way, request.id, "en"))
    await counter.relay.drain()
    return moved


async def test_a_process_that_is_stuck_says_so_until_it_is_mended(counter: Counter) -> None:
    request = await stuck(counter)
    assert request.closed_at is None
    assert counter.told(request, "customer")[-1] == "requests.looking_into_it"
    assert (request.trouble or "").startswith("/do/1/pay: ")


async def test_a_process_that_is_stuck_goes_on_with_the_version_that_mends_it(
    counter: Counter, folder: Path
) -> None:
    request = await stuck(counter)
    assert (await mend(counter, folder, request)).can_move
    assert await counter.result(request) == "completed"
    told = counter.told(request)
    assert told.count("requests.going_on") == 1
    assert told.index("requests.looking_into_it") < told.index("requests.going_on")
    assert counter.effects(request).count("notices.notify") == 1
    assert counter.effects(request).count("billing.charge") == 1
    assert counter.request(request).trouble is None


async def test_who_withdraws_from_a_process_that_is_stuck_is_let_go(counter: Counter) -> None:
    request = await stuck(counter)
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    assert "requests.going_on" not in counter.told(request)
