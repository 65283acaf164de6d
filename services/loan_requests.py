"""Loan requests: what a form asks us to lend, and whether we do. Nothing is changed here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from ground.errors import Refusal
from ground.messages import money, ref
from services import credit, lending, profiles
from services.amortisation import Schedule, amortisation, instalment_minor
from services.credit import Affordability, Applicant, Limits, Reason
from store.requests import Request


@dataclass(frozen=True)
class Application:
    """What a request asks for and states; amounts in minor units, all but the first monthly."""

    amount_minor: int
    months: int
    income_minor: int
    expenses_minor: int
    instalments_minor: int
    """What is paid back each month to others than us."""


def application(answers: Mapping[str, Any]) -> Application:
    """The application in the answers of the form."""
    others = answers.get("existing_loans", ())
    return Application(
        amount_minor=answers["amount"],
        months=answers["term_months"],
        income_minor=answers["net_income"] + answers.get("other_income", 0),
        expenses_minor=answers["housing_costs"] + answers["living_costs"],
        instalments_minor=sum(loan["monthly"] for loan in others),
    )


def missing_documents(
    request: Request, required: Mapping[str, Sequence[str]], given: Collection[str]
) -> list[str]:
    """The documents that this employment requires and that neither form nor task has given."""
    answers = request.answers
    wanted = required.get(answers["employment"], ())
    return [name for name in wanted if not answers.get(name) and name not in given]


def check_eligibility(session: Session, request: Request, limits: Limits, at: datetime) -> None:
    """Raise `Refusal` with every reason why this customer cannot be lent what they ask for."""
    asked, on = application(request.answers), profiles.local_day(session, request.customer_id, at)
    person = profiles.customer(session, request.customer_id)
    owed = lending.obligations(session, request.customer_id, limits.currency, on)
    applicant = Applicant(
        born_on=person.born_on,
        customer_since=person.customer_since,
        overdue_instalments=owed.overdue,
    )
    reasons = credit.eligibility(applicant, asked.amount_minor, asked.months, limits, on)
    if reasons:
        raise refusal(reasons)


def refusal(reasons: Sequence[Reason]) -> Refusal:
    """One refusal that tells all reasons."""
    first, *others = reasons
    if not others:
        return Refusal(first.key, **first.params)
    rest = refusal(others)
    return Refusal(
        "loan.several_reasons",
        first=ref(first.key, **first.params),
        others=ref(rest.key, **rest.params),
    )


def check_affordability(
    session: Session, request: Request, limits: Limits, annual_rate: Decimal, at: datetime
) -> Affordability:
    """How well the customer can bear the loan. Raises `Refusal` when they cannot."""
    asked, on = application(request.answers), profiles.local_day(session, request.customer_id, at)
    owed = lending.obligations(session, request.customer_id, limits.currency, on)
    found = credit.affordability(
        asked.income_minor,
        asked.expenses_minor,
        asked.instalments_minor + owed.instalments_minor,
        instalment_minor(asked.amount_minor, annual_rate, asked.months),
        limits.maximum_debt_to_income,
        annual_rate=annual_rate,
        months=asked.months,
    )
    if not found.affordable:
        raise unaffordable(found, limits, asked.months)
    return found


def unaffordable(found: Affordability, limits: Limits, months: int) -> Refusal:
    """The refusal, with what could be borne where we lend as little as that."""
    if found.largest_amount_minor < limits.minimum_amount:
        return Refusal("loan.unaffordable")
    largest = min(found.largest_amount_minor, limits.maximum_amount)
    return Refusal("loan.unaffordable_but", largest=money(largest, limits.currency), months=months)


def schedule(request: Request, annual_rate: Decimal, first_due: date) -> Schedule:
    """How the loan asked for would be paid back."""
    asked = application(request.answers)
    return amortisation(asked.amount_minor, annual_rate, asked.months, first_due)
