"""Runs a definition months ahead in seconds: real interpreter and effects, virtual time and people.

Nothing outside is touched: the database is thrown away, and other systems are only called at the
addresses given for them.
"""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import activities.registry  # noqa: F401
from activities import effects, outside
from catalog.examples import answers_for
from catalog.versions import Version
from ground import clock
from services import demo, events, forms, published, publishing, requests
from services.access import Viewer
from services.document_files import FolderFiles
from services.outbound import Outbound
from services.relay import Relay, start_input
from services.requests import Submission
from settings import Settings
from store.database import Database
from store.requests import Request
from store.schema import upgrade
from studio.engine import failures, idle, next_timer, time_skipping
from studio.people import People
from studio.population import Population
from studio.report import Report, report
from studio.samples import with_documents
from studio.staff import hire
from workflows.registry import ALL_WORKFLOWS
from workflows.sandbox import sandbox

HORIZON = timedelta(days=400)
"""How far a simulation looks ahead unless told otherwise, so that what waits for a year ends."""
BLINK = timedelta(seconds=1)
STRIDE = timedelta(days=1)
"""How far time leaps where no timer is known, so that nothing is leapt over."""
MOST_LEAPS = 5_000


class Wanted(BaseModel):
    """What to simulate: answers to the item's form, or the input of a process of its own."""

    answers: dict[str, Any] = {}
    example: str | None = None
    """The example of the item whose answers are given."""
    given: Any = None
    people: People = People()
    until: datetime | None = None
    language: str = "en"
    history_limit: int | None = None
    """After how many events the workflow goes on in a new run; rarely, unless told."""


@dataclass
class Simulation:
    """One request under way in virtual time."""

    environment: WorkflowEnvironment
    database: Database
    settings: Settings
    population: Population
    moment: datetime
    relay: Relay = field(init=False)

    def __post_init__(self) -> None:
        self.relay = Relay(self.database, self.client, self.settings)

    @property
    def client(self) -> Client:
        """The client of the engine."""
        return self.environment.client

    async def run(self, version: Version, wanted: Wanted) -> Report:
        """Submit a request and let time pass until it ends, waits for ever, or `until` has come.

        Raises `Refusal` and `Impossible` for what cannot be asked, and `EngineFailed`.
        """
        async with failures():
            return await self.report_on(version, wanted)

    async def report_on(self, version: Version, wanted: Wanted) -> Report:
        """One request, from its submission on."""
        with clock.told_by(lambda: self.moment):
            request = await self.begin(version, wanted)
            await self.go_on(request, wanted.until or self.moment + HORIZON)
            declared = version.item.process is not None
            found = await report(self.client, self.database, request, wanted.language, declared)
            if not self.ended(request):
                # It would act again while time passes for the next request.
                await self.client.get_workflow_handle(request.id).terminate()
            return found

    async def begin(self, version: Version, wanted: Wanted) -> Request:
        """Submit a request, and see who is asked at once."""
        request = await self.submit(version, wanted)
        self.population.begin(wanted.people, self.moment)
        await self.settle(request)
        return request

    async def go_on(self, request: Request, until: datetime) -> None:
        """Let time pass until the request ends, waits for ever, or `until` has come."""
        for _ in range(MOST_LEAPS):
            if self.ended(request) or self.moment >= until:
                break
            await self.leap(request, until)

    async def submit(self, version: Version, wanted: Wanted) -> Request:
        """Write the request and start its workflow."""
        viewer = self.population.viewer(wanted.people.customer)
        submission = Submission(
            item=version.item.id,
            answers=self.answers(version, wanted, viewer),
            channel="simulation",
            language=wanted.people.language,
        )
        request = self.database.write_now(self.accept, viewer, submission)
        own: dict[str, Any] = {"given": wanted.given, "history_limit": wanted.history_limit}
        if own := {name: value for name, value in own.items() if value is not None}:
            plan = version.plan()
            start = start_input(request, plan) | own
            await self.client.start_workflow(
                plan.workflow, start, id=request.id, task_queue=self.settings.task_queue
            )
        await self.relay.drain()
        return request

    def accept(self, session: Session, viewer: Viewer, submission: Submission) -> Request:
        """Submit a form, with sample documents where it names some."""
        answers = with_documents(session, self.population.files, submission.answers, viewer)
        session.flush()
        return requests.submit(session, viewer, submission.model_copy(update={"answers": answers}))

    def answers(self, version: Version, wanted: Wanted, viewer: Viewer) -> dict[str, Any]:
        """The answers to submit: those given, or an example's as this customer would give them."""
        found = next((one for one in version.item.examples if one.name == wanted.example), None)
        if found is None:
            return wanted.answers
        return self.database.read_now(
            lambda session: answers_for(found, forms.context(session, viewer.account_id, "en"))
        )

    async def let_go(self) -> None:
        """End the engine's part of a request that has not ended, so that time can pass."""
        request = self.population.request
        if request is not None and not self.ended(request):
            with contextlib.suppress(RPCError):
                await self.client.get_workflow_handle(request.id).terminate("simulated enough")

    def ended(self, request: Request) -> bool:
        """Whether the request has come to its end."""
        found = self.database.read_now(lambda session: session.get_one(Request, request.id))
        return found.closed_at is not None

    async def leap(self, request: Request, until: datetime) -> None:
        """Go to the next moment at which something happens, and let it happen."""
        timer = await next_timer(self.client, request.id)
        moments = [until, self.moment + STRIDE if timer is None else timer + BLINK]
        moments += [planned.at for planned in self.population.planned]
        if timer is None and not self.population.planned:
            moments = [until]
        target = max(min(moments), self.moment)
        await self.environment.sleep(target - self.moment)
        self.moment = max(target, await self.environment.get_current_time())
        await self.settle(request)
        if self.population.act(self.moment):
            await self.settle(request)

    async def settle(self, request: Request) -> None:
        """Wait until the engine has done all that is to be done now, and see who is asked."""
        busy = True
        while busy:
            # What people have answered reaches the workflow first, or it would seem idle.
            await self.relay.drain()
            await idle(self.client, request.id)
            spread = self.database.write_now(spread_events, self.moment)
            busy = bool(spread or await self.relay.deliver_due())
        self.population.look(request)


