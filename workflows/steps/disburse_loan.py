"""Paying a loan out."""

from activities import lending
from activities.lending import Disburse
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, Wants, example


class DisburseLoan(Wants):
    """Which offer to pay out of which funds."""

    model_config = example(offer="${ .offer.id }", reservation="${ $context.reservation }")

    offer: str
    """The id of the accepted offer."""
    reservation: str
    """The id of the reservation, as `reserve-funds` answers it."""


class Disbursed(Facts):
    """What was paid out."""

    loan: str
    """The id of the loan."""


@step(effects=(lending.disburse,))
async def disburse_loan(request: RequestWorkflow, wants: DisburseLoan) -> Disbursed:
    """Pay an accepted offer out to the customer."""
    lent = await request.act(lending.disburse, Disburse(**wants.model_dump()))
    return Disbursed(loan=lent.id)
