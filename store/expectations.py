"""What past requests of an item say of those under way, as it was last learned."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from store.base import json_field, moment_field


class ItemExpectation(SQLModel, table=True):
    """What was learned of one item from so many `ended` requests, the last of them at `last_end`.

    `basis` is what is shown because of it, `experience` all that a date is computed from. `looks`
    is the number of forecasts that were compared with what came; `coverage` the share of them by
    whose late end the request had ended; the errors are means of absolute errors in seconds, of
    the forecast and of the plain median. `tried_at` is when a server last began to learn.
    """

    __tablename__ = "item_expectation"

    item_id: str = Field(primary_key=True)
    tried_at: datetime = moment_field()
    last_end: datetime | None = moment_field(nullable=True)
    basis: str = "usual"
    ended: int = 0
    looks: int = 0
    coverage: float | None = None
    error_seconds: float | None = None
    median_error_seconds: float | None = None
    experience: dict[str, Any] = json_field()
