"""A counter for the workflow tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from catalog.registry import Registry
from settings import Settings
from store.database import Database
from tests.workflows.counter import Counter, open_counter
from tests.workflows.probe_workflow import Probe

HERE = Path(__file__).parent


@pytest.fixture
async def probe(
    sqlite_url: str, time_skipping: WorkflowEnvironment, settings: Settings
) -> AsyncIterator[Counter]:
    """A counter whose only item is the probe."""
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
