"""What the steps of a feature mean: a process runs on the simulator, and its report is judged."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlmodel import Session, col, func, select
from temporalio.client import WorkflowHistory

from catalog.durations import parse_duration
from catalog.processes.findings import Finding
from catalog.versions import Version
from ground import clock, ids
from ground.errors import Refusal
from services import request_moves, timeline
from store.events import EventSubscription
from store.requests import Effect, Request
from store.tasks import Task, TaskStatus
from studio.documents import read_document, version_of
from studio.people import People
from studio.report import Report, report
from studio.simulate import HORIZON, Simulation, Wanted, prepare
from tests.conformance.gherkin_scenarios import Scenario, Step
from tests.conformance.items import item_of
from tests.workflows.replaying import replayer

HEADER = {"dsl": "1.0.3", "namespace": "test", "name": "scenario", "version": "1.0.0"}
TOLERANCE = timedelta(minutes=5)
"""Virtual people act a moment later than their time, and a busy machine makes the moment long."""
MEANINGS: list[tuple[re.Pattern[str], Callable[..., Any]]] = []


def meaning(pattern: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register what steps of this text mean."""

    def wrap(work: Callable[..., Any]) -> Callable[..., Any]:
        MEANINGS.append((re.compile(f"^(?:{pattern})$"), work))
        return work

    return wrap


@dataclass
class World:
    """One scenario on its way. `said` is what it says of a catalog item, if it has one."""

    simulation: Simulation
    folder: Path
    definition: Any = None
    said: dict[str, Any] | None = None
    given: Any = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    history_limit: int | None = None
    request: Request | None = None
    report: Report | None = None
    refused: list[Finding] = field(default_factory=list)
    refusal: Refusal | None = None
    histories: list[WorkflowHistory] = field(default_factory=list)

    @property
    def ran(self) -> Report:
        """The report on what ran."""
        assert self.report, f"the definition was refused: {self.refused}"
        return self.report

    @property
    def id(self) -> str:
        """The id of the request that ran."""
        assert self.request, f"the definition was refused: {self.refused}"
        return self.request.id

    async def play(self, scenario: Scenario) -> None:
        """Carry out every step of a scenario."""
        try:
            for step in scenario.steps:
                await self.carry_out(step)
        finally:
            # It would act again while time passes for the next scenario.
            await self.simulation.let_go()

    async def carry_out(self, step: Step) -> None:
        """Carry out one step. Raises `LookupError` for one that means nothing."""
        for pattern, work in MEANINGS:
            if match := pattern.match(step.text):
                done = work(self, *match.groups(), **document(step))
                if done is not None:
                    await done
                return
        raise LookupError(f"nobody knows what this means: {step.text}")

    def version(self) -> Version | None:
        """The version to run; None where the definition is refused."""
        if self.said is not None:
            version, findings = item_of(self.said)
        else:
            process, findings = read_document(self.definition, self.folder)
        self.refused = [one for one in findings if one.severity == "error"]
        if self.refused:
            return None
        made = version if self.said is not None else version_of(process)
        self.simulation.database.write_now(prepare, made)
        return made

    async def run(self, lasting: timedelta = HORIZON) -> None:
        """Run the definition for some time, and replay every history that it leaves."""
        version = self.version()
        if version is None:
            return
        wanted = Wanted(
            answers=self.said.get("answers", {}) if self.said else {},
            given=None if self.said else self.given,
            people=People.model_validate(self.people),
            history_limit=self.history_limit,
        )
        with clock.told_by(lambda: self.simulation.moment):
            self.request = await self.simulation.begin(version, wanted)
            await self.pass_time(lasting)

    async def move(self) -> None:
        """Have the request go on with the definition as it is now."""
        before = self.look(lambda session: session.get_one(Request, self.id).version)
        version = self.version()
        assert version, self.refused
        assert self.request
        found = self.simulation.database.write_now(moved, self.id, before, version)
        assert found.can_move, found.why_not
        with clock.told_by(lambda: self.simulation.moment):
            await self.simulation.relay.drain()
            await self.simulation.settle(self.request)

    async def pass_time(self, lasting: timedelta) -> None:
        """Let time pass, and see what has come of it."""
        simulation = self.simulation
        assert self.request
        with clock.told_by(lambda: simulation.moment):
            await simulation.go_on(self.request, simulation.moment + lasting)
            self.report = await report(
                simulation.client, simulation.database, self.request, "en", True
            )
        await self.replay()

    async def replay(self) -> None:
        """Every run of the request replays as it went."""
        ours = replayer()
        run_id: str | None = None
        self.histories = []
        while run_id != "":
            handle = self.simulation.client.get_workflow_handle(self.id, run_id=run_id)
            history = await handle.fetch_history()
            await ours.replay_workflow(history)
            self.histories.insert(0, history)
            started = history.events[0].workflow_execution_started_event_attributes
            run_id = started.continued_execution_run_id

    def look(self, work: Callable[[Session], Any]) -> Any:
        """Read the database."""
        return self.simulation.database.read_now(work)

    def count(self, query: Any) -> int:
        """How many rows there are."""
        return int(self.look(lambda session: session.exec(query).one()))

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


