"""What it costs to declare a process instead of programming its workflow.

`python -m bench.declared [rounds]` runs changes of address that need nobody as a Python workflow
and as their declared twin, on one worker and the embedded Temporal; the two take turns. Goals: at
least 0.9 as many finished workflows a second, and starts that take at most 1.2 times as long. Then
it counts what the interpreter takes for each task.
"""

import asyncio
import gc
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

from temporalio.client import Client

from bench.counter import Counter, engine, move, open_counter
from bench.figures import machine, percentile, say, verdict
from bench.timeline_cost import still_open
from catalog.plan import Plan
from services.relay import start_input
from settings import ROOT
from store.requests import Request
from tests.workflows.declared.twin_items import write_twins
from worker import build

PYTHON, TWIN = "address-change", "declared-address-change"
ROUNDS = 8
WORKFLOWS = 40
AT_ONCE = 16
ENOUGH = 0.9
STARTS = 100
"""Starts of each kind in a round."""
AT_MOST = 1.2
TASKS = 200
"""Tasks of one kind in a process; fewer than the interpreter takes a breath after."""
REPEATS = 15
KINDS: dict[str, Any] = {
    "set": {"set": {"sum": "${ .sum + $each }", "same": True}},
    "switch": {
        "switch": [
            {"none": {"when": "${ $each < 0 }", "then": "exit"}},
            {"some": {"then": "continue"}},
        ]
    },
    "do": {"do": [{"inner": {"set": "${ . }"}}]},
    "call": {"call": "set-stage", "with": {"stage": "received"}},
}
"""One task of each kind, with one expression; a call has none."""


async def measure(rounds: int = ROUNDS) -> None:
    """Run everything and print what came out."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with engine(folder) as address:
            async with open_counter(folder, address, both_spellings(folder)) as counter:
                await compare_starts(counter, rounds)
                async with build(counter.client, counter.database, counter.settings):
                    for item in (PYTHON, TWIN):
                        await run(counter, item)
                    # As a worker does: what is loaded by now is not looked through for garbage.
                    gc.collect()
                    gc.freeze()
                    await compare_throughput(counter, rounds)
                    await count_tasks(counter)


def both_spellings(folder: Path) -> Path:
    """A catalog folder of the delivered items and of declared twins."""
    catalog = folder / "catalog_defs"
    shutil.copytree(ROOT / "catalog_defs", catalog)
    return write_twins(catalog, prefix="declared-")


# Throughput


async def compare_throughput(counter: Counter, rounds: int) -> None:
    """Take turns and print the ratio."""
    seconds, cpu = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for number in range(rounds):
        order = (PYTHON, TWIN) if number % 2 else (TWIN, PYTHON)
        for item in order:
            took, used = await run(counter, item)
            seconds[item].append(took)
            cpu[item].append(used)
        say(
            f"round {number + 1}: {WORKFLOWS / seconds[PYTHON][-1]:5.1f} workflows/s in Python, "
            f"{WORKFLOWS / seconds[TWIN][-1]:5.1f} declared"
        )
    ratios = [python / twin for python, twin in zip(seconds[PYTHON], seconds[TWIN], strict=True)]
    overall = sum(seconds[PYTHON]) / sum(seconds[TWIN])
    say(
        f"throughput of declared processes: {overall:.3f} of that in Python (goal {ENOUGH}: "
        f"{verdict(overall >= ENOUGH)}); by rounds, median {median(ratios):.3f}, "
        f"from {min(ratios):.3f} to {max(ratios):.3f}"
    )
    each = {item: sum(used) / rounds / WORKFLOWS * 1000 for item, used in cpu.items()}
    say(
        f"worker: {each[PYTHON]:.1f} ms of CPU a workflow in Python, {each[TWIN]:.1f} ms declared; "
        f"as many workflows for the same CPU: {each[PYTHON] / each[TWIN]:.3f}"
    )


async def run(counter: Counter, item: str) -> tuple[float, float]:
    """The seconds, by the clock and of CPU, from the first start of a batch to the last end."""
    plan, waiting = written(counter, item, WORKFLOWS)
    wanted = {request.id for request in waiting}

    async def start_some() -> None:
        while waiting:
            await start(counter.client, waiting.pop(), plan, counter.settings.task_queue)

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(start_some() for _ in range(AT_ONCE)))
    while await counter.database.read(still_open, wanted):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return time.perf_counter() - began, time.process_time() - used


def written(counter: Counter, item: str, count: int) -> tuple[Plan, list[Request]]:
    """The item's plan, and so many requests that have not been started."""
    customers = [counter.new_customer() for _ in range(count)]
    requests = [counter.submit(viewer, item, move(viewer)) for viewer in customers]
    return counter.published(customers[0], item).plan(), requests


async def start(client: Client, request: Request, plan: Plan, task_queue: str) -> None:
    """Start the workflow of a request."""
    await client.start_workflow(
        plan.workflow, start_input(request, plan), id=request.id, task_queue=task_queue
    )


# Starts


async def compare_starts(counter: Counter, rounds: int) -> None:
    """Start both kinds in turn where no worker takes them up, and print the ratios."""
    latencies, cpu = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for _ in range(rounds):
        waiting = {item: written(counter, item, STARTS) for item in (PYTHON, TWIN)}
        for _ in range(STARTS):
            for item, (plan, requests) in waiting.items():
                began, used = time.perf_counter(), time.process_time()
                await start(counter.client, requests.pop(), plan, "nobody")
                cpu[item].append(time.process_time() - used)
                latencies[item].append(time.perf_counter() - began)
    middle = {item: percentile(found, 50) * 1000 for item, found in latencies.items()}
    ratio = middle[TWIN] / middle[PYTHON]
    used_ratio = sum(cpu[TWIN]) / sum(cpu[PYTHON])
    say(
        f"a start takes {middle[PYTHON]:.2f} ms in Python and {middle[TWIN]:.2f} ms declared, "
        f"{ratio:.3f} times as long (goal {AT_MOST}: {verdict(ratio <= AT_MOST)}); "
        f"{used_ratio:.3f} times the CPU"
    )


# Tasks


async def count_tasks(counter: Counter) -> None:
    """Print what the interpreter takes for a task of each kind, beyond an empty process."""
    used = {}
    for kind in KINDS:
        found = []
        for _ in range(REPEATS):
            few, many = [await cpu_of(counter, kind, count) for count in (0, TASKS)]
            found.append((many - few) / TASKS * 1_000_000)
        used[kind] = median(found)
    told = ", ".join(f"{kind} {micros:.0f}" for kind, micros in used.items())
    say(f"interpreter, µs of CPU a task in a loop: {told}")


async def cpu_of(counter: Counter, kind: str, count: int) -> float:
    """The seconds of CPU that a request takes whose process does one task so many times."""
    plan, [request] = written(counter, TWIN, 1)
    loop = {"for": {"each": "each", "in": list(range(count))}, "do": [{"task": KINDS[kind]}]}
    process = {"do": [{"begin": {"set": {"sum": 0}}}, {"loop": loop}]}
    began = time.process_time()
    await start(
        counter.client,
        request,
        plan.model_copy(update={"process": process}),
        counter.settings.task_queue,
    )
    handle = counter.client.get_workflow_handle(request.id, result_type=str)
    assert await handle.result() == "completed"
    return time.process_time() - began


if __name__ == "__main__":
    say(machine())
    asyncio.run(measure(*map(int, sys.argv[1:])))