@asynccontextmanager
async def simulator(hosts: Mapping[str, str] | None = None) -> AsyncIterator[Simulation]:
    """A service counter in a folder of its own, with demo people; `hosts` are those that may be
    called, each at the address given.
    """
    with tempfile.TemporaryDirectory(prefix="ventanilla-simulation-") as folder:
        settings = Settings(data_dir=Path(folder), secret_key="of-a-simulation-only-0123456789")
        database = Database(settings.database)
        upgrade(database)
        database.write_now(demo.load, "nobody signs in")
        files = FolderFiles(settings.data_dir / "documents")
        async with time_skipping() as environment, database:
            worker = Worker(
                environment.client,
                task_queue=settings.task_queue,
                workflows=ALL_WORKFLOWS,
                activities=[
                    *effects.bind(database, files=files),
                    *outside.bind(Outbound(mapped=dict(hosts or {}))),
                ],
                workflow_runner=sandbox(),
            )
            async with worker:
                moment = await environment.get_current_time()
                population = Population(database, files)
                yield Simulation(environment, database, settings, population, moment)


async def simulate(
    version: Version, wanted: Wanted, hosts: Mapping[str, str] | None = None
) -> Report:
    """What a request of this version comes to."""
    async with simulator(hosts) as simulation:
        simulation.database.write_now(prepare, version)
        return await simulation.run(version, wanted)


def spread_events(session: Session, at: datetime) -> int:
    """Tell the request of every event that was published; how many there were."""
    count = 0
    while event := events.oldest_to_spread(session):
        events.spread(session, event, at)
        session.flush()
        count += 1
    return count


def prepare(session: Session, version: Version) -> None:
    """Make the version the published one, with people to work for it."""
    publishing.keep_versions(session, [version], clock.now())
    published.point_to(session, [version])
    hire(session, version)