def moved(session: Session, request_id: str, before: str, version: Version) -> request_moves.Move:
    """Tell a request to go on with a version of its item."""
    way = request_moves.route(session, None, version.item.id, before, version.hash)
    return request_moves.move(session, None, way, request_id, "en")


# What is given


@meaning("a workflow with definition:")
def given_definition(world: World, document: Any) -> None:
    world.definition = document


@meaning("a process:")
def given_process(world: World, document: Any) -> None:
    world.definition = {"document": HEADER, **document}


@meaning("the tasks:")
def given_tasks(world: World, document: Any) -> None:
    world.definition = {**world.definition, "do": document}


@meaning("an item:")
def given_item(world: World, document: Any) -> None:
    world.said = document


@meaning(r"beside it the process (\S+):")
def given_part(world: World, name: str, document: Any) -> None:
    if world.said is not None:
        world.said = world.said | {
            "parts": {**world.said.get("parts", {}), f"test/{name}": document}
        }
        return
    header = {**HEADER, "name": name}
    written = orjson.dumps({"document": header, **document})
    (world.folder / f"{name}.yaml").write_bytes(written)


@meaning("given the workflow input is:|the workflow input is:")
def given_input(world: World, document: Any) -> None:
    world.given = document


@meaning("these people:")
def given_people(world: World, document: Any) -> None:
    world.people = {**world.people, "people": document}


@meaning(r"after (\S+) the customer withdraws")
def given_withdrawal(world: World, after: str) -> None:
    happens(world, {"after": after, "do": "withdraw"})


@meaning(r"after (\S+) the answers become:")
def given_amendment(world: World, after: str, document: Any) -> None:
    happens(world, {"after": after, "do": "amend", "answers": document})


@meaning(r"after (\S+) this event comes:")
def given_event(world: World, after: str, document: Any) -> None:
    usual = {"specversion": "1.0", "id": ids.new_id(), "source": "urn:test"}
    happens(world, {"after": after, "do": "event", "event": usual | document})


@meaning(r"after (\S+) an event comes of type (\S+)")
def given_plain_event(world: World, after: str, kind: str) -> None:
    given_event(world, after, {"type": kind, "data": {"of": kind}})


@meaning(r"a new run begins after (\d+) events")
def given_history_limit(world: World, limit: str) -> None:
    world.history_limit = int(limit)


def happens(world: World, happening: dict[str, Any]) -> None:
    """Something comes from outside."""
    known = world.people.get("happenings", [])
    world.people = {**world.people, "happenings": [*known, happening]}


# What happens


@meaning("the workflow is executed|it runs")
async def executed(world: World) -> None:
    await world.run()


@meaning(r"it runs for (\S+)")
async def executed_for(world: World, lasting: str) -> None:
    await world.run(parse_duration(lasting))


@meaning(r"it goes on for (\S+)")
async def goes_on(world: World, lasting: str) -> None:
    await world.pass_time(parse_duration(lasting))


@meaning(r"it is tried for (\S+)")
async def tried_for(world: World, lasting: str) -> None:
    try:
        await world.run(parse_duration(lasting))
    except Refusal as why:
        world.refusal = why


@meaning("the attempt should be refused")
def attempt_is_refused(world: World) -> None:
    assert world.refusal is not None


@meaning("it is moved to the process:")
async def is_moved(world: World, document: Any) -> None:
    assert world.said is not None
    world.said = world.said | {"process": document}
    await world.move()


# How it ends


@meaning("the workflow should complete|it should complete")
def completes(world: World) -> None:
    assert world.ran.status == "completed", world.ran.error


@meaning("(?:the workflow|it) should complete with(?: output)?:")
def completes_with(world: World, document: Any) -> None:
    completes(world)
    assert world.ran.output == document


@meaning("(?:the workflow|it) should fault")
def faults(world: World) -> None:
    assert world.ran.status == "faulted", (world.ran.status, world.ran.output)


@meaning("(?:the workflow|it) should fault with(?: error)?:")
def faults_with(world: World, document: Any) -> None:
    faults(world)
    error = world.ran.error or {}
    assert {key: error.get(key) for key in document} == document, error


@meaning(r"the error should tell of (.+)")
def tells_of(world: World, text: str) -> None:
    assert world.ran.error
    assert text in world.ran.error.get("detail", ""), world.ran.error


@meaning(r"the error should be at (\S+)")
def is_at(world: World, place: str) -> None:
    assert world.ran.error
    assert world.ran.error["instance"] == place, world.ran.error


@meaning(r"it should be (waiting|withdrawn|completed|refused|failed)")
def is_so(world: World, outcome: str) -> None:
    if outcome == "waiting":
        assert world.ran.status == outcome, (world.ran.outcome, world.ran.error)
    else:
        assert world.ran.outcome == outcome, (world.ran.outcome, world.ran.error)


