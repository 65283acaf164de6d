"""Who may be lent how much."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.messages import money
from services.amortisation import instalment_minor
from services.credit import Affordability, Applicant, Limits, affordability, eligibility

TODAY = date(2026, 11, 21)
RATE = Decimal("0.0795")
LIMITS = Limits(
    currency="EUR",
    minimum_amount=100_000,
    maximum_amount=5_000_000,
    terms_months=(12, 24, 36),
    minimum_age=18,
    minimum_months_as_customer=3,
    maximum_debt_to_income=Decimal("0.40"),
)
CLARA = Applicant(born_on=date(1988, 4, 17), customer_since=date(2021, 3, 15))


def keys(applicant: Applicant, amount: int = 100_000, months: int = 12) -> list[str]:
    return [reason.key for reason in eligibility(applicant, amount, months, LIMITS, TODAY)]


def bearable(income: int, expenses: int, existing: int, new: int) -> Affordability:
    limit = LIMITS.maximum_debt_to_income
    return affordability(income, expenses, existing, new, limit, annual_rate=RATE, months=24)


def test_a_customer_of_age_in_good_standing_is_eligible_up_to_the_very_limits() -> None:
    assert keys(CLARA, 100_000, 12) == keys(CLARA, 5_000_000, 36) == []


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"born_on": date(2008, 11, 22)}, "lending.too_young"),
        ({"born_on": None}, "lending.too_young"),
        ({"customer_since": date(2026, 8, 22)}, "lending.customer_too_new"),
        ({"overdue_instalments": 1}, "lending.overdue"),
    ],
)
def test_each_thing_that_speaks_against_an_applicant(change: dict[str, object], key: str) -> None:
    assert keys(CLARA.model_copy(update=change)) == [key]


def test_the_day_on_which_a_limit_is_reached_is_enough() -> None:
    assert keys(CLARA.model_copy(update={"born_on": date(2008, 11, 21)})) == []
    assert keys(CLARA.model_copy(update={"customer_since": date(2026, 8, 21)})) == []


def test_amounts_and_terms_that_are_not_lent_are_named_with_what_is() -> None:
    amount, term = eligibility(CLARA, 99_999, 13, LIMITS, TODAY)
    assert amount.key == "lending.amount_out_of_range"
    assert amount.params == {"smallest": money(100_000, "EUR"), "largest": money(5_000_000, "EUR")}
    assert (term.key, term.params) == ("lending.term_not_offered", {"terms": "12, 24, 36"})
    assert keys(CLARA, 5_000_001) == ["lending.amount_out_of_range"]


def test_every_reason_is_given_at_once() -> None:
    child = Applicant(born_on=date(2015, 1, 1), customer_since=TODAY, overdue_instalments=2)
    assert len(eligibility(child, 1, 1, LIMITS, TODAY)) == 5


def test_an_instalment_up_to_the_share_of_the_income_is_affordable() -> None:
    just = bearable(200_000, 60_000, 30_000, 50_000)
    assert (just.affordable, just.ratio) == (True, Decimal("0.4000"))
    assert not bearable(200_000, 60_000, 30_000, 50_001).affordable


def test_what_is_left_after_expenses_limits_too() -> None:
    assert bearable(200_000, 150_000, 30_000, 20_000).affordable
    assert not bearable(200_000, 150_000, 30_000, 20_001).affordable


@pytest.mark.parametrize("income", [0, -5])
def test_without_an_income_nothing_is_affordable(income: int) -> None:
    none = bearable(income, 0, 0, 1)
    assert (none.affordable, none.ratio) == (False, None)
    assert (none.largest_instalment_minor, none.largest_amount_minor) == (0, 0)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_largest_affordable_amount_is_affordable_and_a_unit_more_is_not(
    income: int, expenses: int, existing: int
) -> None:
    largest = bearable(income, expenses, existing, 1).largest_amount_minor
    if largest:
        monthly = instalment_minor(largest, RATE, 24)
        assert bearable(income, expenses, existing, monthly).affordable
    # An amount so small that its instalment rounds to nothing costs nothing.
    monthly = instalment_minor(largest + 1, RATE, 24)
    assert monthly == 0 or not bearable(income, expenses, existing, monthly).affordable
