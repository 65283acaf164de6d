"""Checking a change of address before it is made."""

from pydantic import Field

from activities import profiles
from activities.profiles import ChangeFacts, CheckChange
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Wants, example


class CheckAddressChange(Wants):
    """By which rule to check; what is wished stands in the answers to the form."""

    model_config = example(second_change_days=30)

    second_change_days: int = Field(ge=0)
    """Within how many days a second change asks for a check of identity."""


@step
async def check_address_change(request: RequestWorkflow, wants: CheckAddressChange) -> ChangeFacts:
    """Say what the address, the contact and the day that were answered mean; nothing changes."""
    return await request.act(profiles.check_change, CheckChange(**wants.model_dump()))
