"""Learning from experience what to tell those who wait: which basis holds for an item, and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from ground.business_time import Calendar
from services.backtests import ENOUGH, LATEST, Verdict, backtest
from services.experience import Course, Times, lives, times_of
from services.forecasts import Forecaster, Medians, fit, medians

Basis = Literal["learned", "median", "usual"]


class Experience(BaseModel):
    """All that a date is computed from. `working` are the stages timed by the calendar.

    Without a forecaster that has proved itself only the medians count.
    """

    medians: Medians
    forecaster: Forecaster | None = None
    working: frozenset[str] = frozenset()

    def times(self, calendar: Calendar | None, since: datetime) -> Times:
        """The clocks of the stages for moments from `since` on."""
        return Times(calendar, self.working, since)


class Lesson(BaseModel):
    """What was learned of an item, and how forecasts have done over its history."""

    basis: Basis = "usual"
    ended: int = 0
    verdict: Verdict = Verdict()
    experience: Experience | None = None


def learn(
    ended: Sequence[Course],
    under_way: Sequence[Course],
    calendar: Calendar | None,
    now: datetime,
) -> Lesson:
    """The lesson of a history, the request that ended first standing first.

    The forecast counts where it would have held, else the plain medians, and with too few requests
    neither.
    """
    ended = [one for one in ended if one.stages]
    if len(ended) < ENOUGH:
        return Lesson(ended=len(ended))
    times = times_of(ended, calendar)
    past = lives(ended, times)
    plain = Experience(medians=medians(past[-LATEST:]))
    verdict, drift = backtest(past, lives(under_way, times), times.clock, now)
    if not verdict.holds:
        return Lesson(basis="median", ended=len(past), verdict=verdict, experience=plain)
    forecaster = fit(past).model_copy(update={"drift": drift})
    learned = Experience(medians=plain.medians, forecaster=forecaster, working=times.working)
    return Lesson(basis="learned", ended=len(past), verdict=verdict, experience=learned)
