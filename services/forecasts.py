"""How long a request will still take, from how long others have taken: statistics, no database.

A forecast has two ends: `half` of such requests are done after so long, nine in ten (`most`) after
so long. Three ideas make it:

- **What remains is asked of those that have lasted as long.** For each stage there is a table: of
  the requests that were still in it after so long, how long did it take them to the end? Where too
  few have lasted that long, what remains grows with the time spent, as it does in heavy tails; for
  lighter ones that is too much rather than too little. Nothing but quantiles is ever taken, so one
  request that lay for a year moves nothing.
- **The recent counts more.** A request counts half as much as one `HALF_LIFE` ends later.
- **The forecast is corrected by what came** (split conformal prediction). The tables are made from
  the older part; on the latest third they forecast, and the ratios of what came to what was
  forecast correct both ends, so that nine in ten is nine in ten.
- **And by what comes** (`Drift`). What is known today ended today and began long ago. If that makes
  forecasts too early again and again, they become later, and the reverse.

All times are our time, without that in which we wait for the customer: working time in stages from
which on most of it is people's work, time by the clock in others.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from statistics import median
from typing import Literal

from pydantic import BaseModel

from ground.business_time import Span

SHARE = 0.9
"""The share of requests that end by the late end of a forecast."""
HALF_LIFE = 150
RECENT_HALF_LIFE = 60
"""In ends of requests: for the tables, and for their correction."""
CALIBRATION = 3
"""One part in so many corrects what the others say."""
AGES = (0.25, 0.5, 0.75, 0.9, 0.95)
"""Shares of requests that have left a stage, at which the others are asked what remains."""
LOOKED_AT = (0.4, 0.7)
"""The same for when forecasts are compared with what came; other ones, so that these are judged
between the ages of the tables, as they are used."""
FEW = 12
"""So many must have lasted as long, to be asked."""
STEP = 0.01
"""How much one outcome moves the correction by what comes."""
MINUTE = 60.0
"""A minute more or less is neither early nor late."""

End = Literal["half", "most"]
Weighted = Iterable[tuple[float, float]]
"""Values with their weights."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One stage of a request; seconds of our time in it, and from it to the request's end.

    `lasted` and `remained` are in the time of the stage, the other two by the clock. What remained
    is infinite while a request is under way, and its present stage has lasted until now.
    """

    stage: str
    began: datetime
    lasted: float
    remained: float
    lasted_by_clock: float
    remained_by_clock: float


@dataclass(frozen=True, slots=True)
class Life:
    """What a request has passed, and when we waited for its customer; `ended` or until now."""

    ended: datetime
    passages: tuple[Passage, ...]
    pauses: tuple[Span, ...] = ()


class Remaining(BaseModel):
    """The two ends of a forecast, in seconds of our time."""

    half: float
    most: float


class StageTable(BaseModel):
    """Of those that were still in a stage at each of the `ages`: what remained to the end.

    `after` is what remains once the stage is over; `looked_at` are two ages to compare forecasts
    at.
    """

    ages: list[float]
    remaining: list[Remaining]
    after: Remaining
    looked_at: list[float]

    def at(self, age: float) -> Remaining:
        """What remains for a request that has been in the stage for so long."""
        last = self.ages[-1]
        if age >= last:
            growth = age / last if last > 0 else 1.0
            end = self.remaining[-1]
            return Remaining(half=end.half * growth, most=end.most * growth)
        upper = bisect_right(self.ages, age)
        low, high = self.remaining[upper - 1], self.remaining[upper]
        part = (age - self.ages[upper - 1]) / (self.ages[upper] - self.ages[upper - 1])
        return Remaining(
            half=low.half + part * (high.half - low.half),
            most=low.most + part * (high.most - low.most),
        )


class Drift(BaseModel):
    """Logarithms of the factors by which both ends are late, moved a little by each outcome."""

    half: float = 0.0
    most: float = 0.0

    def learn(self, end: End, was_late_enough: bool) -> None:
        """The early or the late end of a forecast has come; a request had ended by then or not."""
        if end == "half":
            self.half += STEP * (0.5 - was_late_enough)
        else:
            self.most += STEP * (SHARE - was_late_enough)

    def applied(self, said: Remaining) -> Remaining:
        """A forecast with this correction."""
        half = said.half * math.exp(self.half)
        return Remaining(half=half, most=max(half, said.most * math.exp(self.most)))


class Forecaster(BaseModel):
    """The tables of all stages, with all that corrects them."""

    stages: dict[str, StageTable]
    half_factor: float = 1.0
    most_factor: float = 1.0
    drift: Drift = Drift()

    def remaining(self, stage: str, age: float) -> Remaining | None:
        """What remains for a request so long in a stage; None for a stage never seen."""
        table = self.stages.get(stage)
        return self.corrected(table.at(age)) if table else None

    def after(self, stage: str) -> Remaining | None:
        """What remains once a stage is over, whenever that is."""
        table = self.stages.get(stage)
        return self.corrected(table.after) if table else None

    def corrected(self, said: Remaining) -> Remaining:
        """What the tables say, in the light of what came."""
        half = said.half * self.half_factor
        most = max(half, said.most * self.most_factor)
        return self.drift.applied(Remaining(half=half, most=most))


class Medians(BaseModel):
    """The plain medians by the clock: how long each stage lasts, and what remains from its start.

    They are what a forecast has to beat.
    """

    lasted: dict[str, float]
    remained: dict[str, float]

    def remaining(self, stage: str, age: float) -> float | None:
        """What remains for a request so long in a stage; None for a stage never seen."""
        if stage not in self.lasted:
            return None
        rest = self.remained[stage] - self.lasted[stage]
        return max(0.0, self.lasted[stage] - age) + max(0.0, rest)


def medians(lives: Sequence[Life]) -> Medians:
    """The medians over all of them."""
    lasted: dict[str, list[float]] = {}
    remained: dict[str, list[float]] = {}
    for life in lives:
        for one in life.passages:
            lasted.setdefault(one.stage, []).append(one.lasted_by_clock)
            remained.setdefault(one.stage, []).append(one.remained_by_clock)
    return Medians(
        lasted={stage: median(values) for stage, values in lasted.items()},
        remained={stage: median(values) for stage, values in remained.items()},
    )


def fit(lives: Sequence[Life]) -> Forecaster:
    """What requests that have ended say, the one that ended first standing first."""
    split = len(lives) - len(lives) // CALIBRATION
    made = Forecaster(stages=tables(lives[:split]))
    halves, mosts = [], []
    recent = lives[split:]
    for weight, life in zip(fading(len(recent), RECENT_HALF_LIFE), recent, strict=True):
        for said, came in compared(made, life):
            halves.append((ratio(came, said.half), weight))
            mosts.append((ratio(came, said.most), weight))
    if not mosts:
        return made
    # One more than were seen, since the request to come is one of them as well.
    level = min(1.0, SHARE * (len(recent) + 1) / len(recent))
    factors = {"half_factor": quantile(halves, 0.5), "most_factor": quantile(mosts, level)}
    return made.model_copy(update=factors)


def compared(made: Forecaster, life: Life) -> Iterator[tuple[Remaining, float]]:
    """What is said of a request when each stage begins and later, and what came."""
    for one in life.passages:
        table = made.stages.get(one.stage)
        for age in (0.0, *table.looked_at) if table else ():
            if table and (age < one.lasted or age == 0):
                yield table.at(age), one.remained - age


def ratio(came: float, said: float) -> float:
    """How many times as long it took as was said."""
    return (came + MINUTE) / (said + MINUTE)


def tables(lives: Sequence[Life]) -> dict[str, StageTable]:
    """A table for each stage that some have passed."""
    passed: dict[str, list[tuple[Passage, float]]] = {}
    for weight, life in zip(fading(len(lives), HALF_LIFE), lives, strict=True):
        for one in life.passages:
            passed.setdefault(one.stage, []).append((one, weight))
    return {stage: table(found) for stage, found in passed.items()}


def table(passed: Sequence[tuple[Passage, float]]) -> StageTable:
    """The table of one stage."""
    lasted = [(one.lasted, weight) for one, weight in passed]
    ages, remaining = [0.0], [ends_of((one.remained, weight) for one, weight in passed)]
    for share in AGES:
        age = quantile(lasted, share)
        left = [(one.remained - age, weight) for one, weight in passed if one.lasted > age]
        if age > ages[-1] and len(left) >= FEW:
            ages.append(age)
            remaining.append(ends_of(left))
    return StageTable(
        ages=ages,
        remaining=remaining,
        after=ends_of((one.remained - one.lasted, weight) for one, weight in passed),
        looked_at=[age for age in (quantile(lasted, share) for share in LOOKED_AT) if age > 0],
    )


def ends_of(values: Weighted) -> Remaining:
    """The two ends among what remained."""
    known = sorted(values)
    return Remaining(half=max(0.0, quantile(known, 0.5)), most=max(0.0, quantile(known, SHARE)))


def quantile(values: Weighted, share: float) -> float:
    """The least value that, with all below it, has at least this share of the weight."""
    known = sorted(values)
    heap = list(accumulate(weight for _, weight in known))
    wanted = share * heap[-1] - 1e-9 * heap[-1]
    return known[min(bisect_right(heap, wanted), len(known) - 1)][0]


def fading(count: int, half_life: float) -> list[float]:
    """Weights that halve with every so many steps back; the last one is 1."""
    return [math.exp2((number + 1 - count) / half_life) for number in range(count)]
