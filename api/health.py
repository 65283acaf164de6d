"""Health for load balancers and operators."""

import asyncio
import time
from dataclasses import asdict
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.deps import AppSettings, Db
from services import health

router = APIRouter(prefix="/health", tags=["health"])

FRESH_SECONDS = 1.0
"""How long an answer serves everybody: the check writes, and anyone may call it."""


class Live(BaseModel):
    """The process runs and answers."""

    status: Literal["ok"] = "ok"


class Check(BaseModel):
    """One thing this server needs."""

    ok: bool
    detail: str = Field(examples=["reads and writes"])


class Readiness(BaseModel):
    """Whether to send people here; `checks` holds database, disk, temporal and outbox."""

    status: Literal["ready", "not ready"]
    checks: dict[str, Check]


class LastAnswer:
    """The last readiness and when it was found; one caller at a time looks anew."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.at = -FRESH_SECONDS
        self.answer: Readiness | None = None


@router.get("/live")
async def live() -> Live:
    """Whether the process answers at all."""
    return Live()


@router.get(
    "/ready", responses={503: {"model": Readiness, "description": "Something named is not ok"}}
)
async def ready(
    request: Request, response: Response, database: Db, settings: AppSettings
) -> Readiness:
    """Whether everything this server needs works, each by name."""
    last: LastAnswer = request.app.state.readiness
    async with last.lock:
        if last.answer is None or time.monotonic() - last.at > FRESH_SECONDS:
            found = await health.readiness(
                database, settings.data_dir, request.app.state.temporal_check
            )
            last.answer = readiness_of(found)
            last.at = time.monotonic()
    response.status_code = 200 if last.answer.status == "ready" else 503
    response.headers["Cache-Control"] = "no-store"
    return last.answer


def readiness_of(found: dict[str, health.Finding]) -> Readiness:
    return Readiness(
        status="ready" if all(finding.ok for finding in found.values()) else "not ready",
        checks={name: Check(**asdict(finding)) for name, finding in found.items()},
    )
