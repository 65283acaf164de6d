"""A counter for the workflow tests."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from catalog.registry import Registry
from ground import clock
from services import lending
from services.outbound import Outbound
from services.secret_values import Secrets
from settings import Settings
from store.database import Database
from tests.real.web import Web, serving
from tests.workflows import probe_effects
from tests.workflows.counter import Counter, open_counter
from tests.workflows.declared_item import PROBE, write_items
from tests.workflows.lender import FUNDS, Lender
from tests.workflows.outside import OpenFor
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
    delivered_template: Path,
    time_skipping: WorkflowEnvironment,
    settings: Settings,
    tmp_path: Path,
) -> AsyncIterator[Counter]:
    """A counter with the catalog as it is delivered."""
    registry = definition_registry()
    async with (
        Database(
            f"sqlite:///{shutil.copy(delivered_template, tmp_path / 'counter.db')}"
        ) as database,
        open_counter(database, time_skipping, settings, ALL_WORKFLOWS, registry) as counter,
    ):
        yield counter


@pytest.fixture
def lender(counter: Counter) -> Lender:
    """A lender with 100,000 euros to lend."""
    counter.change(lambda s: lending.provide_funds(s, FUNDS, "EUR", "capital", clock.now()))
    return Lender(counter)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


@pytest.fixture
async def open_for(
    sqlite_url: str,
    time_skipping: WorkflowEnvironment,
    settings: Settings,
    web: Web,
    tmp_path: Path,
) -> OpenFor:
    """Opens a counter whose item `probe-item` has a process of these tasks."""

    @asynccontextmanager
    async def opened(*tasks: Any, **more: Any) -> AsyncIterator[Counter]:
        secrets = Secrets({"VENTANILLA_SECRET_CORE": "open-sesame"})
        outbound = Outbound(mapped={"core.example.org": web.address}, secrets=secrets)
        folder = write_items(tmp_path / "catalog", probe_item={**more, "do": list(tasks)})
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
                outbound,
            ) as counter,
        ):
            yield counter

    return opened
