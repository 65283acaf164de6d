"""Business time agrees with a slow oracle that looks at every single minute."""

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ground import business_time
from ground.business_time import Calendar, Hours, NeverOpen

MINUTE = timedelta(minutes=1)
WEEKDAYS = list(Hours.model_fields)
PLACES = [
    ("Europe/Madrid", "ES", "MD"),
    ("Europe/Lisbon", "PT", None),
    ("America/Sao_Paulo", "BR", "SP"),
    ("America/New_York", "US", "NY"),
    ("Australia/Lord_Howe", "AU", "NSW"),
    ("Africa/Casablanca", "MA", None),
    ("Asia/Beirut", None, None),
    ("Asia/Kathmandu", None, None),
    ("Pacific/Apia", "WS", None),
    ("UTC", None, None),
]
OFFICE = ("09:00-14:00", "15:00-18:00")
WORKDAYS = dict.fromkeys(WEEKDAYS[:5], OFFICE)
MADRID = Calendar(zone="Europe/Madrid", country="ES", subdivision="MD", hours=Hours(**WORKDAYS))


def madrid(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Madrid"))


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


class Oracle:
    """Every minute of some days, looked up on the wall clock one by one."""

    def __init__(self, calendar: Calendar, first: datetime, days: int) -> None:
        self.first = first
        self.zone = ZoneInfo(calendar.zone)
        self.calendar = calendar
        self.holidays = (
            holidays.country_holidays(calendar.country, subdiv=calendar.subdivision)
            if calendar.country
            else {}
        )
        self.days: dict[date, list[tuple[int, int]]] = {}
        self.open = [self.is_open(first + MINUTE * n) for n in range(days * 24 * 60)]
        self.passed = list(accumulate(self.open, initial=0))

    def is_open(self, moment: datetime) -> bool:
        local = moment.astimezone(self.zone)
        day = local.date()
        if day not in self.days:
            self.days[day] = self.hours_of(day)
        wall = local.hour * 60 + local.minute
        return any(opens <= wall < closes for opens, closes in self.days[day])

    def hours_of(self, day: date) -> list[tuple[int, int]]:
        if day in self.calendar.closed or day in self.holidays:
            return []
        texts = getattr(self.calendar.hours, WEEKDAYS[day.weekday()])
        return [
            (int(text[:2]) * 60 + int(text[3:5]), int(text[6:8]) * 60 + int(text[9:]))
            for text in texts
        ]

    def at(self, minute: int) -> datetime:
        return self.first + MINUTE * minute


def clock_changes(zone: str) -> list[date]:
    days = [datetime(2022, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(6 * 365)]
    tz = ZoneInfo(zone)
    return [
        day.date()
        for day in days
        if day.astimezone(tz).utcoffset() != (day + timedelta(days=1)).astimezone(tz).utcoffset()
    ]


CLOCK_CHANGES = {zone: clock_changes(zone) for zone, _, _ in PLACES}


@st.composite
def openings(draw: st.DrawFn) -> tuple[str, ...]:
    quarters = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    pairs = zip(quarters[::2], quarters[1::2], strict=False)
    return tuple(f"{a // 4:02}:{a % 4 * 15:02}-{b // 4:02}:{b % 4 * 15:02}" for a, b in pairs)


@st.composite
def oracles(draw: st.DrawFn) -> Oracle:
    zone, country, subdivision = draw(st.sampled_from(PLACES))
    week = draw(st.lists(openings(), min_size=7, max_size=7).filter(any))
    near = [date(2024, 12, 25), date(2026, 5, 1), *CLOCK_CHANGES[zone]]
    middle = draw(st.sampled_from(near) | st.dates(date(2012, 1, 1), date(2037, 12, 31)))
    calendar = Calendar(
        zone=zone,
        country=country,
        subdivision=subdivision,
        hours=Hours(**dict(zip(WEEKDAYS, week, strict=True))),
        closed=draw(st.just(frozenset()) | st.just(frozenset([middle]))),
    )
    first = datetime(middle.year, middle.month, middle.day, tzinfo=UTC) - timedelta(days=2)
    return Oracle(calendar, first, days=5)


# 300 weeks of 40 pairs of moments each: 12,000 cases.
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(oracles(), st.lists(st.tuples(*[st.integers(0, 7199)] * 2), min_size=40, max_size=40))
def test_every_minute_agrees_with_the_oracle(
    oracle: Oracle, minutes: list[tuple[int, int]]
) -> None:
    calendar, passed = oracle.calendar, oracle.passed
    for a, b in minutes:
        a, b = min(a, b), max(a, b)
        open_time = MINUTE * (passed[b] - passed[a])
        assert business_time.is_open(calendar, oracle.at(a)) == oracle.open[a]
        assert business_time.between(calendar, oracle.at(a), oracle.at(b)) == open_time
        if open_time:
            reached = oracle.at(bisect_left(passed, passed[b]))
            assert business_time.add(calendar, oracle.at(a), open_time) == reached
            opening = oracle.at(oracle.open.index(True, a))
            assert business_time.next_opening(calendar, oracle.at(a)) == opening


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(), timedelta(days=30)),
    st.timedeltas(timedelta(), timedelta(days=30)),
)
def test_adding_in_two_parts_is_adding_at_once(
    start: datetime, first: timedelta, second: timedelta
) -> None:
    at_once = business_time.add(MADRID, start, first + second)
    in_parts = business_time.add(MADRID, business_time.add(MADRID, start, first), second)
    assert in_parts == at_once or (second == timedelta() and in_parts <= at_once)
    assert business_time.between(MADRID, start, at_once) == first + second


