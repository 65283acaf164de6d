"""Takes every branch of a process: all that people may answer, within bounds, one run each."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import timedelta
from itertools import pairwise
from time import monotonic
from typing import Any

from pydantic import BaseModel

from catalog.durations import Duration
from catalog.processes.model import Call, Process, Switch, Task
from catalog.processes.parsing import parse
from catalog.versions import Version
from ground import clock
from ground.errors import Refusal
from studio.choices import Choice, Path, Paths, Way
from studio.engine import EngineFailed
from studio.lint.rules.effects import ASKING
from studio.people import People
from studio.population import Impossible, in_words
from studio.report import Report
from studio.simulate import Simulation, Wanted, prepare, simulator
from studio.snapshot import Snapshot
from studio.variants import Variants
from studio.wanderers import Wanderers

MOST_RUNS = 300
MOST_SECONDS = 600.0
EARLY = 0.7
"""The share of the runs, or of the time, after which what is still missed comes first."""

Cases = tuple[tuple[str, str | None], ...]
"""The cases that the switches of a run took, in their order."""


class Run(BaseModel):
    """One run: what was chosen on the way, and what came of it."""

    choices: list[str]
    status: str
    outcome: str
    lasted: Duration
    error: dict[str, Any] | None = None


class Exploration(BaseModel):
    """What all runs have shown.

    `never_run` are tasks and `never_taken` cases of switches that no run has come to, `untried`
    those of them that come after an error, which nothing here brings about. `dead_ends` are runs
    that neither ended nor wait for anybody, `impossible` is what could not be tried and why.
    `complete` is false where a bound came before the last alternative, `sees_branches` where a
    workflow in Python carries the item: of that only the outcomes are seen.
    """

    runs: list[Run] = []
    outcomes: dict[str, int] = {}
    never_run: list[str] = []
    never_taken: list[str] = []
    untried: list[str] = []
    dead_ends: list[Run] = []
    faults: list[Run] = []
    impossible: list[str] = []
    shortest: Duration | None = None
    longest: Duration | None = None
    complete: bool = True
    sees_branches: bool = True

    @property
    def is_clean(self) -> bool:
        """Whether every branch was taken, and no run came to a fault or a dead end."""
        return not (self.faults or self.dead_ends or self.never_run or self.never_taken)


class Bounds:
    """How far an exploration may go, from now on."""

    def __init__(self, runs: int, seconds: float) -> None:
        self.runs, self.seconds = runs, seconds
        self.began = monotonic()

    def used(self, runs: int) -> float:
        """The share that is used up after so many runs; at 1 it ends."""
        return max(runs / self.runs, (monotonic() - self.began) / self.seconds)


class Explorer:
    """Runs a version again and again, each time another way."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.paths = Paths()
        self.failed: set[tuple[Choice, ...]] = set()
        """The runs in which the engine itself has failed."""
        self.ran: set[str] = set()
        self.took: set[tuple[str, str | None]] = set()
        self.near: dict[str, dict[Cases, Way]] = {}
        """The ways to each task: of those that took the same cases until then, one."""
        self.found = Exploration()
        self.variants = Variants(version)
        self.process = parse(version.process)[0] if version.process is not None else None
        tasks = self.process.every_task() if self.process else ()
        self.asking = {
            task.pointer
            for task in tasks
            if isinstance(task, Call) and task.function in (*ASKING, "route-case")
        }

    async def explore(self, simulation: Simulation, bounds: Bounds) -> Exploration:
        """Run until every alternative has been taken, or a bound is reached.

        Raises `EngineFailed`; the exploration goes on with another engine.
        """
        simulation.database.write_now(prepare, self.version)
        with closing(Snapshot(simulation.database)) as beginning:
            while path := self.next_path(used := bounds.used(len(self.found.runs))):
                if used >= 1:
                    self.found.complete = False
                    break
                await self.try_path(simulation, path)
                self.paths.learn(path)
                beginning.restore()
        return self.judged()

    def next_path(self, used: float) -> Path | None:
        """The next way: each alternative once; towards the end, nearer to what is still missed."""
        early = self.paths.next() if used < EARLY else None
        return early or self.nearer() or self.paths.next()

    async def try_path(self, simulation: Simulation, path: Path) -> None:
        """One run."""
        simulation.population = Wanderers(simulation.population, self.version, path)
        began = simulation.moment
        try:
            with clock.told_by(lambda: simulation.moment):
                answers = self.variants.answers(simulation, path)
            people = People(customer=dict(path.taken)["customer"])
            report = await simulation.run(self.version, Wanted(answers=answers, people=people))
        except (Refusal, Impossible) as why:
            words = in_words(why) if isinstance(why, Refusal) else str(why)
            self.found.impossible.append(f"{', '.join(path.words())}: {words}")
        except EngineFailed as why:
            self.try_again(path, str(why))
            raise
        else:
            asks = simulation.population.is_asking()
            self.note(path, report, simulation.moment - began, asks)
        finally:
            await simulation.let_go()

    def try_again(self, path: Path, why: str) -> None:
        """Plan a run anew that the engine has failed, unless it did so before."""
        if path.planned in self.failed:
            self.found.impossible.append(f"{', '.join(path.words())}: {why}")
        else:
            self.paths.waiting.appendleft(path.planned)
        self.failed.add(path.planned)

    def note(self, path: Path, report: Report, lasted: timedelta, asks: bool) -> None:
        """Keep what a run has shown; it `asks` if somebody may still answer."""
        for step in report.steps:
            self.ran.add(step.pointer)
            self.took.add((step.pointer, step.took))
        self.note_ways(path, report)
        run = Run(
            choices=path.words(),
            status=report.status,
            outcome=report.outcome,
            lasted=lasted,
            error=report.error,
        )
        self.found.runs.append(run)
        if report.error and report.outcome not in ("refused", "failed"):
            self.found.faults.append(run)
        elif report.status == "waiting" and not asks:
            self.found.dead_ends.append(run)

    def note_ways(self, path: Path, report: Report) -> None:
        """Keep how this run came to each of its tasks."""
        cases: Cases = ()
        asked = 0
        for step in report.steps:
            asked += step.pointer in self.asking
            cases = (*cases, (step.pointer, step.took)) if step.took else cases
            way = Way(path, path.before(asked + 1))
            self.near.setdefault(step.pointer, {}).setdefault(cases, way)

    def judged(self) -> Exploration:
        """What all runs together mean."""
        found = self.found
        ended = [run.lasted for run in found.runs if run.status != "waiting"]
        found.outcomes = dict(Counter(run.outcome for run in found.runs))
        found.shortest, found.longest = min(ended, default=None), max(ended, default=None)
        found.sees_branches = self.process is not None
        if self.process is not None:
            missed = [*never_run(self.process, self.ran)], [*never_taken(self.process, self.took)]
            found.never_run, found.never_taken = ([p for p in m if not caught(p)] for m in missed)
            found.untried = [pointer for pointer in missed[0] if caught(pointer)]
        return found

    def nearer(self) -> Path | None:
        """A way that may lead to what is missed, if one is left to try; each branch in turn."""
        missed = list(self.branches_missed())
        turn = len(self.found.runs) % max(len(missed), 1)
        for pointer in (*missed[turn:], *missed[:turn]):
            path = self.paths.nearer(pointer, self.near.get(pointer, {}).values())
            if path is not None:
                return path
        return None

    def branches_missed(self) -> Iterator[str]:
        """Switches of which some case was never taken, and tasks before one that never ran."""
        process = self.process
        for tasks in (process.tasks, *inner_lists(process)) if process else ():
            for before, task in pairwise((None, *tasks)):
                if isinstance(task, Switch) and any(never_taken_of(task, self.took)):
                    yield task.pointer
                if before and task and task.condition and task.pointer not in self.ran:
                    yield before.pointer


