"""Checking whether we lend to a customer at all."""

from activities import lending
from services.credit import Limits
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, Wants, example


class CheckEligibility(Wants):
    """To whom we lend how much."""

    model_config = example(limits="${ $settings.limits }")

    limits: Limits
    """The limits of age, amount, time and income; amounts in minor units."""


@step
async def check_eligibility(request: RequestWorkflow, wants: CheckEligibility) -> Facts:
    """Refuse whoever we do not lend to, by age, time as a customer, loans overdue and amount."""
    await request.act(lending.check_eligibility, wants.limits)
    return Facts()
