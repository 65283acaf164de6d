"""What a loan costs, month by month, in exact decimals. No database.

The instalment is that of an annuity: an amount P lent at the monthly rate i for n months is paid
back by equal instalments of P·i / (1 - (1 + i)^-n), or P/n without interest. This is the present
value of an annuity-immediate solved for its payment; see Stephen G. Kellison, "The Theory of
Interest", the chapters on annuities and on amortisation schedules.
"""

from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal, localcontext

from pydantic import BaseModel, ConfigDict

from services.proration import month_after, month_start

EXACT = Context(prec=50, rounding=ROUND_HALF_UP)
LONGEST = 600
"""The longest loan in months."""
HALF = Decimal("0.5")


class Instalment(BaseModel):
    """One payment in minor units: `total_minor` is interest and principal together.

    `balance_minor` is what is still owed after it.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    due_on: date
    total_minor: int
    interest_minor: int
    principal_minor: int
    balance_minor: int


class Schedule(BaseModel):
    """How a loan is paid back, in minor units of its currency.

    All instalments are `instalment_minor` but the last, which takes up what rounding left over.
    """

    model_config = ConfigDict(frozen=True)

    amount_minor: int
    annual_rate: Decimal
    instalment_minor: int
    total_minor: int
    interest_minor: int
    instalments: tuple[Instalment, ...]


def amortisation(amount_minor: int, annual_rate: Decimal, months: int, first_due: date) -> Schedule:
    """The schedule of a loan at a nominal annual rate (0.06 is 6 %), compounded monthly.

    Every later instalment is due on the same day of the month, or on the last day of a shorter one.
    Raises `ValueError` for an amount, rate or number of months that is no loan.
    """
    with localcontext(EXACT):
        usual = instalment_minor(amount_minor, annual_rate, months)
        instalments: list[Instalment] = []
        balance = amount_minor
        for number in range(1, months + 1):
            interest = rounded(balance * annual_rate / 12)
            # Of a tiny amount over many months, rounding up may leave nothing for the last ones.
            principal = balance if number == months else min(usual - interest, balance)
            balance -= principal
            instalments.append(
                Instalment(
                    number=number,
                    due_on=due_on(first_due, number - 1),
                    total_minor=interest + principal,
                    interest_minor=interest,
                    principal_minor=principal,
                    balance_minor=balance,
                )
            )
    interest = sum(each.interest_minor for each in instalments)
    return Schedule(
        amount_minor=amount_minor,
        annual_rate=annual_rate,
        instalment_minor=usual,
        total_minor=amount_minor + interest,
        interest_minor=interest,
        instalments=tuple(instalments),
    )


def instalment_minor(amount_minor: int, annual_rate: Decimal, months: int) -> int:
    """The monthly instalment in minor units, halves rounded up. Raises `ValueError`."""
    if amount_minor <= 0:
        raise ValueError(f"nobody lends {amount_minor}")
    with localcontext(EXACT):
        return rounded(amount_minor / annuity(annual_rate, months))


def largest_amount_minor(instalment: int, annual_rate: Decimal, months: int) -> int:
    """The largest amount whose monthly instalment is at most `instalment`; all in minor units."""
    with localcontext(EXACT):
        # The instalment of this bound would just be rounded up to the next minor unit.
        bound = (instalment + HALF) * annuity(annual_rate, months)
        return max(int(bound.to_integral_value(ROUND_CEILING)) - 1, 0)


def annuity(annual_rate: Decimal, months: int) -> Decimal:
    """What one unit a month, from a month from now on, is worth today. Raises `ValueError`."""
    if not 1 <= months <= LONGEST:
        raise ValueError(f"a loan lasts 1 to {LONGEST} months, not {months}")
    if not 0 <= annual_rate <= 10:
        raise ValueError(f"an annual rate is a share such as 0.06, not {annual_rate}")
    with localcontext(EXACT):
        monthly = annual_rate / 12
        return (1 - (1 + monthly) ** -months) / monthly if monthly else Decimal(months)


def due_on(first_due: date, months: int) -> date:
    """The day so many months after the first one; short months end before it."""
    return month_start(first_due.day, *month_after(first_due, months))


def rounded(amount: Decimal) -> int:
    """Whole minor units, halves rounded up."""
    return int(amount.to_integral_value(ROUND_HALF_UP))
