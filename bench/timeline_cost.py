"""What the timeline costs: finished workflows a second with and without it.

`python -m bench.timeline_cost [rounds]` runs changes of address that need nobody, from start to
end, on one worker and the embedded Temporal. Runs with and without take turns, the order of the two
too. Goal: at least 0.95 as many with the timeline as without.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from sqlmodel import Session, col, func, select

from bench.counter import Counter, engine, move, open_counter
from bench.figures import machine, percentile, say, verdict
from services.relay import start_input
from store.requests import Request
from worker import build

ITEM = "address-change"
ROUNDS = 8
WORKFLOWS = 40
AT_ONCE = 16
GOAL = 0.95


async def measure(rounds: int = ROUNDS) -> None:
    """Run everything and print what came out."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with engine(folder) as address:
            async with (
                open_counter(folder, address) as counter,
                build(counter.client, counter.database, counter.settings),
            ):
                await run(counter, timeline=True)
                await compare(counter, rounds)


async def compare(counter: Counter, rounds: int) -> None:
    """Take turns and print the ratio."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    cpu: dict[bool, float] = {True: 0.0, False: 0.0}
    for number in range(rounds):
        first = number % 2 == 0
        for timeline in (first, not first):
            took, used = await run(counter, timeline)
            seconds[timeline].append(took)
            cpu[timeline] += used
        say(
            f"round {number + 1}: {WORKFLOWS / seconds[True][-1]:5.1f} workflows/s with the "
            f"timeline, {WORKFLOWS / seconds[False][-1]:5.1f} without"
        )
    ratios = [bare / told for told, bare in zip(seconds[True], seconds[False], strict=True)]
    overall = sum(seconds[False]) / sum(seconds[True])
    say(
        f"throughput with the timeline: {overall:.3f} of that without (goal {GOAL}: "
        f"{verdict(overall >= GOAL)}); by rounds, median {percentile(ratios, 50):.3f}, "
        f"from {min(ratios):.3f} to {max(ratios):.3f}"
    )
    each = {timeline: used / rounds / WORKFLOWS * 1000 for timeline, used in cpu.items()}
    say(
        f"worker: {each[True]:.1f} ms of CPU a workflow with the timeline, {each[False]:.1f} ms "
        f"without; as many workflows for the same CPU: {each[False] / each[True]:.3f}"
    )


async def run(counter: Counter, timeline: bool) -> tuple[float, float]:
    """The seconds, by the clock and of CPU, from the first start of a batch to the last end."""
    customers = [counter.new_customer() for _ in range(WORKFLOWS)]
    waiting = [counter.submit(viewer, ITEM, move(viewer)) for viewer in customers]
    wanted = {request.id for request in waiting}
    plan = counter.published(customers[0], ITEM).plan()

    async def start_some() -> None:
        while waiting:
            request = waiting.pop()
            await counter.client.start_workflow(
                plan.workflow,
                start_input(request, plan) | {"timeline": timeline},
                id=request.id,
                task_queue=counter.settings.task_queue,
            )

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(start_some() for _ in range(AT_ONCE)))
    while await counter.database.read(still_open, wanted):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return time.perf_counter() - began, time.process_time() - used


def still_open(session: Session, ids: set[str]) -> int:
    """How many of the requests have not ended."""
    query = select(func.count()).where(col(Request.id).in_(ids), col(Request.closed_at).is_(None))
    return session.exec(query).one()


if __name__ == "__main__":
    say(machine())
    asyncio.run(measure(*map(int, sys.argv[1:])))
