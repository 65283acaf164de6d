"""Setting the amount of a loan aside."""

from activities import lending
from activities.lending import Reserve
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Currency, Facts, Wants, example


class ReserveFunds(Wants):
    """The amount is what was asked for."""

    model_config = example(currency="EUR")

    currency: Currency
    """The currency."""


class Reserved(Facts):
    """What was set aside."""

    reservation: str
    """The id of the reservation."""


@step(effects=(lending.reserve_funds,))
async def reserve_funds(request: RequestWorkflow, wants: ReserveFunds) -> Reserved:
    """Set the amount of the loan aside; refused where there is not enough."""
    reserve = Reserve(currency=wants.currency)
    return Reserved(reservation=await request.act(lending.reserve_funds, reserve))
