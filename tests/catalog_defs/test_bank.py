"""What becomes of a bank's services as their customers and staff act, months ahead in seconds.

Each story in `bank.yaml` takes an example of an item, perhaps with some answers changed, says who
answers what, and how it must end and by which tasks. Days are counted from the story's beginning.
"""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from catalog.examples import filled
from catalog.versions import Version
from ground import clock
from services import forms
from settings import ROOT
from studio.commands import item_version
from studio.people import People
from studio.population import Population
from studio.simulate import Simulation, Wanted, prepare, simulator
from studio.snapshot import Snapshot

STORIES = yaml.safe_load(Path(__file__).with_name("bank.yaml").read_text("utf-8"))
pytestmark = pytest.mark.asyncio(loop_scope="module")
EACH = [(item, name) for item, stories in STORIES.items() for name in stories]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def simulation() -> AsyncIterator[Simulation]:
    async with simulator() as running:
        yield running


@pytest.mark.parametrize(("item", "name"), EACH)
async def test_a_story_ends_as_it_should(simulation: Simulation, item: str, name: str) -> None:
    story = STORIES[item][name]
    version = item_version(ROOT / "catalog_defs" / f"{item}.yaml")
    with closing(Snapshot(simulation.database)) as beginning:
        simulation.database.write_now(prepare, version)
        simulation.population = Population(simulation.database, simulation.population.files)
        with clock.told_by(lambda: simulation.moment):
            wanted = wanted_by(simulation, version, story)
        report = await simulation.run(version, wanted)
        beginning.restore()

    assert report.outcome == story["outcome"], report.error
    assert set(story.get("via", ())) <= {step.name for step in report.steps}


def wanted_by(simulation: Simulation, version: Version, story: dict[str, Any]) -> Wanted:
    """What the story wants to be simulated, its days as of today."""
    acting = {key: story[key] for key in ("people", "happenings", "customer") if key in story}
    people = People.model_validate(acting)
    viewer = simulation.population.viewer(people.customer)
    today = simulation.database.read_now(forms.context, viewer.account_id, "en")
    answers = simulation.answers(version, Wanted(example=story["example"]), viewer)
    answers |= story.get("change", {})
    given = {key: value for key, value in answers.items() if value is not None}
    told = [
        person.model_copy(update={"answers": filled(person.answers, today, {})})
        for person in people.people
    ]
    return Wanted(
        answers=filled(given, today, {}),
        people=people.model_copy(update={"people": tuple(told)}),
    )
