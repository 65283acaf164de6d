"""A change of address: what is wished and what it means, each update with its undo, who is told.

What the customer wrote stays in the request's row: only small facts travel to the workflow.
"""

from datetime import date, datetime
from typing import Any, Literal, TypedDict

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, Nothing, Undo, effect, undo
from ground.errors import Invalid
from ground.messages import day, ref
from services import identity, notifications, profiles, requests, tasks, timeline
from services.addresses import NormalisedAddress, normalise_address
from services.profiles import AddressCheck, AddressUpdate
from store.profiles import AddressUse
from store.requests import Request

Follower = Literal["billing", "delivery"]


class CheckChange(BaseModel):
    """Within how many days a second change asks for a check of identity."""

    second_change_days: int


class ChangeFacts(BaseModel):
    """What the wished change means as of one revision of the answers.

    It takes effect at `effective_at`, when that day begins for the customer; `later` says that this
    was still to come when it was checked. `problem` (a message reference) tells what keeps the
    address from being one; then nothing is known of the change itself.
    """

    revision: int
    effective_on: date
    effective_at: datetime
    later: bool
    follow: list[Follower]
    problem: dict[str, Any] | None = None
    abroad: bool = False
    second_change: bool = False
    changes: bool = True

    @property
    def why_check(self) -> str | None:
        """The message that says why staff must see who asks; None when they need not."""
        if self.abroad and self.second_change:
            return "address.because_both"
        if self.abroad:
            return "address.because_abroad"
        return "address.because_second_change" if self.second_change else None


class Correction(BaseModel):
    """The answered task in which the customer corrected the address."""

    task: str


class ProfileUpdate(BaseModel):
    """What an update of a profile did, as its undo needs it."""

    home: AddressUpdate
    contacts: tuple[str, ...]


class TellChange(BaseModel):
    """From which day an address holds, and the ids of the contacts that changed with it."""

    effective_on: date
    contacts: tuple[str, ...]


@effect
def check_change(session: Session, call: Call[CheckChange]) -> ChangeFacts:
    """Normalise what the customer wrote, and say when it takes effect and what it would mean."""
    request = timeline.locked(session, call.request)
    on = date.fromisoformat(request.answers["effective_date"])
    effective_at = profiles.start_of_day(session, request.customer_id, on)
    facts = ChangeFacts(
        revision=request.revision,
        effective_on=on,
        effective_at=effective_at,
        later=effective_at > call.at,
        follow=request.answers.get("follow", []),
    )
    try:
        check = assess(session, request, call.at, call.body.second_change_days)
    except Invalid as error:
        first = error.fields[0]
        return facts.model_copy(update={"problem": ref(first.key, **first.params)})
    meaning = {
        "abroad": check.abroad,
        "second_change": check.second_change,
        "changes": changes_something(session, request, check),
    }
    return facts.model_copy(update=meaning)


def assess(session: Session, request: Request, at: datetime, days: int) -> AddressCheck:
    """What the wished address means; the contact is looked at too. Raises `Invalid`."""
    profiles.normalise_contact(**contact(request))
    address = request.answers["address"]
    return profiles.assess_address_change(
        session, request.customer_id, address["country"], address, at, days
    )


def changes_something(session: Session, request: Request, check: AddressCheck) -> bool:
    """Whether anything would be different afterwards."""
    follow = [AddressUse(use) for use in request.answers.get("follow", [])]
    present = profiles.contact(session, request.customer_id)
    moves = any(
        not profiles.holds(session, request.customer_id, use, check.normalised)
        for use in (AddressUse.HOME, *follow)
    )
    return moves or present != present | profiles.normalise_contact(**contact(request))


@effect
def correct_address(session: Session, call: Call[Correction]) -> None:
    """Put the address that the customer gave in a task in the place of the one in the request."""
    request = timeline.locked(session, call.request)
    given = tasks.locked(session, call.body.task).answers or {}
    requests.correct(session, request, {"address": given["address"]})


@effect
def update_profile(session: Session, call: Call[Nothing]) -> ProfileUpdate:
    """From now on the customer lives at the wished address and is reached as they wished."""
    request = timeline.locked(session, call.request)
    home = profiles.update_home_address(session, request.customer_id, wished(request), call.at)
    contacts = profiles.update_contact(session, request.customer_id, **contact(request), at=call.at)
    return ProfileUpdate(home=home, contacts=contacts)


@undo(of=update_profile)
def restore_profile(session: Session, call: Call[Undo], did: ProfileUpdate) -> None:
    """The customer lives where they lived and is reached as before."""
    profiles.restore_contact(session, did.contacts, call.at)
    profiles.restore_address(session, did.home, call.at)


@effect
def update_billing(session: Session, call: Call[Nothing]) -> AddressUpdate:
    """From now on invoices go to the wished address."""
    request = timeline.locked(session, call.request)
    return profiles.update_billing_address(session, request.customer_id, wished(request), call.at)


@undo(of=update_billing)
def restore_billing(session: Session, call: Call[Undo], did: AddressUpdate) -> None:
    """Invoices go where they went."""
    profiles.restore_address(session, did, call.at)


@effect
def update_delivery(session: Session, call: Call[Nothing]) -> AddressUpdate:
    """From now on goods go to the wished address."""
    request = timeline.locked(session, call.request)
    return profiles.update_delivery_address(session, request.customer_id, wished(request), call.at)


@undo(of=update_delivery)
def restore_delivery(session: Session, call: Call[Undo], did: AddressUpdate) -> None:
    """Goods go where they went."""
    profiles.restore_address(session, did, call.at)


@effect
def tell_contacts(session: Session, call: Call[TellChange]) -> None:
    """Tell the account, the old contact and the new one, each address once.

    The letter to the old contact is how somebody learns of a change that was not theirs.
    """
    request = timeline.locked(session, call.request)
    customer = profiles.customer(session, request.customer_id)
    old, new = profiles.contacts_around(session, request.customer_id, call.body.contacts)
    params = {"on": day(call.body.effective_on), "reference": request.reference}
    notifications.notify(
        session, request.customer_id, "address.changed", params, request.id, call.at
    )
    told = {identity.viewer_of(session, request.customer_id).email}
    for contact_, text in ((old, "address.changed_old_contact"), (new, "address.changed")):
        if contact_["email"] not in told:
            told.add(contact_["email"])
            notifications.queue_mail(
                session,
                f"{call.key}/{len(told)}",
                to=contact_["email"],
                name=customer.name,
                language=customer.language,
                zone=customer.zone,
                text=text,
                params=params,
                request_id=request.id,
                at=call.at,
            )


def wished(request: Request) -> NormalisedAddress:
    """The wished address as its country writes it."""
    address = request.answers["address"]
    return normalise_address(address["country"], address)


class Contact(TypedDict):
    """Ways to reach somebody; None leaves one as it is."""

    email: str | None
    phone: str | None


def contact(request: Request) -> Contact:
    """How the customer wishes to be reached."""
    return {"email": request.answers["email"], "phone": request.answers.get("phone")}
