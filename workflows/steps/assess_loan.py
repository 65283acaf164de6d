"""Assessing a loan request by the rules of the house."""

from decimal import Decimal

from pydantic import Field

from activities import lending
from activities.lending import Rules
from services.credit import Limits
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, Wants, example


class AssessLoan(Wants):
    """The rules; amounts in minor units."""

    model_config = example(
        limits="${ $settings.limits }",
        annual_rate="0.0795",
        automatic_limit=300000,
        one_officer_limit=1500000,
    )

    limits: Limits
    """To whom we lend how much."""
    annual_rate: Decimal
    """The interest of a year: 0.0795 is 7.95 %."""
    automatic_limit: int = Field(ge=0)
    """Up to which amount nobody need approve."""
    one_officer_limit: int = Field(ge=0)
    """Up to which amount one officer is enough; beyond it takes two."""


class Assessed(Facts):
    """What it takes."""

    officers: int
    """How many officers must approve."""


@step
async def assess_loan(request: RequestWorkflow, wants: AssessLoan) -> Assessed:
    """Refuse whoever is not eligible or cannot bear the loan, else say how many must approve."""
    rules = Rules.model_validate(wants.model_dump())
    return Assessed(officers=await request.act(lending.assess, rules))
