"""Business time: which moments count when a deadline is given in working hours or days.

A moment is open when the wall clock of the calendar's zone stands within the hours of that weekday
and the day is neither a public holiday nor closed by the calendar itself. An hour that a clock
change skips is never open, an hour that it repeats is open twice.

Nothing here reads a clock or a database, so workflows may call it; zones and holidays are looked up
once per process.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from itertools import pairwise
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import holidays
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

HORIZON = timedelta(days=731)
"""How long a calendar may stay closed at a stretch before a computation gives up."""

DAY = timedelta(days=1)
ZERO = timedelta()

Span = tuple[datetime, datetime]
Opening = Annotated[
    str,
    Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$"),
]
Openings = tuple[Opening, ...]


class NeverOpen(ValueError):
    """The calendar has no opening within `HORIZON`."""


class Hours(BaseModel):
    """Opening hours of each weekday, in order: `["09:00-14:00", "15:00-18:00"]`; none is closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    monday: Openings = ()
    tuesday: Openings = ()
    wednesday: Openings = ()
    thursday: Openings = ()
    friday: Openings = ()
    saturday: Openings = ()
    sunday: Openings = ()

    @model_validator(mode="after")
    def check_order(self) -> Self:
        if not any(self.week):
            raise ValueError("give at least one weekday its hours, such as monday: [09:00-17:00]")
        for name, openings in zip(type(self).model_fields, self.week, strict=True):
            ends = [moment for opening in openings for moment in opening]
            if any(a >= b for a, b in pairwise(ends)):
                raise ValueError(f"{name}: hours must follow one another with a pause between")
        return self

    @cached_property
    def week(self) -> tuple[tuple[tuple[timedelta, timedelta], ...], ...]:
        """The openings of Monday to Sunday as wall-clock distances from midnight."""
        return tuple(
            tuple(parse_opening(text) for text in getattr(self, name))
            for name in type(self).model_fields
        )


