"""Requests that never were: histories to judge forecasts by, the same ones for the same seed.

Each scenario says how long the stages of its requests take; arrivals are spread over all hours.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ground.business_time import Calendar, Hours
from services.experience import Course, Move
from services.working_clock import WALL, WorkingClock
from store.requests import StageState

BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
OFFICE = Calendar(
    zone="Europe/Madrid",
    hours=Hours(**dict.fromkeys(WEEKDAYS, ("09:00-14:00", "15:00-18:00"))),
    country="ES",
)
HOUR = 3600.0


@dataclass(frozen=True)
class Stay:
    """How long one request is in one stage, in hours; `asked` hours of it wait for the customer."""

    stage: str
    hours: float
    by_people: bool = False
    asked: float = 0.0


Draw = Callable[[random.Random, float], list[Stay]]
"""The stays of one request, drawn; the number says how far in the history it is, from 0 to 1."""


@dataclass(frozen=True)
class Scenario:
    """A kind of history: `shown` says whether a forecast may be told, None where chance decides.

    What is `foretold` by nothing before it cannot be covered.
    """

    name: str
    draw: Draw
    shown: bool | None = True
    foretold: bool = True
    count: int = 1000
    every_hours: float = 3.0


def lognormal(rng: random.Random, median_hours: float, spread: float) -> float:
    """A length of time by its median."""
    return median_hours * math.exp(rng.gauss(0, spread))


def stationary(rng: random.Random, far: float) -> list[Stay]:
    """Two stages that take what they have always taken."""
    return [
        Stay("received", rng.expovariate(2)),
        Stay("check", lognormal(rng, 12, 0.6), by_people=True),
        Stay("finish", rng.expovariate(1 / 4)),
    ]


def drifting(rng: random.Random, far: float) -> list[Stay]:
    """Everything takes ever longer, in the end three times as long."""
    slower = 1 + 2 * far
    return [Stay(one.stage, one.hours * slower, one.by_people) for one in stationary(rng, far)]


def stepping(rng: random.Random, far: float) -> list[Stay]:
    """From one day on a check takes half as long."""
    faster = 0.5 if far > 0.6 else 1.0
    return [Stay(one.stage, one.hours * faster, one.by_people) for one in stationary(rng, far)]


def heavy(rng: random.Random, far: float) -> list[Stay]:
    """A few requests take very long: a wide lognormal."""
    return [Stay("received", 0.1), Stay("check", lognormal(rng, 10, 1.5), by_people=True)]


def pareto(rng: random.Random, far: float) -> list[Stay]:
    """The variance is infinite: Pareto with the exponent 1.5."""
    return [Stay("received", 0.1), Stay("check", 4 * rng.paretovariate(1.5))]


def branching(rng: random.Random, far: float) -> list[Stay]:
    """Two thirds are decided at once; the others go to a committee, which takes a week or two."""
    first = [Stay("received", 0.1), Stay("check", lognormal(rng, 3, 0.4))]
    if rng.random() < 0.66:
        return [*first, Stay("finish", 1.0)]
    return [*first, Stay("committee", lognormal(rng, 240, 0.3)), Stay("finish", 1.0)]


def hidden_branching(rng: random.Random, far: float) -> list[Stay]:
    """The same within one stage, so that only the time spent tells which way a request took."""
    quick = rng.random() < 0.66
    hours = lognormal(rng, 3, 0.4) if quick else lognormal(rng, 240, 0.3)
    return [Stay("received", 0.1), Stay("check", hours), Stay("finish", 1.0)]


def asking(rng: random.Random, far: float) -> list[Stay]:
    """Half of the customers are asked something, and take anything from an hour to weeks."""
    asked = lognormal(rng, 60, 1.2) if rng.random() < 0.5 else 0.0
    return [
        Stay("received", 0.1),
        Stay("check", lognormal(rng, 12, 0.6), by_people=True, asked=asked),
        Stay("finish", rng.expovariate(1 / 4)),
    ]


def constant(rng: random.Random, far: float) -> list[Stay]:
    """Always exactly the same: everything is covered, so nothing can be learned from coverage."""
    return [Stay("received", 1.0), Stay("check", 24.0)]


def breaking(rng: random.Random, far: float) -> list[Stay]:
    """The last fifth takes six times as long, all of a sudden: no history foretells that."""
    slower = 6.0 if far > 0.8 else 1.0
    return [Stay(one.stage, one.hours * slower) for one in stationary(rng, far)]


SCENARIOS = (
    Scenario("stationary", stationary),
    Scenario("drift", drifting),
    Scenario("step", stepping),
    Scenario("lognormal tail", heavy, shown=None),
    Scenario("Pareto tail", pareto),
    Scenario("branches", branching, shown=None),
    Scenario("hidden branches", hidden_branching, shown=None),
    Scenario("customers asked", asking),
    Scenario("hundred requests", stationary, shown=None, count=200),
    Scenario("few requests", stationary, shown=False, count=100),
    Scenario("constant", constant, shown=False),
    Scenario("sudden break", breaking, shown=None, foretold=False),
)


@dataclass(frozen=True)
class History:
    """The latest requests that have ended, in the order of their ends, and those under way."""

    now: datetime
    ended: list[Course]
    under_way: list[Course]


def simulate(scenario: Scenario, seed: int) -> History:
    """A history; as many requests again have gone before."""
    rng = random.Random(f"{scenario.name} {seed}")
    office = WorkingClock(OFFICE, BEGIN)
    at, made = BEGIN, []
    for number in range(-scenario.count, scenario.count):
        at += timedelta(hours=rng.expovariate(1 / scenario.every_hours))
        stays = scenario.draw(rng, max(0.0, number / scenario.count))
        made.append(passed_through(stays, at, office))
    ended = sorted((one for one in made if one.until <= at), key=lambda one: one.until)
    under_way = [so_far(one, at) for one in made if one.until > at]
    return History(at, ended[-scenario.count :], under_way)


def so_far(course: Course, now: datetime) -> Course:
    """What is known of a request by now."""
    stages = [
        (stage, began, over if over and over <= now else None)
        for stage, began, over in course.stages
        if began <= now
    ]
    return Course(now, False, stages, [move for move in course.moves if move.at <= now])


def passed_through(stays: list[Stay], at: datetime, office: WorkingClock) -> Course:
    """One request that arrives at a moment and makes these stays."""
    stages: list[tuple[str, datetime, datetime | None]] = []
    moves: list[Move] = []
    for stay in stays:
        began = at
        working = StageState.WAITING_STAFF if stay.by_people else StageState.IN_PROGRESS
        if stay.asked:
            moves.append(Move(at, stay.stage, StageState.WAITING_CUSTOMER))
            at += timedelta(hours=stay.asked)
        moves.append(Move(at, stay.stage, working))
        clock = office if stay.by_people else WALL
        at = clock.moment(clock.at(at) + stay.hours * HOUR)
        moves.append(Move(at, stay.stage, StageState.DONE))
        stages.append((stay.stage, began, at))
    return Course(at, True, stages, moves)


def until(history: History, now: datetime, count: int) -> History:
    """What was known of a history at an earlier moment, from so many requests that had ended."""
    ended = [one for one in history.ended if one.until <= now]
    later = [one for one in history.ended if one.until > now]
    under_way = [so_far(one, now) for one in [*later, *history.under_way]]
    return History(now, ended[-count:], [one for one in under_way if one.stages])
