"""From what was learned to the dates of one request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.definitions import CatalogItem
from ground.business_time import Calendar, Span
from services.learning import Experience
from services.working_clock import WALL, Clock, passed


@dataclass(frozen=True)
class Standing:
    """Where a request stands: in which stage since when, and when we waited for its customer.

    `known_end` is when the stage will end, where that is settled.
    """

    stage: str
    began: datetime
    pauses: Sequence[Span] = ()
    known_end: datetime | None = None


@dataclass(frozen=True)
class Dates:
    """Half of such requests are done by `earliest`, nine in ten by `latest`; one date is both.

    `promised` is the late end that was told when the stage began, without the customer's time
    since then; past it the request is late. Only a forecast that has proved itself promises.
    """

    earliest: datetime
    latest: datetime
    promised: datetime | None = None


def learned_dates(
    experience: Experience, calendar: Calendar | None, standing: Standing, now: datetime
) -> Dates | None:
    """By the forecast; None where it knows nothing of the stage."""
    known = experience.forecaster
    clock = experience.times(calendar, standing.began).clock(standing.stage)
    age = passed(clock, standing.began, now, standing.pauses)
    at_first = known.remaining(standing.stage, 0.0) if known else None
    left = known.remaining(standing.stage, age) if known else None
    after = known.after(standing.stage) if known else None
    if not (at_first and left and after):
        return None
    start = now
    if standing.known_end:
        start, left = max(now, standing.known_end), after
    return Dates(
        later(clock, start, left.half),
        later(clock, start, left.most),
        None if standing.known_end else later(clock, now, at_first.most - age),
    )


def later(clock: Clock, start: datetime, seconds: float) -> datetime:
    """The moment so many seconds of a clock after another one, or before it."""
    moved = clock.moment(clock.at(start) + seconds)
    return max(start, moved) if seconds >= 0 else moved


def median_dates(experience: Experience, standing: Standing, now: datetime) -> Dates | None:
    """By the plain medians; None where there is none for the stage."""
    known, stage = experience.medians, standing.stage
    age = passed(WALL, standing.began, now, standing.pauses)
    left = known.remaining(stage, age)
    if left is None:
        return None
    if standing.known_end:
        rest = max(0.0, known.remained[stage] - known.lasted[stage])
        end = max(now, standing.known_end) + timedelta(seconds=rest)
    else:
        end = now + timedelta(seconds=left)
    return Dates(end, end)


def usual_dates(item: CatalogItem, standing: Standing, now: datetime) -> Dates:
    """By the usual durations of the definition; stages that only some reach count once reached."""
    order = [stage.id for stage in item.stages]
    place = order.index(standing.stage)
    usual = item.stages[place].usual
    waited = timedelta(seconds=passed(WALL, standing.began, now, standing.pauses))
    stage_end = standing.known_end or now + usual - waited
    rest = [stage.usual for stage in item.stages[place + 1 :] if stage.shown == "always"]
    end = max(now, stage_end) + sum(rest, timedelta())
    return Dates(end, end)
