"""Publishing events over HTTP: CloudEvents 1.0 in structured mode."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, Field

from api.deps import Db, requires
from api.problems import problems
from ground import clock
from services import events
from services.access import Viewer
from store.identity import Role

router = APIRouter(prefix="/api/events", tags=["events"])

Publisher = Annotated[Viewer, Depends(requires(Role.OPERATOR, Role.SYSTEM))]
EXAMPLE = {
    "specversion": "1.0",
    "id": "8f0c2a",
    "source": "https://core.example.com/cards",
    "type": "com.example.card.produced",
    "subject": "card-4711",
    "time": "2026-05-04T09:30:00Z",
    "data": {"card": "card-4711"},
}


class Published(BaseModel):
    """What has become of an event; `new` is false when it had been published before."""

    source: str = Field(examples=["https://core.example.com/cards"])
    id: str = Field(examples=["8f0c2a"])
    new: bool


@router.post("", status_code=202, responses=problems(401, 403, 413, 422))
async def publish(
    event: Annotated[dict[str, Any], Body(examples=[EXAMPLE])],
    _publisher: Publisher,
    database: Db,
) -> Published:
    """Publish an event; every request that waits for it goes on. The same event again, known by
    its source and id, is the same success and changes nothing."""
    new = await database.write(events.publish, event, clock.now())
    return Published(source=event["source"], id=event["id"], new=new)
