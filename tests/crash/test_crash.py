"""Nothing is lost and nothing is done twice, whatever is killed and whenever.

200 changes of address are submitted over HTTP by clients who repeat a call that broke off, while
server, worker and Temporal are killed (SIGKILL, by process id) in a random order at random moments
and started again. In the end there are 200 requests, each finished once, and each effect once as a
witness outside our database has counted.
"""

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from tests.crash.people import Agent, Crowd, Customer
from tests.real.installation import Installation
from tests.real.processes import answers, free_port, spawn, wait_until

pytestmark = pytest.mark.xdist_group("server")

REQUESTS = 200
CLIENTS = 4
ACCOUNTS = ("customer@example.com", "customer2@example.com")
CONFIRMED = {"decision": "confirm", "method": "call"}
KILLS = {"server": 8, "worker": 8, "temporal": 8}
FEWEST_HITS = 20
LONGEST_PEACE_SECONDS = 2.5
END_SECONDS = 150
FRESH = timedelta(seconds=10)
"""A request that has moved so lately is being worked on."""

TIMES = {
    "requests.close": 1,
    "requests.seal": 1,
    "profiles.update-profile": 3,
    "profiles.tell-contacts": 1,
}
"""How often the workflow of a change of address does what; three uses follow the new address."""


@dataclass
class Chaos:
    """Kills a process and starts it again, and notes what was under way at that moment."""

    installation: Installation
    dice: random.Random
    hits: list[str] = field(default_factory=list)
    done: int = 0

    def rage(self, victims: list[str]) -> None:
        """Kill all of them, one after another."""
        for victim in victims:
            time.sleep(self.dice.uniform(0.1, LONGEST_PEACE_SECONDS))
            self.kill(victim)
            self.done += 1

    def kill(self, victim: str) -> None:
        """Kill one process; whoever supervises it starts it again, and we the supervisor."""
        if victim != "server":
            wait_until(lambda: victim in self.installation.children(), 40, f"the {victim}'s start")
        under_way = moving(self.installation)
        process = self.installation.process
        assert process
        pid = process.pid if victim == "server" else self.installation.children()[victim]
        os.kill(pid, signal.SIGKILL)
        if under_way:
            self.hits.append(victim)
        print(f"killed {victim} (process {pid}) with {under_way} requests under way")  # noqa: T201
        if victim == "server":
            process.wait()
            self.installation.start()
            wait_until(self.installation.alive, 60, "the portal's return")


def moving(installation: Installation) -> int:
    """How many requests are being worked on: open, and just changed or still to be delivered."""
    fresh = datetime.now(UTC).replace(tzinfo=None) - FRESH
    query = (
        "SELECT count(*) FROM request WHERE closed_at IS NULL AND (updated_at > ? OR EXISTS "
        "(SELECT 1 FROM outbox WHERE request_id = request.id AND sent_at IS NULL))"
    )
    return int(ask(installation, query, fresh.isoformat(" "))[0][0])


def ask(installation: Installation, query: str, *values: object) -> list[tuple[str, ...]]:
    """The rows of a query on the portal's database."""
    path = installation.folder / "var" / "ventanilla.db"
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        return connection.execute(query, values).fetchall()


@dataclass
class Witness:
    """The witness's process and its file."""

    port: int
    file: Path

    def effects(self) -> dict[str, dict[str, set[str]]]:
        """For each request and name of an effect the keys under which it was reported."""
        found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for line in self.file.read_text().splitlines():
            told = json.loads(line)
            found[told["request"]][told["effect"]].add(told["key"])
        return found


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    """A witness that nobody kills."""
    witness = Witness(free_port(), tmp_path / "witness.jsonl")
    program = str(Path(__file__).with_name("witness.py"))
    process = spawn([sys.executable, program, str(witness.port), str(witness.file)])
    wait_until(lambda: answers(witness.port), 10, "the witness's start")
    yield witness
    process.kill()
    process.wait()


def change(number: int) -> object:
    """A change of address to a house of its own, from today on."""
    return {
        "item": "address-change",
        "answers": {
            "address": {
                "country": "ES",
                "lines": f"Calle de Alcalá {number}",
                "postal_code": "28014",
                "city": "Madrid",
                "region": "M",
            },
            "effective_date": f"{datetime.now(UTC):%Y-%m-%d}",
            "follow": ["billing", "delivery"],
            "email": "clara.romero@example.com",
            "reason": "moved",
            "consent": True,
        },
    }


