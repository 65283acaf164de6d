"""What a change of plan costs for the rest of a paid month. Exact decimals, no database.

A subscription is paid in advance, month by month, from its anchor day on. Whoever changes plan now
gets back the unused days of the old plan and pays the same days of the new one.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum


class When(StrEnum):
    """When a change of plan takes effect."""

    NOW = "now"
    NEXT_CYCLE = "next-cycle"


@dataclass(frozen=True)
class Period:
    """A paid month: the days from `start` to before `end`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.end - self.start).days

    def remaining(self, on: date) -> int:
        """How many days are left, `on` included; none from the end on."""
        return min(max((self.end - on).days, 0), self.days)


@dataclass(frozen=True)
class Price:
    """What a plan costs a month, in minor units."""

    plan_id: str
    minor: int
    currency: str


@dataclass(frozen=True)
class Quote:
    """What a change of plan costs; amounts in minor units of `currency`.

    `charge_minor` is the new plan's share of the period, `credit_minor` what comes back of the old
    one, `total_minor` the difference that is due now (negative: the customer gets money back), and
    `monthly_minor` the price of each month after that.
    """

    old_plan_id: str
    new_plan_id: str
    when: When
    effective_on: date
    period: Period
    days_remaining: int
    charge_minor: int
    credit_minor: int
    monthly_minor: int
    currency: str

    @property
    def total_minor(self) -> int:
        """What is due now."""
        return self.charge_minor - self.credit_minor


def period_at(anchor_day: int, on: date) -> Period:
    """The paid month of a day; in months without the anchor day it begins on the last one."""
    this = month_start(anchor_day, on.year, on.month)
    if on < this:
        return Period(month_start(anchor_day, *month_after(on, -1)), this)
    return Period(this, month_start(anchor_day, *month_after(on, 1)))


def month_start(anchor_day: int, year: int, month: int) -> date:
    """The day of a calendar month on which a paid month begins."""
    return date(year, month, min(anchor_day, monthrange(year, month)[1]))


def month_after(day: date, months: int) -> tuple[int, int]:
    """Year and month, so many months after a day's."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1


def share(minor: int, days: int, of_days: int) -> int:
    """The part of a price that falls on `days` of `of_days`, halves rounded up."""
    return int((Decimal(minor) * days / of_days).quantize(Decimal(1), ROUND_HALF_UP))


def proration(old: Price, new: Price, period: Period, when: When, on: date) -> Quote:
    """The cost of changing from one plan to another on a day of the period, or at its end.

    At the end nothing is due now: the next month is paid at the new price. Raises `ValueError` for
    prices in two currencies.
    """
    if old.currency != new.currency:
        raise ValueError(f"{old.currency} and {new.currency} cannot be set off against each other")
    days = period.remaining(on) if when == When.NOW else 0
    return Quote(
        old_plan_id=old.plan_id,
        new_plan_id=new.plan_id,
        when=when,
        effective_on=on if when == When.NOW else period.end,
        period=period,
        days_remaining=days,
        charge_minor=share(new.minor, days, period.days),
        credit_minor=share(old.minor, days, period.days),
        monthly_minor=new.minor,
        currency=new.currency,
    )
