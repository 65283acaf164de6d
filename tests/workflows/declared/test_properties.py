"""What holds for every process: it ends, alike in one run and in many, with each effect once."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from sqlmodel import Session, col, select

from catalog import yaml12
from catalog.processes.checks import check_document
from catalog.processes.parsing import parse
from store.requests import Effect
from studio.simulate import Simulation, simulator
from tests.conformance.world import HEADER, World
from tests.workflows.declared.random_processes import mutations, processes

EXAMPLES = 15
FEW_EVENTS = 3
CHARGE = "billing.charge"


class Player:
    """Runs processes on one simulator, each to its end."""

    def __init__(self, runner: asyncio.Runner, simulation: Simulation, folder: Path) -> None:
        self.runner, self.simulation, self.folder = runner, simulation, folder

    def play(self, process: dict[str, Any], history_limit: int | None = None) -> World:
        """What comes of a process; its histories have been replayed."""
        world = World(self.simulation, self.folder, {"document": HEADER, **process})
        world.history_limit = history_limit
        self.runner.run(world.run())
        assert not world.refused
        return world

    def charges(self, world: World) -> list[bool]:
        """For each charge whether it stands."""

        def find(session: Session) -> list[bool]:
            query = select(Effect.undone).where(
                Effect.request_id == world.id, col(Effect.name) == CHARGE
            )
            return sorted(not undone for undone in session.exec(query))

        found: list[bool] = world.look(find)
        return found


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        simulation = runner.run(stack.enter_async_context(simulator()))
        yield Player(runner, simulation, tmp_path_factory.mktemp("parts"))
        runner.run(stack.aclose())


@given(drawn=processes())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_a_process_ends_alike_in_one_run_and_in_many(
    player: Player, drawn: tuple[dict[str, Any], int]
) -> None:
    process, most = drawn
    once, often = player.play(process), player.play(process, FEW_EVENTS)
    assert once.ran.status in ("completed", "faulted")
    assert outcome(once) == outcome(often)
    assert player.charges(once).count(True) == player.charges(often).count(True)
    assert max(len(player.charges(world)) for world in (once, often)) <= most


def outcome(world: World) -> tuple[str, Any, Any]:
    """How a process ended."""
    error = world.ran.error or {}
    return world.ran.outcome, world.ran.output, (error.get("type"), error.get("instance"))


@given(source=mutations())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_mutation_of_a_process_is_too_much_for_its_reader(source: Any) -> None:
    process, findings = parse(source)
    for finding in [*findings, *check_document(process)]:
        assert finding.rule
        assert finding.message
    orjson.dumps([task.pointer for task in process.every_task()])


def nested(depth: int) -> bytes:
    """A task so deep in others."""
    lines = ["do:"]
    for level in range(depth):
        lines.append(f"{'  ' * 2 * level}  - t{level}:\n{'  ' * 2 * level}      do:")
    lines.append(f"{'  ' * 2 * depth}  - last: {{set: {{a: 1}}}}")
    return "\n".join(lines).encode()


HOSTILE = {
    "depth 100": nested(100),
    "1 MB": b"do:\n" + b"".join(b"- t%d: {set: {a: 1}}\n" % n for n in range(50_000)),
    "alias bomb": b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(
        b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)
    ),
    "brackets": b"do: " + b"[" * 100_000,
    "flow": b"do: [{a: " * 200,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_at_once(text: bytes) -> None:
    began = perf_counter()
    with pytest.raises(yaml12.Unreadable):
        yaml12.read(text)
    assert perf_counter() - began < 1


def deep(levels: int) -> dict[str, Any]:
    task: dict[str, Any] = {"set": {"a": 1}}
    for _ in range(levels):
        task = {"do": [{"t": task}]}
    return {"do": [{"t": task}]}


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        (deep(100), "too-deep"),
        (deep(900), "too-deep"),
        ({"do": [{f"t{n}": {"set": {"a": 1}}} for n in range(20_000)]}, "too-long"),
        ({"do": [{"t": {"set": {"a": "${ " + "(" * 5_000 + " }"}}}]}, "expression"),
        ({"do": [{"t": {"set": {"a": "${ " + "1 + " * 100_000 + "1 }"}}}]}, "expression"),
    ],
    ids=["depth 100", "depth 900", "20,000 tasks", "parentheses", "long expression"],
)
def test_a_hostile_process_is_refused_at_once(source: dict[str, Any], rule: str) -> None:
    began = perf_counter()
    process, findings = parse(source)
    found = [*findings, *check_document(process)]
    assert perf_counter() - began < 1
    assert rule in {finding.rule for finding in found if finding.severity == "error"}