def test_every_request_ends_once_and_every_effect_happens_once(
    installations: Callable[..., Installation], witness: Witness
) -> None:
    seed = int(os.environ.get("VENTANILLA_TEST_SEED", random.randrange(2**32)))
    print(f"VENTANILLA_TEST_SEED={seed}")  # noqa: T201
    dice = random.Random(seed)
    installation = installations(VENTANILLA_AUDIT_ADDRESS=f"127.0.0.1:{witness.port}")
    installation.start_and_wait()
    customers = [Customer(installation, ACCOUNTS[n % 2]) for n in range(CLIENTS)]
    agent = Agent(installation, "agent@example.com", answers={"identity-check": CONFIRMED})
    for person in (*customers, agent):
        person.sign_in()
    chaos, crowd = Chaos(installation, dice), Crowd()
    victims = [victim for victim, times in KILLS.items() for _ in range(times)]
    dice.shuffle(victims)

    crowd.keep(agent.work, 0.3)
    for place, customer in enumerate(customers):
        crowd.send(partial(submit_all, customer, place, chaos))
    chaos.rage(victims)
    crowd.wait_until(
        lambda: sum(len(customer.made) for customer in customers) == REQUESTS,
        END_SECONDS,
        "submission",
    )
    crowd.wait_until(
        lambda: closed(installation) >= REQUESTS, END_SECONDS, "the end of all requests"
    )
    crowd.go_home()

    assert len(chaos.hits) >= FEWEST_HITS, chaos.hits
    made = {key: id for customer in customers for key, id in customer.made.items()}
    check_requests(customers, made)
    check_effects(witness, set(made.values()))
    check_addresses(installation)
    asyncio.run(check_workflows(installation, set(made.values())))


def submit_all(customer: Customer, place: int, chaos: Chaos) -> None:
    """Submit this client's part, spread over the whole of the chaos."""
    mine = range(place, REQUESTS, CLIENTS)
    for number in mine:
        while chaos.done < sum(KILLS.values()) * number / REQUESTS - 1:
            time.sleep(0.05)
        customer.submit(f"crash-{number}", change(number + 1))


def closed(installation: Installation) -> int:
    """How many requests have ended."""
    return int(ask(installation, "SELECT count(*) FROM request WHERE closed_at IS NOT NULL")[0][0])


def check_requests(customers: list[Customer], made: dict[str, str]) -> None:
    """As many requests as were accepted, each completed, and each told so once."""
    assert len(set(made.values())) == len(made) == REQUESTS
    owners = customers[: len(ACCOUNTS)]
    seen = {line["id"]: line for owner in owners for line in owner.pages("/api/requests")}
    assert set(seen) == set(made.values())
    assert Counter(line["status"] for line in seen.values()) == {"completed": REQUESTS}
    for owner in owners:
        for line in owner.pages("/api/requests"):
            entries = owner.pages(f"/api/requests/{line['id']}/timeline")
            numbers = [entry["number"] for entry in entries]
            assert numbers == sorted(set(numbers))
            assert sum(entry["key"] == "requests.ended_completed" for entry in entries) == 1


def check_effects(witness: Witness, requests: set[str]) -> None:
    """What the witness has heard: everything once, repeats under the same key aside."""
    heard = witness.effects()
    assert set(heard) == requests
    for request, effects in heard.items():
        for name, times in TIMES.items():
            assert len(effects[name]) == times, (request, name, effects[name])
        checks = effects["tasks.open-task"]
        assert len(checks) <= 1, (request, checks)


def check_addresses(installation: Installation) -> None:
    """Each house was moved into once for each use, which no key of ours enforces."""
    rows = ask(installation, "SELECT use, lines FROM address WHERE lines LIKE '%Alcal%'")
    moves = Counter(rows)
    assert set(moves.values()) == {1}
    assert len(moves) == 3 * REQUESTS


async def check_workflows(installation: Installation, requests: set[str]) -> None:
    """The engine, too, knows one workflow for each request, which ran once and completed."""
    client = await Client.connect(f"127.0.0.1:{installation.temporal_port}")
    runs = Counter([(run.id, run.status) async for run in client.list_workflows()])
    assert runs == Counter((id, WorkflowExecutionStatus.COMPLETED) for id in requests)
