"""A counter for the workflow tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from catalog.registry import Registry
from ground import clock
from services import lending
from settings import Settings
from store.database import Database
from tests.workflows import probe_effects
from tests.workflows.counter import Counter, open_counter
from tests.workflows.lender import FUNDS, Lender
from tests.workflows.probe_workflow import Probe
from workflows.registry import ALL_WORKFLOWS, definition_registry

HERE = Path(__file__).parent


@pytest.fixture
async def probe(
    sqlite_url: str, time_skipping: WorkflowEnvironment, settings: Settings
) -> AsyncIterator[Counter]:
    """A counter whose only item is the probe."""
    probe_effects.NOTES.clear()
    probe_effects.FAILING.clear()
    registry = Registry(workflow_settings={"probe": Probe.Settings})
    async with (
        Database(sqlite_url) as database,
        open_counter(
            database,
            time_skipping,
            settings,
            [Probe],
            registry,
            HERE / "probe",
            HERE / "probe" / "forms",
        ) as counter,
    ):
        yield counter


@pytest.fixture
async def counter(
    sqlite_url: str, time_skipping: WorkflowEnvironment, settings: Settings
) -> AsyncIterator[Counter]:
    """A counter with the catalog as it is delivered."""
    registry = definition_registry()
    async with (
        Database(sqlite_url) as database,
        open_counter(database, time_skipping, settings, ALL_WORKFLOWS, registry) as counter,
    ):
        yield counter


@pytest.fixture
def lender(counter: Counter) -> Lender:
    """A lender with 100,000 euros to lend."""
    counter.change(lambda s: lending.provide_funds(s, FUNDS, "EUR", "capital", clock.now()))
    return Lender(counter)
