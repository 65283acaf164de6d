"""Do forecasts of when a request will be done hold? Judged over histories that never were.

`python -m bench.expectations [seeds]` runs every scenario with some seeds: first the back-test that
decides what is shown, then what became of the requests that came later and of what their readers
were told, with learning going on. Goal: where a forecast was shown, its late end covers 85 to 95 %
of the later looks and its mean absolute error is no more than that of the plain median; where it
must not be shown, it is not.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bench.figures import machine, say, verdict
from bench.simulated_history import OFFICE, SCENARIOS, History, Scenario, simulate, until
from services.backtests import LEAST_COVERAGE, MOST_COVERAGE
from services.experience import Course, waits
from services.forecasting import Standing, learned_dates, median_dates
from services.learning import Experience, Lesson, learn
from services.working_clock import passed
from store.requests import StageState

SEEDS = 5
TURNS = 12
"""How often is learned anew in the later half of a history."""
HOUR = timedelta(hours=1)
ASKED = StageState.WAITING_CUSTOMER
AGES = (timedelta(), timedelta(hours=6), timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""How long after the beginning of a stage somebody looks, if it still goes on."""


@dataclass
class Lived:
    """What became of later looks: how many were told a forecast, and how that has done.

    The errors are sums of hours over those requests that have ended.
    """

    looks: int = 0
    told: int = 0
    covered: int = 0
    error: float = 0.0
    median_error: float = 0.0

    @property
    def coverage(self) -> float:
        """The share of what was told that was covered."""
        return self.covered / self.told if self.told else 0.0

    @property
    def kept(self) -> bool:
        """Whether what was told held."""
        covers = LEAST_COVERAGE <= self.coverage <= MOST_COVERAGE
        return not self.told or (covers and self.error <= self.median_error)


@dataclass(frozen=True)
class Life:
    """The lessons of the first half of a history and of all of it, and how the second half went."""

    first: Lesson
    last: Lesson
    lived: Lived


def live_through(scenario: Scenario, seed: int, turns: int = TURNS) -> Life:
    """Learn from the first half of a history, then go through the second and go on learning."""
    history = simulate(scenario, seed)
    ends = [one.until for one in history.ended]
    half = len(ends) // 2
    moments = [*ends[half :: max(1, half // turns)], history.now]
    first = lesson = lesson_of(until(history, ends[half], half))
    lived = Lived()
    for since, end in pairwise(moments):
        for one in [*history.ended, *history.under_way]:
            for standing, at in looks(one, since, end):
                look(one, standing, at, lesson.experience, history.now, lived)
        lesson = lesson_of(until(history, end, half))
    return Life(first, lesson, lived)


def lesson_of(history: History) -> Lesson:
    """What is learned from a history."""
    return learn(history.ended, history.under_way, OFFICE, history.now)


def looks(one: Course, since: datetime, end: datetime) -> Iterator[tuple[Standing, datetime]]:
    """Each look at a request between two moments, while it is ours to work on."""
    for stage, began, over in one.stages:
        for age in AGES:
            at = began + age
            pauses = waits([move for move in one.moves if move.at <= at], ASKED, at)
            waiting = any(begins <= at <= ends for begins, ends in pauses)
            if since < at <= end and at < (over or one.until) and not waiting:
                yield Standing(stage, began, pauses), at


def look(
    one: Course,
    standing: Standing,
    at: datetime,
    known: Experience | None,
    now: datetime,
    lived: Lived,
) -> None:
    """What somebody is told, and what comes; it counts once the late end has come."""
    lived.looks += 1
    told = learned_dates(known, OFFICE, standing, at) if known else None
    plain = median_dates(known, standing, at) if known else None
    if known and told and plain and told.latest <= now:
        end = end_if_answered(one, standing, known, at)
        lived.told += 1
        lived.covered += one.ended and end <= told.latest + timedelta(minutes=1)
        if one.ended:
            lived.error += abs(end - told.earliest) / HOUR
            lived.median_error += abs(end - plain.earliest) / HOUR


def end_if_answered(one: Course, standing: Standing, known: Experience, at: datetime) -> datetime:
    """When the request would have ended, had its customer answered whatever was asked at once."""
    clock = known.times(OFFICE, standing.began).clock(standing.stage)
    pauses = waits(one.moves, ASKED, one.until)
    return max(at, clock.moment(clock.at(at) + passed(clock, at, one.until, pauses)))


def measure(seeds: int = SEEDS) -> None:
    """Run everything and print what came out."""
    for scenario in SCENARIOS:
        for seed in range(seeds):
            began = time.perf_counter()
            life = live_through(scenario, seed)
            took = (time.perf_counter() - began) * 1000 / (TURNS + 1)
            say(f"{scenario.name:17} {judged(scenario, life.first)}; {told(scenario, life.lived)}")
            say(f"{'':17} learned in {took:.0f} ms, in the end {life.last.basis}")


def judged(scenario: Scenario, lesson: Lesson) -> str:
    """What the back-test found."""
    right = scenario.shown is None or scenario.shown == (lesson.basis == "learned")
    found = lesson.verdict
    return (
        f"back-test {found.coverage:6.1%} of {found.looks:4} covered, "
        f"error {found.error / 3600:5.1f} h, median's {found.median_error / 3600:5.1f} h: "
        f"{lesson.basis:7} ({verdict(right)})"
    )


def told(scenario: Scenario, lived: Lived) -> str:
    """How that went afterwards."""
    count = max(1, lived.told)
    return (
        f"then told {lived.told:4} of {lived.looks:4}, {lived.coverage:6.1%} covered, error "
        f"{lived.error / count:5.1f} h, median's {lived.median_error / count:5.1f} h "
        f"({verdict(lived.kept or not scenario.foretold)})"
    )


if __name__ == "__main__":
    say(machine())
    measure(*map(int, sys.argv[1:]))
