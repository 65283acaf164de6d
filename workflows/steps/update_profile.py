"""Changing what we know of the customer, from the answers; undone by what was before."""

from typing import Self

from pydantic import model_validator

from activities import profiles
from activities.profiles import ProfileFields
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import AnswerName, Facts, Wants, example


class Fields(Wants):
    """For each part of the profile, the name of the answer that holds it: `contact.email`."""

    address: AnswerName | None = None
    """Where the customer lives."""
    billing_address: AnswerName | None = None
    """Where invoices go."""
    delivery_address: AnswerName | None = None
    """Where goods go."""
    name: AnswerName | None = None
    """What the customer is called."""
    email: AnswerName | None = None
    """The e-mail address."""
    phone: AnswerName | None = None
    """The telephone number."""

    @model_validator(mode="after")
    def names_something(self) -> Self:
        if not any(name for _, name in self):
            raise ValueError("name at least one answer")
        return self


class UpdateProfile(Wants):
    """Which parts of the profile change; what was not answered stays as it is."""

    model_config = example(
        fields={"address": "new_address", "email": "contact.email"},
    )

    fields: Fields
    """For each part of the profile, the name of the answer that holds it."""


class ProfileUpdated(Facts):
    """What is new; the data itself stays where it is."""

    changed: list[str]
    """The parts that were not so before."""
    contacts: tuple[str, ...] = ()
    """The ids of the changes of name, e-mail address and telephone number."""


@step(effects=(profiles.update_profile,), told="steps.update_profile")
async def update_profile(request: RequestWorkflow, wants: UpdateProfile) -> ProfileUpdated:
    """Change name, address, e-mail address or telephone number to what was answered."""
    fields = ProfileFields.model_validate(wants.fields.model_dump())
    done = await request.act(profiles.update_profile, fields)
    return ProfileUpdated(changed=done.changed, contacts=done.contacts)
