"""What our own feature files say of declared processes, file by file, each on one simulator."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from studio.simulate import Simulation, simulator
from tests.conformance.gherkin_scenarios import Scenario, scenarios
from tests.conformance.world import World

FOLDER = Path(__file__).parent / "features"
SCENARIOS = scenarios(FOLDER)
FILES = list(dict.fromkeys(scenario.file for scenario in SCENARIOS))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def simulation(request: pytest.FixtureRequest) -> AsyncIterator[Simulation]:
    """The simulator of one file, which the parameter names."""
    async with simulator() as made:
        yield made


def parameters() -> list[object]:
    """Each scenario with its file; those of one file run one after the other, in one place."""
    return [
        pytest.param(
            scenario.file, scenario, id=str(scenario), marks=pytest.mark.xdist_group(scenario.file)
        )
        for scenario in SCENARIOS
    ]


@pytest.mark.parametrize(
    ("simulation", "scenario"), parameters(), indirect=["simulation"], scope="module"
)
@pytest.mark.asyncio(loop_scope="module")
async def test_scenario(simulation: Simulation, scenario: Scenario, tmp_path: Path) -> None:
    await World(simulation, tmp_path).play(scenario)


def test_there_are_enough_scenarios() -> None:
    assert len(SCENARIOS) >= 150
