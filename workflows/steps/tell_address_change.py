"""Telling of a change of address, so that none is made without its customer's knowing."""

from datetime import date

from activities import profiles
from activities.profiles import TellChange
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, Wants, example


class TellAddressChange(Wants):
    """What has changed, and from when on."""

    model_config = example(
        effective_on="${ $context.change.effective_on }", contacts="${ .contacts }"
    )

    effective_on: date
    """The day from which the new address holds."""
    contacts: tuple[str, ...] = ()
    """The changes of e-mail address and telephone number, as `update-profile` answers them."""


@step(effects=(profiles.tell_contacts,))
async def tell_address_change(request: RequestWorkflow, wants: TellAddressChange) -> Facts:
    """Tell the account, the old contact and the new one that the address has changed."""
    await request.act(profiles.tell_contacts, TellChange(**wants.model_dump()))
    return Facts()
