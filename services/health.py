"""Whether this server can do its work now: each thing it needs, tried and named."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from temporalio.client import Client
from temporalio.service import RPCError

from ground import clock
from ground.errors import Refusal, Unavailable
from services import outbox
from store.database import Database
from store.health import Probe

PATIENCE = 3.0
"""Seconds that one check may take before it counts as failed."""
LEAST_FREE_BYTES = 100 * 1024 * 1024
LONGEST_LAG = timedelta(minutes=1)

TemporalCheck = Callable[[], Awaitable[None]]
"""Returns when Temporal serves; raises `RPCError`, `RuntimeError` or `OSError` when it does not."""


@dataclass(frozen=True)
class Finding:
    """What one check found; `detail` is for operators, in English like the logs."""

    ok: bool
    detail: str


async def readiness(
    database: Database, data_dir: Path, temporal: TemporalCheck | None
) -> dict[str, Finding]:
    """Every check by name, all tried at the same time."""
    checks = {
        "database": check_database(database),
        "disk": check_disk(data_dir),
        "temporal": check_temporal(temporal),
        "outbox": check_outbox(database),
    }
    findings = await asyncio.gather(*(patiently(check) for check in checks.values()))
    return dict(zip(checks, findings, strict=True))


async def patiently(check: Awaitable[Finding]) -> Finding:
    try:
        return await asyncio.wait_for(check, PATIENCE)
    except TimeoutError:
        return Finding(False, f"no answer within {PATIENCE:g} s")


async def check_database(database: Database) -> Finding:
    """Write and commit a row: a full disk, a read-only file and a lost server all show here."""
    try:
        await database.write(write_probe, clock.now())
    except Unavailable as error:
        return Finding(False, f"cannot write: {error.params.get('cause', error.key)}")
    except DBAPIError as error:
        return Finding(False, f"cannot write: {error.orig}")
    return Finding(True, "reads and writes")


def write_probe(session: Session, at: datetime) -> None:
    session.merge(Probe(id=1, at=at))


async def check_disk(data_dir: Path) -> Finding:
    """Room for what is coming, so that operators hear of a full disk before customers do."""
    try:
        free = (await asyncio.to_thread(shutil.disk_usage, data_dir)).free
    except OSError as error:
        return Finding(False, str(error))
    return Finding(free >= LEAST_FREE_BYTES, f"{free // 1024**2} MB free in the data folder")


async def check_temporal(check: TemporalCheck | None) -> Finding:
    if check is None:
        return Finding(False, "no Temporal is connected to this server")
    try:
        await check()
    except (RPCError, RuntimeError, OSError) as error:
        return Finding(False, f"does not answer: {error}")
    return Finding(True, "answers")


def temporal_check(client: Client) -> TemporalCheck:
    """Asks the frontend whether it serves."""

    async def check() -> None:
        if not await client.service_client.check_health(timeout=timedelta(seconds=PATIENCE)):
            raise RuntimeError("it is not serving")

    return check


async def check_outbox(database: Database) -> Finding:
    """Whether workflows hear of what customers do."""
    try:
        lag = await database.read(outbox.lag, clock.now())
    except Refusal as error:
        return Finding(False, f"cannot read: {error.params.get('cause', error.key)}")
    return Finding(lag <= LONGEST_LAG, f"oldest undelivered row waits {lag.total_seconds():.1f} s")
