"""Who may be lent how much: the rules, without a database. Their limits come from the settings."""

from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from ground.messages import money
from services.amortisation import due_on, largest_amount_minor


class Limits(BaseModel):
    """What the catalog item's settings say about whom we lend to; amounts in minor units."""

    model_config = ConfigDict(frozen=True)

    currency: str
    minimum_amount: int
    maximum_amount: int
    terms_months: tuple[int, ...]
    minimum_age: int
    minimum_months_as_customer: int
    maximum_debt_to_income: Decimal
    """The share of the income that all instalments together may take: 0.40 is 40 %."""


class Applicant(BaseModel):
    """What is known of the person who asks. Without a date of birth nobody is of age."""

    model_config = ConfigDict(frozen=True)

    born_on: date | None
    customer_since: date
    overdue_instalments: int = 0
    """How many instalments of earlier loans are overdue."""


class Reason(BaseModel):
    """Why not: a message key and its parameters."""

    model_config = ConfigDict(frozen=True)

    key: str
    params: dict[str, Any] = {}


class Affordability(BaseModel):
    """Whether an instalment can be borne; amounts in minor units.

    `ratio` is the share of the monthly income that all instalments take together (None without an
    income); `largest_amount_minor` is the most that could be borne over the same months.
    """

    model_config = ConfigDict(frozen=True)

    ratio: Decimal | None
    affordable: bool
    largest_instalment_minor: int
    largest_amount_minor: int


def eligibility(
    applicant: Applicant, amount_minor: int, months: int, limits: Limits, on: date
) -> list[Reason]:
    """Every reason why this person cannot be lent this; none means eligible."""
    return [*applicant_reasons(applicant, limits, on), *loan_reasons(amount_minor, months, limits)]


def applicant_reasons(applicant: Applicant, limits: Limits, on: date) -> list[Reason]:
    """Too young, too new here, or behind with earlier loans."""
    reasons = []
    if applicant.born_on is None or age(applicant.born_on, on) < limits.minimum_age:
        reasons.append(Reason(key="lending.too_young", params={"years": limits.minimum_age}))
    months = limits.minimum_months_as_customer
    if due_on(applicant.customer_since, months) > on:
        reasons.append(Reason(key="lending.customer_too_new", params={"months": months}))
    if applicant.overdue_instalments:
        count = applicant.overdue_instalments
        reasons.append(Reason(key="lending.overdue", params={"count": count}))
    return reasons


def loan_reasons(amount_minor: int, months: int, limits: Limits) -> list[Reason]:
    """An amount or a time for which we do not lend."""
    reasons = []
    if not limits.minimum_amount <= amount_minor <= limits.maximum_amount:
        params = {
            "smallest": money(limits.minimum_amount, limits.currency),
            "largest": money(limits.maximum_amount, limits.currency),
        }
        reasons.append(Reason(key="lending.amount_out_of_range", params=params))
    if months not in limits.terms_months:
        terms = ", ".join(map(str, sorted(limits.terms_months)))
        reasons.append(Reason(key="lending.term_not_offered", params={"terms": terms}))
    return reasons


def age(born_on: date, on: date) -> int:
    """Full years; whoever was born on 29 February is a year older on 1 March of other years."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def affordability(
    income_minor: int,
    expenses_minor: int,
    existing_instalments_minor: int,
    new_instalment_minor: int,
    max_debt_to_income: Decimal,
    *,
    annual_rate: Decimal,
    months: int,
) -> Affordability:
    """Whether a new instalment can be borne, and the most that could; all amounts monthly.

    It can when all instalments together take no more of the income than the limit (0.40 is 40 %),
    and expenses and instalments together no more than the income.
    """
    share = int((income_minor * max_debt_to_income).to_integral_value(ROUND_FLOOR))
    most = min(share, income_minor - expenses_minor) - existing_instalments_minor
    largest = max(most, 0)
    debt = Decimal(existing_instalments_minor + new_instalment_minor)
    return Affordability(
        ratio=(debt / income_minor).quantize(Decimal("0.0001")) if income_minor > 0 else None,
        affordable=new_instalment_minor <= largest,
        largest_instalment_minor=largest,
        largest_amount_minor=largest_amount_minor(largest, annual_rate, months) if largest else 0,
    )
