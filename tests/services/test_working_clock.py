"""A clock of openings laid out once says what walking from opening to opening says."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.simulated_history import OFFICE
from ground.business_time import add, between
from services.working_clock import WALL, joined, passed, working_clock

# Both changes of the clocks lie in it, and the public holidays of Spain.
MOMENTS = st.datetimes(datetime(2026, 1, 2), datetime(2027, 6, 1), timezones=st.just(UTC))
CLOCK = working_clock(OFFICE, datetime(2026, 1, 1, tzinfo=UTC))
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@given(MOMENTS, MOMENTS)
@settings(max_examples=60, deadline=None)
def test_it_counts_open_time(one: datetime, other: datetime) -> None:
    start, end = sorted((one, other))
    counted = CLOCK.at(end) - CLOCK.at(start)
    assert abs(counted - between(OFFICE, start, end).total_seconds()) < 0.001


@given(MOMENTS, st.integers(1, 2_000_000))
@settings(max_examples=60, deadline=None)
def test_it_knows_when_so_much_will_have_passed(start: datetime, seconds: int) -> None:
    found = CLOCK.moment(CLOCK.at(start) + seconds)
    assert abs(found - add(OFFICE, start, timedelta(seconds=seconds))) < timedelta(milliseconds=1)


def test_before_its_beginning_it_stands_still() -> None:
    assert CLOCK.at(datetime(2020, 1, 1, tzinfo=UTC)) == 0.0


def test_what_is_left_out_counts_once() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    spans = joined([(at + HOUR, at + 3 * HOUR), (at + 2 * HOUR, at + 4 * HOUR)])
    assert spans == ((at + HOUR, at + 4 * HOUR),)
    assert passed(WALL, at, at + 10 * HOUR, spans) == 7 * 3600
    assert passed(WALL, at + 2 * HOUR, at + 3 * HOUR, spans) == 0
