"""The official conformance kit and the official examples, where OWS_CTK_DIR says they are."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from studio.simulate import Simulation, simulator
from tests.conformance.gherkin_scenarios import Scenario, scenarios
from tests.conformance.stub_hosts import stub_hosts
from tests.conformance.world import World

FOLDER = Path(os.environ["OWS_CTK_DIR"])
SCENARIOS = scenarios(FOLDER)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def simulation() -> AsyncIterator[Simulation]:
    with stub_hosts() as hosts:
        async with simulator(hosts) as made:
            yield made


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
@pytest.mark.asyncio(loop_scope="module")
async def test_scenario(simulation: Simulation, scenario: Scenario) -> None:
    await World(simulation, FOLDER).play(scenario)
