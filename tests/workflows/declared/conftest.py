"""Fixtures for the tests of declared processes."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from ground import clock
from services import lending
from settings import Settings
from store.database import Database
from tests.workflows.counter import open_counter
from tests.workflows.declared.pair import Pair
from tests.workflows.declared.twin_items import write_originals, write_twins
from tests.workflows.lender import FUNDS, Lender
from workflows.registry import ALL_WORKFLOWS, definition_registry


@pytest.fixture
async def pair(
    sqlite_template: Path, time_skipping: WorkflowEnvironment, settings: Settings, tmp_path: Path
) -> AsyncIterator[Pair]:
    """A counter with the items of Python workflows, and one with their twins; one engine."""
    async with AsyncExitStack() as stack:

        async def side(name: str, catalog: Path) -> Lender:
            url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / f'{name}.db')}"
            own = settings.model_copy(update={"task_queue": name})
            database = await stack.enter_async_context(Database(url))
            counter = await stack.enter_async_context(
                open_counter(
                    database, time_skipping, own, ALL_WORKFLOWS, definition_registry(), catalog
                )
            )
            counter.change(lambda s: lending.provide_funds(s, FUNDS, "EUR", "capital", clock.now()))
            return Lender(counter)

        originals = await side("originals", write_originals(tmp_path / "originals"))
        twins = await side("twins", write_twins(tmp_path / "twins"))
        yield Pair((originals, twins))
