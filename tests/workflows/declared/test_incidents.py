"""A process that cannot go on: who is told what, and how a mended version lets it go on."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from services import publishing, request_moves
from settings import Settings
from store.catalog import PublishedItem
from store.database import Database
from store.requests import Request
from tests.workflows.counter import Counter, open_counter
from tests.workflows.declared_item import PROBE, write_items
from workflows.registry import ALL_WORKFLOWS, definition_registry

TOLD = {"en": "Something came of it.", "es": "Algo resultó.", "pt": "Algo resultou."}
TELL: dict[str, Any] = {"tell": {"call": "notify", "with": {"message": TOLD}}}
BROKEN: dict[str, Any] = {"sum": {"set": {"total": "${ $answers.wish + 1 }"}}}
MENDED: dict[str, Any] = {"sum": {"set": {"total": "${ 1 + 1 }"}}}


@pytest.fixture
async def stuck(
    tmp_path: Path, sqlite_url: str, time_skipping: WorkflowEnvironment, settings: Settings
) -> AsyncIterator[Counter]:
    """A counter whose only item tells its customer something, and then cannot add up."""
    folder = write_items(tmp_path / "defs", adding={"do": [TELL, BROKEN]})
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


async def submitted(counter: Counter) -> Request:
    """A request that has come as far as it can."""
    request = await counter.submit("adding", {"wish": "tea"})
    await counter.sleep(minutes=5)
    return request


def mend(counter: Counter, tmp_path: Path) -> tuple[str, str]:
    """Publish a mended version; the hashes of both."""

    def hash_now() -> str:
        return counter.look(lambda session: session.get_one(PublishedItem, "adding").hash)

    before = hash_now()
    folder = write_items(tmp_path / "defs", adding={"do": [TELL, MENDED]})
    refreshed = counter.database.write_now(
        publishing.refresh, folder, PROBE / "forms", definition_registry()
    )
    assert not refreshed.problems
    return before, hash_now()


async def test_customers_are_told_that_we_look_into_it_and_staff_where_it_is_stuck(
    stuck: Counter,
) -> None:
    request = await submitted(stuck)
    row = stuck.request(request)
    assert row.closed_at is None
    assert row.trouble
    assert row.trouble.startswith("/do/1/sum: ")
    assert "requests.looking_into_it" in stuck.told(request, "customer")
    assert "requests.trouble_cause" not in stuck.told(request, "customer")
    assert "requests.trouble_cause" in stuck.told(request, "staff")


async def test_a_mended_version_lets_it_go_on_without_doing_anything_again(
    stuck: Counter, tmp_path: Path
) -> None:
    request = await submitted(stuck)
    before, after = mend(stuck, tmp_path)
    designer = stuck.viewer("designer@example.com")

    def move(session: Any) -> None:
        way = request_moves.route(session, designer, "adding", before[:8], after[:8])
        found = request_moves.move(session, designer, way, request.id, "en")
        assert found.can_move, found.why_not

    stuck.database.write_now(move)
    await stuck.relay.drain()
    assert await stuck.result(request) == "completed"
    row = stuck.request(request)
    assert row.version == after
    assert row.trouble is None
    assert "requests.going_on" in stuck.told(request, "customer")
    assert stuck.effects(request).count("notices.notify") == 1


async def test_a_request_that_is_stuck_can_be_withdrawn(stuck: Counter) -> None:
    request = await submitted(stuck)
    await stuck.withdraw(request)
    assert await stuck.result(request) == "withdrawn"
