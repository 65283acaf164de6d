"""A service counter for tests: real services, relay, worker and engine, and people who act in time.

People act through `sleep`, never beside an awaited result, because the engine's clock leaps over
whatever nobody waits for.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import Session, col, select
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import activities.registry  # noqa: F401
from activities import effects, outside
from catalog.registry import Registry
from services import demo, identity, publishing, requests, tasks, timeline
from services.access import Viewer
from services.document_files import FolderFiles
from services.outbound import Outbound
from services.relay import Relay
from services.requests import Submission
from settings import Settings
from store.database import Database
from store.identity import Account
from store.requests import Effect, Request, TimelineEntry
from store.tasks import Task, TaskStatus
from tests.workflows import histories
from tests.workflows.replaying import replayer
from workflows.request import RequestWorkflow
from workflows.sandbox import sandbox

T = TypeVar("T")
CUSTOMER = "customer@example.com"
EFFECTS = "tests.workflows.probe_effects"
AGENT = "agent@example.com"
AGENT2 = "agent2@example.com"
ROOT = Path(__file__).parent.parent.parent


@dataclass
class Counter:
    """One counter with its catalog, its people and its engine."""

    database: Database
    environment: WorkflowEnvironment
    relay: Relay
    workflows: list[type[RequestWorkflow]]

    # What people do

    def viewer(self, email: str) -> Viewer:
        """Somebody by e-mail address."""

        def find(session: Session) -> Viewer:
            account = session.exec(select(Account).where(Account.email == email)).one()
            return identity.viewer_of(session, account.id)

        return self.database.read_now(find)

    async def submit(self, item: str, answers: dict[str, Any], by: str = CUSTOMER) -> Request:
        """A customer submits a form, and the relay carries it to the engine."""
        submission = Submission(item=item, answers=answers, channel="test")
        request = self.database.write_now(requests.submit, self.viewer(by), submission)
        await self.relay.drain()
        return request

    async def withdraw(self, request: Request, by: str = CUSTOMER) -> None:
        """The customer withdraws."""
        self.database.write_now(requests.withdraw, self.viewer(by), request.id)
        await self.relay.drain()

    async def amend(self, request: Request, answers: dict[str, Any], by: str = CUSTOMER) -> None:
        """The customer changes the answers."""
        self.database.write_now(requests.amend, self.viewer(by), request.id, answers, "en")
        await self.relay.drain()

    async def write(self, request: Request, text: str, by: str = CUSTOMER) -> None:
        """Somebody writes a message."""
        self.database.write_now(requests.write_message, self.viewer(by), request.id, text)
        await self.relay.drain()

    async def answer(self, request: Request, kind: str, by: str, **answers: Any) -> Task:
        """Somebody answers the request's open task of this kind."""
        task = self.task(request, kind)
        self.database.write_now(tasks.complete, self.viewer(by), task.id, answers, "en")
        await self.relay.drain()
        return task

    async def sleep(self, **duration: float) -> None:
        """Let time pass, such as `days=3`."""
        await self.environment.sleep(timedelta(**duration))

    async def sleep_until(self, moment: datetime) -> None:
        """Let time pass until a moment, and a minute more."""
        left = moment - await self.environment.get_current_time()
        await self.environment.sleep(left + timedelta(minutes=1))

    # What there is to see

    def task(self, request: Request, kind: str) -> Task:
        """The request's one open task of this kind."""
        found = [task for task in self.tasks(request) if task.kind == kind]
        assert len(found) == 1, [(task.kind, task.status) for task in self.tasks(request)]
        return found[0]

    def tasks(self, request: Request, status: str = TaskStatus.OPEN) -> list[Task]:
        """The request's tasks in this status."""
        query = select(Task).where(Task.request_id == request.id, Task.status == status)
        return self.look(lambda session: list(session.exec(query)))

    def request(self, request: Request) -> Request:
        """The request as it stands now."""
        return self.look(lambda session: session.get_one(Request, request.id))

    def timeline(self, request: Request) -> list[TimelineEntry]:
        """Every entry so far."""
        return self.look(lambda s: timeline.entries_after(s, request.id, 0, staff=True, limit=1000))

    def told(self, request: Request, visible: str | None = None) -> list[str]:
        """The message keys of the timeline, in order."""
        entries = self.timeline(request)
        return [e.text for e in entries if e.text and visible in (None, e.visible)]

    def stages(self, request: Request) -> dict[str, str]:
        """The state of each stage the request has entered."""
        rows = self.look(lambda session: timeline.stages_of(session, request.id))
        return {row.stage: row.state for row in rows}

    def effects(self, request: Request) -> list[str]:
        """The names of the effects that stand, in the order of their records."""
        query = select(Effect).where(Effect.request_id == request.id, col(Effect.undone).is_(False))
        return self.look(lambda session: sorted(effect.name for effect in session.exec(query)))

    def look(self, work: Callable[[Session], T]) -> T:
        """Read the database."""
        return self.database.read_now(work)

    def change(self, work: Callable[[Session], T]) -> T:
        """Change the database by hand, as another system would."""
        return self.database.write_now(work)

    # The engine

    def handle(self, request: Request) -> WorkflowHandle[Any, str]:
        """The request's workflow."""
        return self.environment.client.get_workflow_handle(request.id, result_type=str)

    async def result(self, request: Request) -> str:
        """The outcome, once the request has ended; its histories are replayed on the way."""
        outcome = await self.handle(request).result()
        await self.replay(request)
        return outcome

    async def replay(self, request: Request) -> None:
        """Every run of the request's workflow replays as it went."""
        ours = replayer(self.workflows, EFFECTS)
        for number, history in enumerate(await self.runs(request)):
            await ours.replay_workflow(history)
            histories.record(history, number)

    async def runs(self, request: Request) -> list[WorkflowHistory]:
        """The history of every run of the request's workflow, the first one first."""
        found = [await self.history(request)]
        while before := continued_from(found[0]):
            handle = self.environment.client.get_workflow_handle(request.id, run_id=before)
            found.insert(0, await handle.fetch_history())
        return found

    async def history(self, request: Request) -> WorkflowHistory:
        """The history of the request's latest run."""
        return await self.handle(request).fetch_history()


def continued_from(history: WorkflowHistory) -> str:
    """The id of the run that this one continues; empty for the first."""
    started = history.events[0].workflow_execution_started_event_attributes
    return started.continued_execution_run_id


@asynccontextmanager
async def open_counter(
    database: Database,
    environment: WorkflowEnvironment,
    settings: Settings,
    workflows: list[type[RequestWorkflow]],
    registry: Registry,
    catalog_dir: Path = ROOT / "catalog_defs",
    forms_dir: Path = ROOT / "forms",
    outbound: Outbound | None = None,
) -> AsyncIterator[Counter]:
    """A counter with the demo people and a catalog; its worker runs as long as the block.

    Without `outbound` it calls no other system.
    """
    database.write_now(identity.load_demo_accounts, "not-a-hash")
    database.write_now(demo.load_customers)
    refreshed = database.write_now(publishing.refresh, catalog_dir, forms_dir, registry)
    assert not refreshed.problems, "\n".join(map(str, refreshed.problems))
    worker = Worker(
        environment.client,
        task_queue=settings.task_queue,
        workflows=workflows,
        activities=[
            *effects.bind(database, files=FolderFiles(settings.data_dir / "documents")),
            *outside.bind(outbound or Outbound()),
        ],
        workflow_runner=sandbox(EFFECTS),
    )
    async with worker:
        relay = Relay(database, environment.client, settings)
        yield Counter(database, environment, relay, workflows)