def test_a_deadline_runs_on_over_the_lunch_break_and_the_weekend() -> None:
    friday = madrid("2026-11-20T17:00")
    assert business_time.add(MADRID, friday, hours(1)) == madrid("2026-11-20T18:00")
    assert business_time.add(MADRID, friday, hours(6.5)) == madrid("2026-11-23T15:30")
    assert business_time.between(MADRID, friday, madrid("2026-11-23T15:30")) == hours(6.5)
    assert business_time.between(MADRID, madrid("2026-11-23T15:30"), friday) == -hours(6.5)


def test_national_regional_and_own_closed_days_do_not_count() -> None:
    may = Calendar(**{**MADRID.model_dump(), "closed": ["2025-05-05"]})
    thursday_holiday = madrid("2025-05-01T12:00")
    assert not business_time.is_open(may, thursday_holiday)
    assert not business_time.is_business_day(may, date(2025, 5, 2))
    assert business_time.next_opening(may, madrid("2025-05-02T10:00")) == madrid("2025-05-06T09:00")


def test_an_hour_that_the_clock_repeats_counts_twice_and_a_skipped_one_not_at_all() -> None:
    nights = Calendar(zone="Europe/Madrid", hours=Hours(sunday=("02:00-03:00",)))
    spring, autumn = madrid("2026-03-29T00:00"), madrid("2026-10-25T00:00")
    assert business_time.between(nights, spring, spring + hours(12)) == hours(0)
    assert business_time.between(nights, autumn, autumn + hours(12)) == hours(2)


def test_a_clock_may_change_by_half_an_hour_on_what_is_still_yesterday_in_utc() -> None:
    nights = Calendar(zone="Australia/Lord_Howe", hours=Hours(sunday=("01:00-03:00",)))
    back, forward = datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)
    assert business_time.between(nights, back, back + hours(24)) == hours(2.5)
    assert business_time.between(nights, forward, forward + hours(24)) == hours(1.5)


def test_a_day_that_a_zone_left_out_has_no_business_time() -> None:
    samoa = Calendar(zone="Pacific/Apia", hours=Hours(**dict.fromkeys(WEEKDAYS, ("00:00-24:00",))))
    start, end = datetime(2011, 12, 29, tzinfo=UTC), datetime(2012, 1, 2, tzinfo=UTC)
    assert business_time.between(samoa, start, end) == end - start


def test_business_days_keep_the_time_on_the_wall_and_skip_closed_days() -> None:
    wednesday = madrid("2026-03-25T23:00")
    assert business_time.add_days(MADRID, wednesday, 3) == madrid("2026-03-30T23:00")
    assert business_time.add_days(MADRID, madrid("2026-03-28T10:00"), 1) == madrid(
        "2026-03-30T10:00"
    )
    assert business_time.add_days(MADRID, wednesday, 0) == wednesday


def test_a_calendar_that_never_opens_again_says_so() -> None:
    mondays = [date(2026, 1, 5) + timedelta(weeks=n) for n in range(120)]
    shut = Calendar(zone="UTC", hours=Hours(monday=("09:00-10:00",)), closed=mondays)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(NeverOpen, match="731 days"):
        business_time.add(shut, start, hours(1))
    with pytest.raises(NeverOpen):
        business_time.next_opening(shut, start)
    with pytest.raises(NeverOpen):
        business_time.add_days(shut, start, 1)


def test_moments_need_a_zone_and_amounts_a_direction() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        business_time.add(MADRID, datetime(2026, 1, 1), hours(1))
    with pytest.raises(ValueError, match="taken away"):
        business_time.add(MADRID, madrid("2026-01-07T10:00"), hours(-1))
    with pytest.raises(ValueError, match="taken away"):
        business_time.add_days(MADRID, madrid("2026-01-07T10:00"), -1)


def test_a_calendar_survives_json_and_can_be_a_key() -> None:
    copy = Calendar.model_validate_json(MADRID.model_dump_json())
    assert copy == MADRID
    assert {MADRID: 1}[copy] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zone": "Europe/Nowhere"}, "no IANA time zone"),
        ({"zone": "../../etc/passwd"}, "no IANA time zone"),
        ({"country": "XX", "subdivision": None}, "no public holidays are known"),
        ({"subdivision": "ZZ"}, "no public holidays are known"),
        ({"country": None}, "needs its country"),
        ({"hours": {}}, "at least one weekday"),
        ({"hours": {"monday": ["09:00-12:00", "11:00-13:00"]}}, "monday: hours must follow"),
        ({"hours": {"monday": ["12:00-09:00"]}}, "monday: hours must follow"),
        ({"hours": {"monday": ["9-17"]}}, "pattern"),
        ({"hours": {"lunes": ["09:00-17:00"]}}, "Extra inputs"),
        ({"closed": ["2026-02-30"]}, "valid date"),
    ],
)
def test_a_mistake_in_a_calendar_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Calendar(**{**MADRID.model_dump(), **change})
