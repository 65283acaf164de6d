"""A workflow that asks for a deadline, to be run in the sandbox of the worker."""

from datetime import datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow

from ground.business_time import Calendar, add


class Wanted(BaseModel):
    """From when, how much, by which calendar."""

    calendar: Calendar
    start: datetime
    amount: timedelta


@workflow.defn
class Deadline:
    """Answers the deadline."""

    @workflow.run
    async def run(self, wanted: Wanted) -> datetime:
        return add(wanted.calendar, wanted.start, wanted.amount)