def inner_lists(process: Process) -> Iterator[tuple[Task, ...]]:
    """Every list of tasks inside of another task."""
    for task in process.every_task():
        yield from task.lists()


def never_run(process: Process, ran: set[str]) -> Iterator[str]:
    """The pointers of tasks that no run has come to, without those inside of others."""
    missed: list[str] = []
    for task in process.every_task():
        inside = any(task.pointer.startswith(f"{outer}/") for outer in missed)
        if task.pointer not in ran and not inside:
            missed.append(task.pointer)
            yield task.pointer


def caught(pointer: str) -> bool:
    """Whether a task lies in a `catch`."""
    return "/catch/do/" in pointer


def never_taken(process: Process, took: set[tuple[str, str | None]]) -> Iterator[str]:
    """The cases of switches that no run has taken."""
    for task in process.every_task():
        if isinstance(task, Switch):
            yield from never_taken_of(task, took)


def never_taken_of(task: Switch, took: set[tuple[str, str | None]]) -> Iterator[str]:
    """The cases of one switch that no run has taken."""
    for case in task.cases:
        if (task.pointer, case.name) not in took:
            yield f"{task.pointer}/switch/{case.name}"


async def explore(
    version: Version,
    hosts: Mapping[str, str] | None = None,
    most_runs: int = MOST_RUNS,
    most_seconds: float = MOST_SECONDS,
) -> Exploration:
    """Take every branch of a version's process, within bounds."""
    explorer, bounds = Explorer(version), Bounds(most_runs, most_seconds)
    while True:
        async with simulator(hosts) as simulation:
            with suppress(EngineFailed):
                return await explorer.explore(simulation, bounds)
