"""Accepted submissions a second, against starting the workflow directly.

`python -m bench.submissions [rounds]` runs a whole installation: portal, relay, worker and Temporal
with its file in WAL and full sync. Both ways take turns on it, each from a light process of its
own: keep-alive clients that submit a real item over HTTP until each has its durable 201, and
`client.start_workflow` at several concurrencies, whose best counts. Goal: ten times as many, at a
quarter of the 99th percentile.
"""

import json
import os
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

from bench import load, raw_starts
from bench.figures import machine, percentile, say, spread, verdict
from bench.load import Load, Outcome, post
from bench.raw_starts import RawStarts
from tests.real.installation import Installation

ITEM = "address-change"
CUSTOMER = "customer@example.com"
ROUNDS = 3
SUBMISSIONS = {1: 600, 8: 1500, 32: 1500}
STARTS = {1: 60, 4: 150, 8: 150, 16: 150, 32: 150}
TIMES_AS_MANY = 10.0
PART_OF_P99 = 0.25
STILL_SECONDS = 1.0
COMPILED = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{tempfile.gettempdir()}/pyc"}
"""As people run Python: with compiled modules, which the worker's sandbox loads all the time."""


def measure(rounds: int = ROUNDS) -> None:
    """Run everything and print what came out."""
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder), COMPILED)
        installation.start_and_wait()
        try:
            submitted, started, drains = take_turns(installation, rounds)
        finally:
            installation.end()
    report(submitted, started, drains)


Runs = dict[int, list[Outcome]]


def take_turns(installation: Installation, rounds: int) -> tuple[Runs, Runs, list[float]]:
    """The runs of both ways by number of clients, and the starts a second while draining."""
    call = submission(installation)
    load.in_own_process(Load(installation.port, call, 4, 100))
    wait_until_still(installation)
    submitted: Runs = defaultdict(list)
    started: Runs = defaultdict(list)
    drains: list[float] = []
    for number in range(rounds):
        for clients, count in SUBMISSIONS.items():
            before = cpu(installation)
            outcome = load.in_own_process(Load(installation.port, call, clients, count))
            used = (cpu(installation) - before) / count * 1000
            submitted[clients].append(outcome)
            began, owed = time.monotonic(), unsent(installation)
            wait_until_sent(installation)
            seconds = time.monotonic() - began
            drains.append(owed / seconds if owed else 0.0)
            say(
                f"round {number + 1}, {clients:2} clients: {outcome.rate:6.0f}/s  "
                f"{spread(outcome.latencies)}  {count - owed} of {count} workflows started "
                f"meanwhile, the others within {seconds:.1f} s; {used:.2f} ms of CPU each"
            )
            wait_until_still(installation)
        for clients, count in STARTS.items():
            before = cpu(installation)
            outcome = raw_starts.in_own_process(starts(installation, clients, count))
            used = (cpu(installation) - before) / count * 1000
            started[clients].append(outcome)
            say(
                f"round {number + 1}, {clients:2} raw starts at a time: {outcome.rate:6.0f}/s  "
                f"{spread(outcome.latencies)}; {used:.2f} ms of CPU each"
            )
    return submitted, started, drains


def submission(installation: Installation) -> str:
    """The bytes of a submission by the demo customer: the item's first example."""
    who = {"email": CUSTOMER, "password": installation.password}
    token = installation.post("/api/sessions", json.dumps(who))["token"]
    example = example_of(installation, token)
    return post("/api/requests", token, {"item": ITEM, "answers": example})


def example_of(installation: Installation, token: str) -> object:
    """The answers of the item's first example."""
    import urllib.request

    request = urllib.request.Request(
        f"{installation.url}/api/catalog/{ITEM}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["examples"][0]["answers"]


def starts(installation: Installation, clients: int, count: int) -> RawStarts:
    """The same work without the portal."""
    address = f"127.0.0.1:{installation.temporal_port}"
    return RawStarts(address, f"sqlite:///{database(installation)}", ITEM, CUSTOMER, clients, count)


def database(installation: Installation) -> Path:
    """The portal's database file."""
    return installation.folder / "var" / "ventanilla.db"


def cpu(installation: Installation) -> float:
    """The processor seconds that the installation's processes have used."""
    assert installation.process
    pids = [installation.process.pid, *installation.children().values()]
    return sum(map(cpu_of, pids))


def cpu_of(pid: int) -> float:
    """The processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(installation: Installation, query: str) -> int:
    """One number from the portal's database."""
    with closing(sqlite3.connect(database(installation))) as connection:
        (number,) = connection.execute(query).fetchone()
        return int(number)


def unsent(installation: Installation) -> int:
    """How much the outbox owes."""
    return ask(installation, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")


def wait_until_sent(installation: Installation) -> None:
    """Wait until the relay has delivered everything."""
    while unsent(installation):
        time.sleep(0.05)


def wait_until_still(installation: Installation) -> None:
    """Wait until the worker has nothing to do either, so that no run disturbs the next."""
    before = -1
    while unsent(installation) or before != effects(installation):
        before = effects(installation)
        time.sleep(STILL_SECONDS)


def effects(installation: Installation) -> int:
    """How much the workflows have done so far."""
    return ask(installation, "SELECT count(*) FROM effect")


def report(submitted: Runs, started: Runs, drains: list[float]) -> None:
    """The ratios."""
    say("")
    best = max(started, key=lambda clients: rate(started[clients]))
    raw, raw_p99 = rate(started[best]), p99(started[best])
    say(f"raw start_workflow is best with {best} at a time: {raw:.0f}/s, p99 {raw_p99:.1f} ms")
    for clients, runs in submitted.items():
        times, part = rate(runs) / raw, p99(runs) / raw_p99
        say(
            f"{clients:2} clients: {rate(runs):.0f} accepted/s, p99 {p99(runs):.1f} ms; "
            f"{times:.1f} times as many (goal {TIMES_AS_MANY:.0f}: "
            f"{verdict(times >= TIMES_AS_MANY)}), {part:.2f} of the p99 "
            f"(goal {PART_OF_P99}: {verdict(part <= PART_OF_P99)})"
        )
    say(f"the outbox drains at {sum(drains) / len(drains):.0f} workflows a second")


def rate(runs: list[Outcome]) -> float:
    """Calls a second over all runs."""
    return sum(len(run.latencies) for run in runs) / sum(run.seconds for run in runs)


def p99(runs: list[Outcome]) -> float:
    """The 99th percentile over all runs."""
    return percentile([latency for run in runs for latency in run.latencies], 99)


if __name__ == "__main__":
    say(machine())
    measure(*map(int, sys.argv[1:]))
