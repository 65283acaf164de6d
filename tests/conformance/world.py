"""What the steps of a feature mean: a process runs on the simulator, and its report is judged."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from temporalio.worker import Replayer

from services.temporal import data_converter
from studio.documents import read_document, version_of
from studio.people import People
from studio.report import Report
from studio.simulate import Simulation, Wanted, keep
from tests.conformance.gherkin_scenarios import Scenario, Step
from workflows.registry import ALL_WORKFLOWS
from workflows.sandbox import sandbox

ERROR_KEYS = ("type", "status", "title", "detail", "instance")
MEANINGS: list[tuple[re.Pattern[str], Callable[..., Any]]] = []


def meaning(pattern: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register what steps of this text mean."""

    def wrap(work: Callable[..., Any]) -> Callable[..., Any]:
        MEANINGS.append((re.compile(f"^{pattern}$"), work))
        return work

    return wrap


@dataclass
class World:
    """One scenario on its way."""

    simulation: Simulation
    folder: Any
    definition: Any = None
    given: Any = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    report: Report | None = None
    refused: list[str] = field(default_factory=list)

    @property
    def ran(self) -> Report:
        """The report on what ran."""
        assert self.report, f"the definition was refused: {self.refused}"
        return self.report

    async def play(self, scenario: Scenario) -> None:
        """Carry out every step of a scenario."""
        for step in scenario.steps:
            await self.carry_out(step)

    async def carry_out(self, step: Step) -> None:
        """Carry out one step. Raises `LookupError` for one that means nothing."""
        for pattern, work in MEANINGS:
            if match := pattern.match(step.text):
                done = work(self, *match.groups(), **document(step))
                if done is not None:
                    await done
                return
        raise LookupError(f"nobody knows what this means: {step.text}")

    async def run(self) -> None:
        """Run the definition, and replay every history that it leaves."""
        process, findings = read_document(self.definition, self.folder)
        self.refused = [f"{one.rule}: {one.message}" for one in findings if one.severity == "error"]
        if self.refused:
            return
        version = version_of(process)
        self.simulation.database.write_now(keep, version)
        people = People.model_validate(self.people)
        self.report = await self.simulation.run(version, Wanted(given=self.given, people=people))
        await self.replay()

    async def replay(self) -> None:
        """Every run of the request replays as it went."""
        replayer = Replayer(
            workflows=ALL_WORKFLOWS, workflow_runner=sandbox(), data_converter=data_converter()
        )
        request = self.simulation.population.request
        assert request
        client = self.simulation.client
        run_id: str | None = None
        while run_id != "":
            history = await client.get_workflow_handle(request.id, run_id=run_id).fetch_history()
            await replayer.replay_workflow(history)
            started = history.events[0].workflow_execution_started_event_attributes
            run_id = started.continued_execution_run_id

    def value(self, path: str) -> Any:
        """A member of the output, such as `content.id`."""
        found = self.ran.output
        for name in path.split("."):
            assert isinstance(found, dict), f"{found!r} has no member {name!r}"
            assert name in found, f"there is no {name!r} among {sorted(found)}"
            found = found[name]
        return found


def document(step: Step) -> dict[str, Any]:
    """The document of a step as an argument, if it has one."""
    return {} if step.document is None else {"document": step.document}


# What is given


@meaning("a workflow with definition:")
def given_definition(world: World, document: Any) -> None:
    world.definition = document


@meaning("given the workflow input is:|the workflow input is:")
def given_input(world: World, document: Any) -> None:
    world.given = document


@meaning("these people:")
def given_people(world: World, document: Any) -> None:
    world.people = document


# What happens


@meaning("the workflow is executed")
async def executed(world: World) -> None:
    await world.run()


# What is seen


@meaning("the workflow should complete")
def completes(world: World) -> None:
    assert world.ran.status == "completed", world.ran.error


@meaning("the workflow should complete with output:")
def completes_with(world: World, document: Any) -> None:
    completes(world)
    assert world.ran.output == document


@meaning("the workflow should fault")
def faults(world: World) -> None:
    assert world.ran.status == "faulted"


@meaning("the workflow should fault with error:")
def faults_with(world: World, document: Any) -> None:
    faults(world)
    error = world.ran.error or {}
    assert {key: error.get(key) for key in document} == document


@meaning("the workflow should be waiting")
def waits(world: World) -> None:
    assert world.ran.status == "waiting", world.ran.error


@meaning("the workflow should be withdrawn")
def is_withdrawn(world: World) -> None:
    assert world.ran.status == "withdrawn"


@meaning(r"the workflow should be refused because of (\S+)")
def is_refused(world: World, rule: str) -> None:
    assert any(one.startswith(f"{rule}:") for one in world.refused), world.refused


@meaning(r"the workflow output should have properties (.+)")
def has_properties(world: World, names: str) -> None:
    for name in re.findall(r"'([^']+)'", names):
        world.value(name)


@meaning(r"the workflow output should have a '([^']+)' property with value:")
def has_property(world: World, name: str, document: Any) -> None:
    assert world.value(name) == document


@meaning(r"the workflow output should have a '([^']+)' property containing (\d+) items")
def has_items(world: World, name: str, count: str) -> None:
    assert len(world.value(name)) == int(count)


@meaning(r"(\S+) should run first")
def runs_first(world: World, name: str) -> None:
    assert world.ran.steps[0].name == name


@meaning(r"(\S+) should run last")
def runs_last(world: World, name: str) -> None:
    assert world.ran.steps[-1].name == name


@meaning(r"(\S+) should run after (\S+)")
def runs_after(world: World, name: str, before: str) -> None:
    names = [step.name for step in world.ran.steps]
    assert names.index(name) > names.index(before)


@meaning(r"(\S+) should run (\d+) times?")
def runs_times(world: World, name: str, count: str) -> None:
    assert [step.name for step in world.ran.steps].count(name) == int(count)


@meaning(r"(\S+) should not run")
def runs_not(world: World, name: str) -> None:
    assert name not in [step.name for step in world.ran.steps]
