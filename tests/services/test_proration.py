"""What a change of plan costs: shares of a month, to the day and to the cent."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.proration import Period, Price, When, period_at, proration, share

SMALL, LARGE = Price("small", 20_00, "EUR"), Price("large", 45_00, "EUR")
MARCH = Period(date(2025, 3, 1), date(2025, 4, 1))

days = st.dates(date(1999, 1, 1), date(2099, 12, 31))
anchors = st.integers(1, 31)
amounts = st.integers(0, 10**12)


@given(anchors, days)
def test_every_day_lies_in_one_month_and_months_follow_without_gap(anchor: int, on: date) -> None:
    period = period_at(anchor, on)
    assert period.start <= on < period.end
    assert 28 <= period.days <= 31
    assert period_at(anchor, period.end).start == period.end
    assert period_at(anchor, period.start - timedelta(days=1)).end == period.start


@pytest.mark.parametrize(
    ("anchor", "on", "start", "end"),
    [
        (31, "2025-02-27", "2025-01-31", "2025-02-28"),
        (31, "2025-02-28", "2025-02-28", "2025-03-31"),
        (31, "2024-02-28", "2024-01-31", "2024-02-29"),
        (31, "2024-02-29", "2024-02-29", "2024-03-31"),
        (30, "2025-03-29", "2025-02-28", "2025-03-30"),
        (31, "2025-04-30", "2025-04-30", "2025-05-31"),
        (15, "2025-01-14", "2024-12-15", "2025-01-15"),
        (1, "2025-12-31", "2025-12-01", "2026-01-01"),
    ],
)
def test_a_short_month_begins_on_its_last_day_and_the_anchor_comes_back(
    anchor: int, on: str, start: str, end: str
) -> None:
    period = period_at(anchor, date.fromisoformat(on))
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


@given(amounts, st.integers(28, 31), st.data())
def test_a_share_is_exact_to_the_nearest_unit_with_halves_up(
    minor: int, of_days: int, data: st.DataObject
) -> None:
    part = data.draw(st.integers(0, of_days))
    exact = Fraction(minor * part, of_days)
    assert -Fraction(1, 2) < share(minor, part, of_days) - exact <= Fraction(1, 2)


@pytest.mark.parametrize(("minor", "part", "expected"), [(1, 15, 1), (3, 15, 2), (1, 14, 0)])
def test_a_half_is_rounded_up(minor: int, part: int, expected: int) -> None:
    assert share(minor, part, 30) == expected


@given(amounts, st.integers(28, 31), st.data())
def test_two_parts_of_a_month_come_to_the_whole_within_one_unit(
    minor: int, of_days: int, data: st.DataObject
) -> None:
    part = data.draw(st.integers(0, of_days))
    parts = share(minor, part, of_days) + share(minor, of_days - part, of_days)
    assert 0 <= parts - minor <= 1


@given(amounts, amounts, anchors, days, days)
def test_the_parts_of_a_quote_come_to_its_total_and_never_exceed_a_month(
    old: int, new: int, anchor: int, begun: date, on: date
) -> None:
    period = period_at(anchor, begun)
    quote = proration(Price("old", old, "EUR"), Price("new", new, "EUR"), period, When.NOW, on)
    assert quote.total_minor == quote.charge_minor - quote.credit_minor
    assert 0 <= quote.charge_minor <= new
    assert 0 <= quote.credit_minor <= old
    assert quote.monthly_minor == new


@given(amounts, amounts, anchors, days)
def test_an_upgrade_never_pays_out_and_a_downgrade_never_charges(
    one: int, other: int, anchor: int, on: date
) -> None:
    low, high = sorted([one, other])
    period = period_at(anchor, on)
    cheap, dear = Price("cheap", low, "EUR"), Price("dear", high, "EUR")
    assert proration(cheap, dear, period, When.NOW, on).total_minor >= 0
    assert proration(dear, cheap, period, When.NOW, on).total_minor <= 0


@given(amounts, amounts, anchors, days)
def test_waiting_never_makes_an_upgrade_dearer(one: int, other: int, anchor: int, on: date) -> None:
    low, high = sorted([one, other])
    period = period_at(anchor, on)
    later = on + timedelta(days=1)
    assume(later < period.end)
    cheap, dear = Price("cheap", low, "EUR"), Price("dear", high, "EUR")
    now, then = (proration(cheap, dear, period, When.NOW, day) for day in (on, later))
    assert then.charge_minor <= now.charge_minor
    assert then.credit_minor <= now.credit_minor


def test_on_the_first_day_the_whole_difference_is_due() -> None:
    quote = proration(SMALL, LARGE, MARCH, When.NOW, MARCH.start)
    assert (quote.days_remaining, quote.total_minor) == (31, 25_00)


def test_in_the_middle_the_remaining_days_are_due_today_included() -> None:
    quote = proration(SMALL, LARGE, MARCH, When.NOW, date(2025, 3, 22))
    assert quote.days_remaining == 10
    assert (quote.charge_minor, quote.credit_minor, quote.total_minor) == (14_52, 6_45, 8_07)
    assert quote.effective_on == date(2025, 3, 22)


@pytest.mark.parametrize("on", [MARCH.end, MARCH.end + timedelta(days=5)])
def test_with_no_day_remaining_nothing_is_due(on: date) -> None:
    quote = proration(SMALL, LARGE, MARCH, When.NOW, on)
    assert (quote.days_remaining, quote.charge_minor, quote.credit_minor) == (0, 0, 0)


@pytest.mark.parametrize(("year", "due"), [(2024, 12_94), (2025, 12_50)])
def test_a_leap_day_is_a_day_of_the_month(year: int, due: int) -> None:
    february = period_at(1, date(year, 2, 15))
    assert proration(SMALL, LARGE, february, When.NOW, date(year, 2, 15)).total_minor == due


def test_at_the_next_month_nothing_is_due_now() -> None:
    quote = proration(SMALL, LARGE, MARCH, When.NEXT_CYCLE, date(2025, 3, 22))
    assert (quote.total_minor, quote.monthly_minor) == (0, 45_00)
    assert quote.effective_on == date(2025, 4, 1)


def test_two_currencies_cannot_be_set_off() -> None:
    with pytest.raises(ValueError, match="EUR and COP"):
        proration(SMALL, Price("x", 1, "COP"), MARCH, When.NOW, MARCH.start)
