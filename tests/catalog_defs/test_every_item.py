"""Every item of our catalog: each example simulated, with people who answer what they are asked.

Lint has a test of its own for all of them, and `make explore` takes every branch of each.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import pytest
import pytest_asyncio

from catalog.forms import Form
from settings import ROOT
from studio.commands import item_version, versions_in
from studio.people import People, Person
from studio.population import Population
from studio.simulate import Simulation, Wanted, prepare, simulator
from studio.snapshot import Snapshot
from studio.wanderers import ANSWERED, decisions_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
FOLDER = ROOT / "catalog_defs"
VERSIONS = list(versions_in(FOLDER))
EACH = [
    (version.item.id, example.name) for version in VERSIONS for example in version.item.examples
]
ROUNDS = 3
ENDED = ("completed", "refused", "failed")


def answerers(form: Form) -> Iterator[Person]:
    """People who give each decision that a form offers in turn, and fill in the rest."""
    for _ in range(ROUNDS):
        for decision in decisions_of(form):
            answers = {} if decision == ANSWERED else {"decision": decision}
            yield Person(form=form.name, answers=answers, complete=True, times=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def simulation() -> AsyncIterator[Simulation]:
    async with simulator() as running:
        yield running


@pytest.mark.parametrize(("item", "example"), EACH)
async def test_an_example_comes_to_its_end(simulation: Simulation, item: str, example: str) -> None:
    version = item_version(FOLDER / f"{item}.yaml")
    forms = map(version.form, version.item.task_forms)
    people = People(people=tuple(person for form in forms for person in answerers(form)))
    with closing(Snapshot(simulation.database)) as beginning:
        simulation.database.write_now(prepare, version)
        simulation.population = Population(simulation.database, simulation.population.files)
        report = await simulation.run(version, Wanted(example=example, people=people))
        beginning.restore()
    assert report.outcome in ENDED, report.error
    assert len(report.timeline) >= 2