class Calendar(BaseModel):
    """When a team works: its time zone, hours, public holidays and days closed besides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: str
    hours: Hours
    country: str | None = None
    """ISO 3166 code whose public holidays are closed; none means no holidays."""
    subdivision: str | None = None
    """Region of the country as ISO 3166-2 names it after the dash: `MD` for Madrid."""
    closed: frozenset[date] = frozenset()

    @field_validator("zone")
    @classmethod
    def check_zone(cls, zone: str) -> str:
        try:
            time_zone(zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{zone} is no IANA time zone, such as Europe/Madrid") from error
        return zone

    @model_validator(mode="after")
    def check_holidays(self) -> Self:
        if self.subdivision and not self.country:
            raise ValueError("a subdivision needs its country")
        if self.country:
            try:
                public_holidays(self.country, self.subdivision, 2026)
            except NotImplementedError as error:
                raise ValueError(f"no public holidays are known: {error}") from error
        return self

    @cached_property
    def tz(self) -> ZoneInfo:
        """The time zone itself."""
        return time_zone(self.zone)


def add(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """The first moment (UTC) by which `amount` of open time has passed since `start`.

    Nothing added is `start` itself, open or not. Raises `ValueError` if `amount` is negative and
    `NeverOpen` if the calendar stays closed too long.
    """
    if amount < ZERO:
        raise ValueError("business time cannot be taken away")
    if not amount:
        return aware(start)
    left = amount
    for opens, closes in spans_from(calendar, aware(start)):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    raise AssertionError("spans_from never ends without an error")


def between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The open time from `start` to `end`; negative when `end` is the earlier one."""
    start, end = aware(start), aware(end)
    if end < start:
        return -between(calendar, end, start)
    total = ZERO
    day = start.astimezone(calendar.tz).date() - DAY
    last = end.astimezone(calendar.tz).date() + DAY
    while day <= last:
        for opens, closes in spans_of_day(calendar, day):
            total += max(ZERO, min(closes, end) - max(opens, start))
        day += DAY
    return total


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether `at` counts as business time."""
    local = aware(at).astimezone(calendar.tz)
    past = local.replace(tzinfo=None) - datetime.combine(local.date(), time())
    return any(opens <= past < closes for opens, closes in hours_of(calendar, local.date()))


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """`at` itself when open, else the next moment (UTC) that is. Raises `NeverOpen`."""
    return next(spans_from(calendar, aware(at)))[0]


def is_business_day(calendar: Calendar, day: date) -> bool:
    """Whether the calendar opens at all on `day`."""
    return bool(hours_of(calendar, day))


def add_days(calendar: Calendar, start: datetime, days: int) -> datetime:
    """The same wall-clock time on the `days`-th business day after the day of `start`, in UTC.

    No days is `start` itself. Raises `ValueError` if `days` is negative, and `NeverOpen`.
    """
    if days < 0:
        raise ValueError("business days cannot be taken away")
    if not days:
        return aware(start)
    local = aware(start).astimezone(calendar.tz)
    for day in business_days_after(calendar, local.date()):
        days -= 1
        if not days:
            return datetime.combine(day, local.time(), calendar.tz).astimezone(UTC)
    raise AssertionError("business_days_after never ends without an error")


def business_days_after(calendar: Calendar, day: date) -> Iterator[date]:
    """The business days after `day`, without end. Raises `NeverOpen`."""
    closed_since = day
    while day - closed_since <= HORIZON:
        day += DAY
        if is_business_day(calendar, day):
            closed_since = day
            yield day
    raise never_open(calendar, closed_since)


def spans_from(calendar: Calendar, start: datetime) -> Iterator[Span]:
    """The open spans after `start` in UTC, the first one cut to it. Raises `NeverOpen`.

    They come in order as long as no zone turns its clock back over midnight, as St John's last did
    in 2011.
    """
    # A day earlier: east of a clock change, yesterday's hours may reach into this moment.
    day = start.astimezone(calendar.tz).date() - DAY
    closed_since = day
    while day - closed_since <= HORIZON:
        for opens, closes in spans_of_day(calendar, day):
            if closes > start:
                closed_since = day
                yield max(opens, start), closes
        day += DAY
    raise never_open(calendar, closed_since)


def spans_of_day(calendar: Calendar, day: date) -> list[Span]:
    """The open spans of one local day in UTC."""
    hours = hours_of(calendar, day)
    if not hours:
        return []
    midnight = datetime.combine(day, time(), UTC)
    # Offsets lie within a day, so this window holds every moment whose local date is `day`.
    window = (midnight - DAY, midnight + 2 * DAY)
    before, after = (offset(calendar, moment) for moment in window)
    wall = [(midnight + opens, midnight + closes) for opens, closes in hours]
    if before == after:
        return [(opens - before, closes - before) for opens, closes in wall]
    change = clock_change(calendar, *window)
    earlier = [(opens - before, min(closes - before, change)) for opens, closes in wall]
    later = [(max(opens - after, change), closes - after) for opens, closes in wall]
    return [(opens, closes) for opens, closes in earlier + later if opens < closes]


def clock_change(calendar: Calendar, start: datetime, end: datetime) -> datetime:
    """The moment, to the second, at which the zone leaves the offset it has at `start`."""
    before = offset(calendar, start)
    low, high = 0, int((end - start).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if offset(calendar, start + timedelta(seconds=middle)) == before:
            low = middle
        else:
            high = middle
    return start + timedelta(seconds=high)


def offset(calendar: Calendar, moment: datetime) -> timedelta:
    """How far the zone's wall clock is ahead of UTC at `moment`."""
    return moment.astimezone(calendar.tz).utcoffset() or ZERO


def hours_of(calendar: Calendar, day: date) -> tuple[tuple[timedelta, timedelta], ...]:
    """The openings of `day` as distances from midnight on the wall clock."""
    hours = calendar.hours.week[day.weekday()]
    if not hours or day in calendar.closed:
        return ()
    if calendar.country and day in public_holidays(
        calendar.country, calendar.subdivision, day.year
    ):
        return ()
    return hours


@cache
def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The public holidays of one year. Raises `NotImplementedError` for an unknown country."""
    with ThreadPoolExecutor(1) as apart:
        # The library looks for translations on disk, which the thread of a workflow may not do.
        work = apart.submit(holidays.country_holidays, country, subdiv=subdivision, years=year)
        return frozenset(work.result())


@cache
def time_zone(name: str) -> ZoneInfo:
    """The time zone, read from disk apart from the workflow that may ask for it."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(ZoneInfo, name).result()


def parse_opening(text: str) -> tuple[timedelta, timedelta]:
    """`09:00-17:30` as two distances from midnight."""
    hour, minute, until_hour, until_minute = map(int, re.split("[:-]", text))
    return (
        timedelta(hours=hour, minutes=minute),
        timedelta(hours=until_hour, minutes=until_minute),
    )


def aware(moment: datetime) -> datetime:
    """The moment in UTC. Raises `ValueError` if it has no time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {moment.isoformat()}")
    return moment.astimezone(UTC)


def never_open(calendar: Calendar, since: date) -> NeverOpen:
    """The error for a calendar that stays closed."""
    return NeverOpen(
        f"the calendar of {calendar.zone} stays closed for {HORIZON.days} days after {since}"
    )
