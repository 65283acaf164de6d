"""Time as the people who do the work spend it, in seconds that can be added and taken away.

`ground.business_time` walks from opening to opening at every question. Here the openings are laid
out once, so that any number of questions costs a look-up each.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from ground.business_time import Calendar, Span, spans_from


class Clock(Protocol):
    """A clock that counts seconds; one for people stands still while they are away."""

    def at(self, moment: datetime) -> float:
        """What it shows at a moment."""

    def moment(self, seconds: float) -> datetime:
        """The first moment (UTC) at which it shows that."""


class WallClock:
    """Every second counts."""

    def at(self, moment: datetime) -> float:
        """Seconds since 1970."""
        return moment.timestamp()

    def moment(self, seconds: float) -> datetime:
        """The moment that many seconds after 1970."""
        return datetime.fromtimestamp(seconds, UTC)


class WorkingClock:
    """Counts the open time of a calendar from a moment on, before which it shows nothing.

    Any number of threads may ask it; both questions raise `NeverOpen` beyond its last opening.
    """

    def __init__(self, calendar: Calendar, start: datetime) -> None:
        self._coming = spans_from(calendar, start)
        self._opens: list[float] = []
        self._closes: list[float] = []
        self._shown: list[float] = []
        """What it shows when each opening ends."""
        self._extending = threading.Lock()

    def at(self, moment: datetime) -> float:
        """Open seconds until then."""
        now = moment.timestamp()
        self._lay_out(lambda: self._closes[-1] >= now)
        number = bisect_right(self._opens, now, hi=len(self._shown)) - 1
        if number < 0:
            return 0.0
        return self._shown[number] - max(0.0, self._closes[number] - now)

    def moment(self, seconds: float) -> datetime:
        """When so many open seconds have passed."""
        self._lay_out(lambda: self._shown[-1] >= seconds)
        number = bisect_left(self._shown, seconds)
        return datetime.fromtimestamp(
            self._closes[number] - (self._shown[number] - max(0.0, seconds)), UTC
        )

    def _lay_out(self, far_enough: Callable[[], bool]) -> None:
        if self._shown and far_enough():
            return
        with self._extending:
            while not (self._shown and far_enough()):
                opens, closes = (moment.timestamp() for moment in next(self._coming))
                before = self._shown[-1] if self._shown else 0.0
                self._opens.append(opens)
                self._closes.append(closes)
                self._shown.append(before + closes - opens)


WALL = WallClock()


def working_clock(calendar: Calendar, since: datetime) -> WorkingClock:
    """The clock of a calendar, which serves all moments from `since` on."""
    return _from_year(calendar, since.year)


@lru_cache(maxsize=128)
def _from_year(calendar: Calendar, year: int) -> WorkingClock:
    return WorkingClock(calendar, datetime(year, 1, 1, tzinfo=UTC))


def passed(clock: Clock, start: datetime, end: datetime, without: Iterable[Span] = ()) -> float:
    """Seconds of a clock from `start` to `end`, without the spans, which must not overlap."""
    seconds = clock.at(end) - clock.at(start)
    for begins, ends in without:
        if begins < end and ends > start:
            seconds -= clock.at(min(ends, end)) - clock.at(max(begins, start))
    return max(0.0, seconds)


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time as spans that do not overlap, in order."""
    found: list[Span] = []
    for begins, ends in sorted(spans):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return tuple(found)
