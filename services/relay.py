"""The relay: carries what the outbox owes to the workflow engine, at once and after any fault.

It wakes on every commit and sweeps once a second for what a crash or an outage left behind. Several
relays may run; a row is leased to one of them at a time.
"""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import time
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session
from temporalio.client import Client
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from catalog.plan import Plan
from catalog.versions import Version
from ground import clock, search_attributes
from services import catalog, events, outbox, reconciliation, requests, schedules
from services.outbox import Claimed
from settings import Settings
from store.changes import Changes
from store.database import Database
from store.requests import Request

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Deliveries under way at a time: the engine's best concurrency on one machine."""
FEW = 4
"""With how many it begins, since the first of many submissions look like a few."""
SWEEP_SECONDS = 1.0

POURING = 50.0
"""Writes a second above which submissions are pouring in: more than an engine could start."""
LOOK_SECONDS = 0.1
PAUSE_SECONDS = 0.25
PATIENCE = timedelta(seconds=5)


class Pace:
    """How fast the relay goes: one by one while submissions pour in, so that these are accepted
    soonest, and at full speed again as soon as they cease or the oldest start has waited enough.
    """

    def __init__(self, database: Database) -> None:
        self.writer = database.writer
        self.looked_at, self.written = time.monotonic(), self.writer.written
        self.pouring = False

    def gives_way(self, oldest: datetime, now: datetime) -> bool:
        """Whether to go slowly, where the oldest delivery was owed since then."""
        moment, written = time.monotonic(), self.writer.written
        passed = moment - self.looked_at
        if passed >= LOOK_SECONDS:
            self.pouring = (written - self.written) / passed > POURING
            self.looked_at, self.written = moment, written
        return self.pouring and now - oldest < PATIENCE


class Relay:
    """Delivers starts and signals, in order per request, until they have arrived."""

    def __init__(self, database: Database, client: Client, settings: Settings) -> None:
        self.database, self.client, self.settings = database, client, settings

    async def run(self, changes: Changes) -> None:
        """Deliver for ever; an unreachable database or engine is tried again."""
        seen, pace, limit = -1, Pace(self.database), FEW
        while True:
            try:
                batch = await self.deliver_due(limit)
            except Exception:
                log.exception("The relay could not read or mark the outbox; it tries again")
                batch = []
            if not batch:
                limit = FEW
                seen = await changes.wait(seen, SWEEP_SECONDS)
            elif pace.gives_way(batch[0].created_at, clock.now()):
                limit = 1
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                limit = min(2 * limit, AT_ONCE)

    async def drain(self) -> None:
        """Deliver until nothing is due. Raises the first fault; for tests and for shutting down."""
        while await self.deliver_due():
            pass

    async def deliver_due(self, limit: int = AT_ONCE) -> list[Claimed]:
        """Deliver one batch of what is due; the rows that were dealt with."""
        while await self.database.glance(events.any_to_spread):
            await self.database.write(schedules.spread_oldest, clock.now())
        batch = await self.database.write(outbox.claim, clock.now(), limit)
        if not batch:
            return []
        faults = await asyncio.gather(*map(self.deliver, batch))
        await self.database.write(settle, list(zip(batch, faults, strict=True)), clock.now())
        return batch

    async def deliver(self, claimed: Claimed) -> str | None:
        """Make one delivery; the fault in words when it did not arrive."""
        try:
            if claimed.kind == "start":
                await self.start(claimed.request)
            else:
                await self.signal(claimed)
        except RPCError as error:
            return f"{error.status.name}: {error.message}"
        except Exception as error:
            # Whatever is wrong with one delivery must not hold up those of other requests.
            log.exception("Delivery %s of request %s failed", claimed.number, claimed.request.id)
            return f"{type(error).__name__}: {error}"
        return None

    async def start(self, request: Request) -> None:
        """Start the request's workflow; one that has been started already counts as started."""
        version = await self.database.glance(catalog.version, request.version)
        plan = version.plan()
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self.client.start_workflow(
                plan.workflow,
                start_input(request, plan),
                id=request.id,
                task_queue=self.settings.task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=self.search_attributes(request, version),
                static_summary=f"{request.item_id} {request.reference}",
            )

    async def signal(self, claimed: Claimed) -> None:
        """Tell the workflow what somebody has said; one that has ended is noted on the request."""
        delivery = {"number": claimed.number, "kind": claimed.kind, "body": claimed.body}
        try:
            handle = self.client.get_workflow_handle(claimed.request.id)
            await handle.signal("deliver", delivery)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            await self.came_too_late(claimed)

    async def came_too_late(self, claimed: Claimed) -> None:
        """The workflow has ended, or is lost: then it is offered again with all it was told."""
        request_id = claimed.request.id
        if await reconciliation.state(self.client, request_id) is None:
            await self.database.write(outbox.offer_again, request_id, clock.now())
            raise RuntimeError("the engine does not know the workflow; it is started again")
        await self.database.write(requests.too_late, request_id, claimed.number, claimed.kind)

    def search_attributes(self, request: Request, version: Version) -> TypedSearchAttributes:
        """What ops can search by from the first moment on."""
        pairs: list[SearchAttributePair[Any]] = [
            SearchAttributePair(search_attributes.ITEM, request.item_id),
            SearchAttributePair(
                search_attributes.CUSTOMER,
                pseudonym(request.customer_id, self.settings.secret()),
            ),
            SearchAttributePair(search_attributes.STAGE, request.stage or ""),
            SearchAttributePair(search_attributes.GROUP, request.group or ""),
            SearchAttributePair(search_attributes.VERSION, version.hash),
            SearchAttributePair(search_attributes.SINCE, request.created_at),
        ]
        if request.due_at:
            pairs.append(SearchAttributePair(search_attributes.DUE, request.due_at))
        return TypedSearchAttributes(pairs)


def start_input(request: Request, plan: Plan) -> dict[str, object]:
    """The input of a request's workflow, as `workflows.messages.Start` reads it."""
    return {
        "request": request.id,
        "item": request.item_id,
        "version": request.version,
        "submitted_at": request.created_at,
        "plan": plan,
    }


def pseudonym(customer_id: str, secret: str) -> str:
    """A name for a customer that ops can search by and nobody can turn back."""
    return hmac.new(secret.encode(), customer_id.encode(), hashlib.sha256).hexdigest()[:16]


def settle(session: Session, results: list[tuple[Claimed, str | None]], now: datetime) -> None:
    """Write down how a batch went."""
    outbox.mark_sent(session, [claimed for claimed, fault in results if fault is None], now)
    for claimed, fault in results:
        if fault is not None:
            outbox.mark_failed(session, claimed, fault, now)
