"""Beginning a request at its time; there is no request yet that this could be an effect of."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.effects import REFUSED
from ground import clock
from ground.errors import Refusal, Unavailable
from services import schedules
from store.database import Database

BEGIN = "schedules.begin"


class Begin(BaseModel):
    """The item of which a request is to begin, and the key that is the same on every attempt."""

    item: str
    key: str


def bind(database: Database) -> list[Callable[..., Awaitable[Any]]]:
    """The activity on a database."""

    @activity.defn(name=BEGIN)
    async def begin(wants: Begin) -> str:
        """Begin a request; its id."""
        try:
            request = await database.write(schedules.start, wants.item, wants.key, {}, clock.now())
        except Unavailable:
            raise
        except Refusal as why:
            raise ApplicationError(
                f"{why.key}: {why.params}", type=REFUSED, non_retryable=True
            ) from why
        return request.id

    return [begin]
