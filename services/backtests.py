"""Would forecasts have held? Each is made again as it would have been made then, and compared.

The later half of the history is held out. Whoever looked at a request then, when a stage began or
later, would have had a forecast learned from what had ended by that moment, and nothing else. A few
such forecasters along the way stand for one learned at every moment, so that the test is a little
harder than life. What the customer took to answer is left out on both sides.

A forecast is judged when its late end comes, no sooner: whoever judged it when its request ends
would know of the quick ones first. So requests that are still under way are judged too.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from math import isfinite

from pydantic import BaseModel

from services.forecasts import (
    MINUTE,
    Drift,
    End,
    Forecaster,
    Life,
    Medians,
    Passage,
    Remaining,
    fit,
    medians,
)
from services.working_clock import WALL, Clock, passed

ENOUGH = 30
"""So many requests must have ended, to learn from; and so many more, to judge what was learned."""
LATEST = 200
"""How many the plain medians are taken from."""
FORECASTERS = 8
LEAST_LOOKS = 150
"""So many forecasts must have been judged: of fewer, too many look right by chance."""
LEAST_COVERAGE, MOST_COVERAGE = 0.85, 0.95
CLEARLY = 0.98
"""A forecast's mean error is at most this share of the median's: a smaller gain may be chance."""

ClockOf = Callable[[str], Clock]
"""The clock of each stage."""


class Verdict(BaseModel):
    """How forecasts have done: the share that ended by the late end, and mean errors in seconds.

    The errors are those of the early end and of the plain median, by the clock.
    """

    looks: int = 0
    coverage: float = 0.0
    error: float = 0.0
    median_error: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the forecast may be shown: it covers what it says and beats the plain median."""
        covers = LEAST_COVERAGE <= self.coverage <= MOST_COVERAGE
        better = self.error <= CLEARLY * self.median_error
        return self.looks >= LEAST_LOOKS and covers and better and self.median_error > 0


@dataclass(frozen=True)
class Learned:
    """What was known at a moment."""

    since: datetime
    forecaster: Forecaster
    medians: Medians


@dataclass(frozen=True)
class Look:
    """Somebody looks at a request: what they were told but for the drift, and what came.

    The times are seconds by the clock of the stage; `plain`, what the medians said, by the wall's.
    """

    at: datetime
    clock: Clock
    said: Remaining
    came: float
    plain: float

    def moment(self, seconds: float) -> datetime:
        """When so much will have passed since."""
        return max(self.at, self.clock.moment(self.clock.at(self.at) + seconds))


def backtest(
    ended: Sequence[Life], under_way: Sequence[Life], clock_of: ClockOf, now: datetime
) -> tuple[Verdict, Drift]:
    """Judge forecasts over a history, the request that ended first standing first.

    The drift is what they are late by at its end.
    """
    if len(ended) < 2 * ENOUGH:
        return Verdict(), Drift()
    known = learned_along(ended)
    found = [look for life in [*ended, *under_way] for look in looks(life, clock_of, known)]
    held_out = ended[len(ended) // 2].ended
    tally, drift = Tally(), Drift()
    due: list[tuple[datetime, int, End, bool]] = []
    for number, look in enumerate(sorted(found, key=lambda one: one.at)):
        while due and due[0][0] <= look.at:
            drift.learn(*heappop(due)[2:])
        told = drift.applied(look.said)
        late = look.moment(told.most)
        heappush(due, (look.moment(told.half), number, "half", look.came <= told.half + MINUTE))
        heappush(due, (late, number, "most", look.came <= told.most + MINUTE))
        if look.at >= held_out and late <= now:
            tally.add(look, told)
    while due and due[0][0] <= now:
        drift.learn(*heappop(due)[2:])
    return tally.verdict(), drift


def learned_along(lives: Sequence[Life]) -> list[Learned]:
    """What was known at a few moments, from the first at which enough was."""
    step = max(1, (len(lives) - ENOUGH) // FORECASTERS)
    return [
        Learned(
            lives[count - 1].ended,
            fit(lives[:count]),
            medians(lives[max(0, count - LATEST) : count]),
        )
        for count in range(ENOUGH, len(lives), step)
    ]


def looks(life: Life, clock_of: ClockOf, known: Sequence[Learned]) -> Iterator[Look]:
    """When each stage begins, and at two ages that were chosen before, if it lasts as long."""
    for one in life.passages:
        then = known_at(known, one.began)
        table = then.forecaster.stages.get(one.stage) if then else None
        clock = clock_of(one.stage)
        for wanted in (0.0, *table.looked_at) if table else ():
            at = clock.moment(clock.at(one.began) + wanted) if wanted else one.began
            age = passed(clock, one.began, at, life.pauses)
            waiting = any(begins <= at < ends for begins, ends in life.pauses)
            if not waiting and (age < one.lasted or not wanted):
                yield from seen(life, one, clock, at, age, known_at(known, at))


def known_at(known: Sequence[Learned], at: datetime) -> Learned | None:
    """What was learned last before a moment."""
    number = bisect_right(known, at, key=lambda one: one.since)
    return known[number - 1] if number else None


def seen(
    life: Life, one: Passage, clock: Clock, at: datetime, age: float, known: Learned | None
) -> Iterator[Look]:
    """A look at a request that has been in a stage for so long."""
    said = known.forecaster.remaining(one.stage, age) if known else None
    age_by_clock = passed(WALL, one.began, at, life.pauses)
    plain = known.medians.remaining(one.stage, age_by_clock) if known else None
    if said is not None and plain is not None:
        yield Look(at, clock, said, one.remained - age, plain)


class Tally:
    """Adds up how forecasts have done; errors are known of requests that have ended."""

    def __init__(self) -> None:
        self.looks = self.ended = self.covered = 0
        self.error = self.median_error = 0.0

    def add(self, look: Look, told: Remaining) -> None:
        """One look, with what was told."""
        self.looks += 1
        self.covered += look.came <= told.most + MINUTE
        if isfinite(look.came):
            self.ended += 1
            ended = look.moment(look.came)
            self.error += abs((ended - look.moment(told.half)).total_seconds())
            self.median_error += abs((ended - look.at).total_seconds() - look.plain)

    def verdict(self) -> Verdict:
        """What it comes to."""
        if not self.ended:
            return Verdict()
        return Verdict(
            looks=self.looks,
            coverage=self.covered / self.looks,
            error=self.error / self.ended,
            median_error=self.median_error / self.ended,
        )