@meaning(r"it should be refused because of (\S+)")
def is_refused(world: World, rule: str) -> None:
    assert rule in [one.rule for one in world.refused], world.refused


@meaning(r"it should be refused because of (\S+) at (\S+) with the hint (.+)")
def is_refused_with(world: World, rule: str, at: str, hint: str) -> None:
    found = [("/" + "/".join(map(str, one.path)), one.hint) for one in world.refused]
    assert any(path == at and hint in told for path, told in found), world.refused
    is_refused(world, rule)


@meaning(r"it should have lasted (\S+)")
def has_lasted(world: World, lasting: str) -> None:
    row = world.look(lambda session: session.get_one(Request, world.id))
    assert row.closed_at, world.ran.status
    assert abs(row.closed_at - row.created_at - parse_duration(lasting)) <= TOLERANCE, (
        row.closed_at - row.created_at
    )


@meaning(r"it should have lasted between (\S+) and (\S+)")
def has_lasted_between(world: World, least: str, most: str) -> None:
    row = world.look(lambda session: session.get_one(Request, world.id))
    assert row.closed_at, world.ran.status
    lasted = row.closed_at - row.created_at
    assert parse_duration(least) <= lasted <= parse_duration(most) + TOLERANCE, lasted


@meaning(r"it should have taken (\d+) runs?")
def took_runs(world: World, count: str) -> None:
    assert len(world.histories) == int(count)


@meaning(r"it should have taken several runs")
def took_several_runs(world: World) -> None:
    assert len(world.histories) > 1


@meaning(r"no run should have begun with more than (\d+) bytes")
def begins_small(world: World, most: str) -> None:
    assert len(world.histories) > 1
    for history in world.histories:
        started = history.events[0].workflow_execution_started_event_attributes
        size = sum(len(payload.data) for payload in started.input.payloads)
        assert size <= int(most), size


# What comes out


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


# What ran


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


@meaning(r"(\S+) should have (completed|faulted|been cancelled)")
def has_state(world: World, name: str, state: str) -> None:
    found = [step.state for step in world.ran.steps if step.name == name]
    assert found[-1:] == [state.removeprefix("been ")]


# What has been done


@meaning(r"the effect (\S+) should have happened (\d+) times?")
def has_happened(world: World, name: str, count: str) -> None:
    query = select(func.count()).where(Effect.request_id == world.id, Effect.name == name)
    assert world.count(query) == int(count)


@meaning(r"the effect (\S+) should stand (\d+) times?")
def stands(world: World, name: str, count: str) -> None:
    query = select(func.count()).where(
        Effect.request_id == world.id, Effect.name == name, col(Effect.undone).is_(False)
    )
    assert world.count(query) == int(count)


@meaning(r"(\d+) questions? should have been asked, of which (\d+) (?:is|are) open")
def were_asked(world: World, asked: str, still_open: str) -> None:
    every = select(func.count()).where(Task.request_id == world.id)
    assert world.count(every) == int(asked)
    assert world.count(every.where(Task.status == TaskStatus.OPEN)) == int(still_open)


@meaning(r"it should listen to (nothing|something)")
def listens(world: World, what: str) -> None:
    query = select(func.count()).where(EventSubscription.request_id == world.id)
    assert (world.count(query) > 0) == (what == "something")


# What people read


@meaning(r'the (customer|staff) should read "(.+)"')
def reads(world: World, who: str, text: str) -> None:
    told = [one.text for one in world.ran.timeline if one.visible == who]
    assert any(text in one for one in told), told


@meaning(r'the (customer|staff) should read "(.+)" (\d+) times?')
def reads_times(world: World, who: str, text: str, count: str) -> None:
    told = [one.text for one in world.ran.timeline if one.visible == who]
    assert len([one for one in told if text in one]) == int(count), told


@meaning(r'the customer should not read "(.+)"')
def reads_not(world: World, text: str) -> None:
    told = [one.text for one in world.ran.timeline if one.visible == "customer"]
    assert not any(text in one for one in told), told


@meaning(r"the stages should be (.+)")
def stages_are(world: World, listed: str) -> None:
    rows = world.look(lambda session: timeline.stages_of(session, world.id))
    assert {row.stage: str(row.state) for row in rows} == dict(pairs(listed))


@meaning(r"the timeline should show the stages (.+)")
def stages_were(world: World, listed: str) -> None:
    told = [(one.stage, one.state) for one in world.ran.timeline if one.stage]
    assert told == list(pairs(listed)), told


@meaning(r'no history should hold "(.+)"')
def history_holds_not(world: World, text: str) -> None:
    for history in world.histories:
        assert text not in history.to_json()


def pairs(listed: str) -> Iterator[tuple[str, str]]:
    """`a done, b in-progress` as pairs."""
    for each in listed.split(", "):
        name, _, state = each.partition(" ")
        yield name, state
