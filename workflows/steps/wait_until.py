"""Waiting for a moment, such as the day on which something takes effect."""

import datetime as days
from datetime import datetime, time
from typing import Self

from pydantic import AwareDatetime, model_validator

from activities import profiles
from activities.effects import Nothing
from activities.profiles import Day
from activities.requests import tell
from ground.business_time import next_opening
from store.requests import StageState
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, Wants, example


class WaitUntil(Wants):
    """Until when to wait, and for what."""

    model_config = example(
        date="${ $answers.effective_date }",
        business=True,
        why="Waiting for the day of the move",
    )

    date: days.date | None = None
    """The day until which to wait: until it begins where the customer is."""
    moment: AwareDatetime | None = None
    """The moment until which to wait, instead of a day."""
    business: bool = False
    """Whether to wait until the item's calendar opens, on that day or at the next opening after."""
    why: str = "Waiting for a day"
    """What is waited for, in the words of operations."""
    revision: int | None = None
    """If given, the wait also ends once the customer has changed the answers beyond it."""

    @model_validator(mode="after")
    def says_one_time(self) -> Self:
        if (self.date is None) == (self.moment is None):
            raise ValueError("give either `date` or `moment`")
        return self


class Waited(Facts):
    """Whether the moment has come."""

    reached: bool
    """False when a change of the answers came first."""


@step
async def wait_until(request: RequestWorkflow, wants: WaitUntil) -> Waited:
    """Wait until a day or a moment has come."""
    until = await moment_of(request, wants)
    stage = request.carried.stage or request.stages[0]
    request.telling.move(stage, StageState.IN_PROGRESS, until)
    # Nothing else would carry what has been told so far, perhaps for weeks.
    await request.act(tell, Nothing())
    request.telling.expects(request.start.plan.group, until)
    amended = await request.wait(lambda: request.amended_since(wants.revision), until, wants.why)
    return Waited(reached=not amended)


async def moment_of(request: RequestWorkflow, wants: WaitUntil) -> datetime:
    """The moment that is waited for."""
    level = request.start.plan.service_level
    if wants.business and level:
        zone = level.calendar.tz
        begins = wants.moment or datetime.combine(wants.date or days.date.max, time(), zone)
        return next_opening(level.calendar, begins)
    if wants.date:
        return await request.act(profiles.day_begins, Day(on=wants.date))
    assert wants.moment
    return wants.moment
