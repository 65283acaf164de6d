"""What a finished request costs the engine, and what a submission costs the database.

`python -m bench.cost` counts in the histories that the replay tests have recorded, one plain path
of each workflow, and in the statements that one submission over HTTP runs.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import Engine, event
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from api.app import create_app
from bench.figures import machine, say
from bench.portal import bearer, customer, portal
from settings import Settings
from store.database import Database
from tests.workflows.histories import recorded

PLAIN = {
    "address-change": "today-means-at-once",
    "loan-request": "a-small-loan-needs-nobody-but-its-customer",
    "plan-upgrade": "it-charges-the-balance-switches-and-invoices",
    "case-routing": "a-case-is-worked-on-resolved-confirmed-and-closed",
}
ROW = "{:16} {:>6} {:>5} {:>10} {:>5} {:>6} {:>6}  {}"
FRAMES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
"""What holds statements together and is none itself."""


def measure() -> None:
    """Print both tables."""
    say(ROW.format("workflow", "events", "tasks", "activities", "local", "timers", "bytes", "path"))
    histories = dict(recorded())
    for workflow, path in PLAIN.items():
        cost = Cost.of(histories[f"{workflow}/{path}-0.json.gz"])
        counts = (cost.events, cost.tasks, cost.activities, cost.local, cost.timers, cost.size)
        say(ROW.format(workflow, *counts, path.replace("-", " ")))
    say("")
    with portal() as (settings, database):
        asyncio.run(submissions(settings, database))


@dataclass
class Cost:
    """What one run of a workflow left in the engine; `size` in bytes.

    Local activities, which the worker runs within a workflow task, leave a marker each.
    """

    events: int
    tasks: int
    activities: int
    local: int
    timers: int
    size: int

    @classmethod
    def of(cls, history: WorkflowHistory) -> "Cost":
        """Counted in its history."""
        kinds = [one.event_type for one in history.events]
        return cls(
            events=len(kinds),
            tasks=kinds.count(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED),
            activities=kinds.count(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED),
            local=sum(map(is_local_activity, history.events)),
            timers=kinds.count(EventType.EVENT_TYPE_TIMER_STARTED),
            size=sum(one.ByteSize() for one in history.events),
        )


def is_local_activity(one: HistoryEvent) -> bool:
    """Whether the event is the marker of a local activity."""
    return one.marker_recorded_event_attributes.marker_name == "core_local_activity"


async def submissions(settings: Settings, database: Database) -> None:
    """The statements of one submission of each item, the second of its kind."""
    statements: list[str] = []
    for engine in (database.engine, database.write_engine):
        listen(engine, statements.append)
    headers = bearer(database, database.read_now(customer).account_id)
    app = create_app(settings, database)
    transport = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url="http://bench", headers=headers) as client:
        for item in PLAIN:
            answers = await plain_answers(client, item)
            for _ in range(2):
                statements.clear()
                body = {"item": item, "answers": answers}
                answer = await client.post("/api/requests", json=body)
                answer.raise_for_status()
            say(f"{item:16} {told(statements)}")


async def plain_answers(client: AsyncClient, item: str) -> Any:
    """The item's first example."""
    answer = await client.get(f"/api/catalog/{item}")
    return answer.raise_for_status().json()["examples"][0]["answers"]


def listen(engine: Engine, hear: Callable[[str], None]) -> None:
    """Hear every statement that SQLite runs, the plain ones included, which no engine event tells.

    Connections are opened anew, so that none is missed.
    """
    engine.dispose()

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_trace_callback(hear)


def told(statements: list[str]) -> str:
    """How many of each sort."""
    words = [statement.split()[0].upper() for statement in statements]
    asked = [word for word in words if word not in FRAMES]
    sorts = ", ".join(f"{asked.count(sort)} {sort}" for sort in sorted(set(asked)))
    return f"{len(asked):3} statements a submission ({sorts}), {words.count('COMMIT')} COMMIT"


if __name__ == "__main__":
    say(machine())
    measure()
