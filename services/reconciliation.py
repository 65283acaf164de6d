"""Finding what happened behind our back: workflows ended or lost outside the portal.

Every half minute the engine is asked for workflows that ended in an unusual way; after an unclean
stop, and every hour, each open request is compared with its workflow. A lost one is offered again
with all it was told; one that was ended is shown as such, never as in progress for ever.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from sqlmodel import Session, col, select
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from ground import clock
from services import outbox, requests
from store.database import Database
from store.requests import Delivery, Request

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=30)
SWEEP_EVERY = timedelta(hours=1)
OVERLAP = timedelta(minutes=5)
PAGE = 200
AT_ONCE = 8
UNUSUAL = (
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.FAILED,
    WorkflowExecutionStatus.TIMED_OUT,
    WorkflowExecutionStatus.CANCELED,
)


async def keep_reconciled(database: Database, client: Client, sweep_first: bool) -> None:
    """Look for ever; an engine that does not answer is asked again at the next turn.

    `sweep_first` after an unclean stop: then every open request is compared at once.
    """
    looked = clock.now()
    swept = None if sweep_first else looked
    while True:
        began = clock.now()
        try:
            if swept is None or began - swept > SWEEP_EVERY:
                await sweep(database, client)
                swept = began
            else:
                await look(database, client, looked - OVERLAP)
            looked = began
        except RPCError as error:
            log.warning("Temporal does not answer the reconciliation: %s", error.message)
        await asyncio.sleep(LOOK_EVERY.total_seconds())


async def look(database: Database, client: Client, since: datetime) -> None:
    """Show what has ended unusually since then."""
    states = ", ".join(f"'{status.name.title().replace('_', '')}'" for status in UNUSUAL)
    query = f"ExecutionStatus IN ({states}) AND CloseTime > '{since.isoformat()}'"
    async for execution in client.list_workflows(query):
        if await database.read(is_open, execution.id):
            await settle(database, client, execution.id)


async def sweep(database: Database, client: Client) -> None:
    """Compare every open request that has been started with its workflow."""
    after = ""
    while ids := await database.read(started, after, PAGE):
        for start in range(0, len(ids), AT_ONCE):
            batch = ids[start : start + AT_ONCE]
            await asyncio.gather(*(settle(database, client, request_id) for request_id in batch))
        after = ids[-1]


async def settle(database: Database, client: Client, request_id: str) -> None:
    """Bring one open request into line with its workflow."""
    status = await state(client, request_id)
    if status is None:
        await database.write(outbox.offer_again, request_id, clock.now())
    elif status in (*UNUSUAL, WorkflowExecutionStatus.COMPLETED):
        await database.write(requests.ended_outside, request_id, status.name.lower())


async def state(client: Client, request_id: str) -> WorkflowExecutionStatus | None:
    """The state of a request's workflow; None when the engine does not know it."""
    try:
        return (await client.get_workflow_handle(request_id).describe()).status
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise


def is_open(session: Session, request_id: str) -> bool:
    """Whether this is the id of an open request."""
    request = session.get(Request, request_id)
    return request is not None and request.closed_at is None


def started(session: Session, after: str, limit: int) -> list[str]:
    """Ids of open requests whose start has reached the engine, in order."""
    query = (
        select(Request.id)
        .join(Delivery, (col(Delivery.request_id) == Request.id) & (col(Delivery.number) == 1))
        .where(
            col(Request.closed_at).is_(None),
            col(Request.id) > after,
            col(Delivery.sent_at).is_not(None),
        )
        .order_by(col(Request.id))
        .limit(limit)
    )
    return list(session.exec(query))
