"""What a loan costs: known figures, and what must hold for every loan."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.amortisation import amortisation, instalment_minor, largest_amount_minor

FIRST = date(2026, 12, 31)
RATES = st.decimals(0, Decimal("0.3"), places=4)
MONTHS = st.integers(1, 360)


def test_a_loan_with_published_figures() -> None:
    """100,000 at 6 % over 30 years: 599.55 a month, as every textbook table has it."""
    schedule = amortisation(10_000_000, Decimal("0.06"), 360, FIRST)
    first, second = schedule.instalments[:2]
    assert schedule.instalment_minor == 59_955
    assert (first.interest_minor, first.principal_minor) == (50_000, 9_955)
    assert (second.interest_minor, second.principal_minor) == (49_950, 10_005)
    assert abs(schedule.instalments[-1].total_minor - 59_955) < 500


def test_without_interest_only_the_amount_is_paid_back() -> None:
    schedule = amortisation(100_000, Decimal(0), 12, FIRST)
    assert [each.total_minor for each in schedule.instalments] == [8_333] * 11 + [8_337]
    assert (schedule.interest_minor, schedule.total_minor) == (0, 100_000)


def test_half_a_minor_unit_is_rounded_up() -> None:
    assert instalment_minor(3, Decimal(0), 2) == 2
    assert instalment_minor(5, Decimal(0), 2) == 3


def test_instalments_fall_due_on_the_same_day_or_on_the_last_of_a_short_month() -> None:
    days = [each.due_on for each in amortisation(120_000, Decimal("0.05"), 15, FIRST).instalments]
    assert days[:3] == [FIRST, date(2027, 1, 31), date(2027, 2, 28)]
    assert (days[3], days[14]) == (date(2027, 3, 31), date(2028, 2, 29))


@given(st.integers(1, 10**11), RATES, MONTHS)
def test_every_schedule_pays_back_exactly_what_was_lent(
    amount: int, rate: Decimal, months: int
) -> None:
    schedule = amortisation(amount, rate, months, FIRST)
    instalments = schedule.instalments
    balances = [amount, *(each.balance_minor for each in instalments)]
    assert len(instalments) == months
    assert sum(each.principal_minor for each in instalments) == amount
    assert sum(each.total_minor for each in instalments) == schedule.total_minor
    assert schedule.total_minor == amount + schedule.interest_minor
    assert balances[-1] == 0
    for each, (before, after) in zip(instalments, pairwise(balances), strict=True):
        assert after == before - each.principal_minor
        assert 0 <= after <= before
        assert each.total_minor == each.interest_minor + each.principal_minor
        assert abs(each.interest_minor - before * rate / 12) <= Decimal("0.5")


@given(st.integers(100_000, 10**9), RATES, st.integers(1, 120))
def test_all_instalments_but_the_last_are_equal(amount: int, rate: Decimal, months: int) -> None:
    schedule = amortisation(amount, rate, months, FIRST)
    usual, last = {each.total_minor for each in schedule.instalments[:-1]}, schedule.instalments[-1]
    assert usual <= {schedule.instalment_minor}
    # Half a unit is rounded in each instalment and in each interest; the last one bears the sum,
    # with the interest on it.
    grown = months * (1 + rate / 12) ** months
    assert abs(last.total_minor - schedule.instalment_minor) <= grown + 1


@given(st.integers(1, 10**7), RATES, MONTHS)
def test_the_largest_amount_is_the_last_whose_instalment_fits(
    instalment: int, rate: Decimal, months: int
) -> None:
    largest = largest_amount_minor(instalment, rate, months)
    assert instalment_minor(largest, rate, months) <= instalment
    assert instalment_minor(largest + 1, rate, months) > instalment


@pytest.mark.parametrize(
    ("amount", "rate", "months", "complaint"),
    [
        (0, "0.05", 12, "nobody lends 0"),
        (-100, "0.05", 12, "nobody lends -100"),
        (100, "-0.01", 12, "an annual rate"),
        (100, "795", 12, "an annual rate"),
        (100, "0.05", 0, "1 to 600 months"),
        (100, "0.05", 601, "1 to 600 months"),
    ],
)
def test_what_is_no_loan_is_refused(amount: int, rate: str, months: int, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        amortisation(amount, Decimal(rate), months, FIRST)
