"""A change of address: what is wished and what it means, each update with its undo, who is told.

What the customer wrote stays in the request's row: only small facts travel to the workflow.
"""

from datetime import date, datetime
from typing import Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from activities.effects import Call, Undo, effect, undo
from ground.errors import Invalid
from ground.messages import day, ref
from services import identity, notifications, profiles, timeline
from services.addresses import NormalisedAddress, normalise_address
from services.profiles import AddressCheck, AddressUpdate
from store.profiles import AddressUse
from store.requests import Request

Follower = Literal["billing", "delivery"]


class CheckChange(BaseModel):
    """Within how many days a second change asks for a check of identity."""

    second_change_days: int


class ChangeFacts(BaseModel):
    """What the wished change means as of one revision of the answers."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    revision: int
    """How often the customer has changed the answers."""
    effective_on: date
    """The day on which it takes effect."""
    effective_at: datetime
    """When that day begins for the customer."""
    later: bool
    """Whether that was still to come when it was checked."""
    follow: list[Follower]
    """What else goes to the new address."""
    problem: dict[str, Any] | None = None
    """The message that tells what keeps the address from being one; then no more is known."""
    why_check: str | None = None
    """The message that says why staff must see who asks; null when they need not."""
    changes: bool = True
    """Whether anything would be different afterwards."""


class Day(BaseModel):
    """A calendar day of the customer's."""

    on: date


class ProfileFields(BaseModel):
    """For each part of a profile that is to change, the name of the answer that holds it.

    A name may lead into an answer: `contact.email`.
    """

    address: str | None = None
    billing_address: str | None = None
    delivery_address: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None

    def said(self, answers: dict[str, Any]) -> dict[str, Any]:
        """The parts that are to change, with what was answered; what was not is left out."""
        found = {part: answer_at(answers, name) for part, name in self if name}
        return {part: value for part, value in found.items() if value is not None}


class ProfileUpdate(BaseModel):
    """What an update of a profile did, as its undo needs it, and the parts that are new."""

    addresses: list[AddressUpdate]
    contacts: tuple[str, ...]
    changed: list[str]


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
        "why_check": why_check(check),
        "changes": changes_something(session, request, check),
    }
    return facts.model_copy(update=meaning)


def why_check(check: AddressCheck) -> str | None:
    """The message that says why staff must see who asks; None when they need not."""
    if check.abroad and check.second_change:
        return "address.because_both"
    if check.abroad:
        return "address.because_abroad"
    return "address.because_second_change" if check.second_change else None


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
def day_begins(session: Session, call: Call[Day]) -> datetime:
    """The moment at which a day begins where the customer is."""
    request = timeline.locked(session, call.request)
    return profiles.start_of_day(session, request.customer_id, call.body.on)


@effect
def update_profile(session: Session, call: Call[ProfileFields]) -> ProfileUpdate:
    """From now on the customer lives, is reached and is called as they answered."""
    request = timeline.locked(session, call.request)
    said, done = (
        call.body.said(request.answers),
        ProfileUpdate(addresses=[], contacts=(), changed=[]),
    )
    for part, change in (
        ("address", profiles.update_home_address),
        ("billing_address", profiles.update_billing_address),
        ("delivery_address", profiles.update_delivery_address),
    ):
        if address := said.get(part):
            update = change(session, request.customer_id, normalised(address), call.at)
            done.addresses.append(update)
            done.changed += [part] if update.changed else []
    contact = {part: said[part] for part in ("email", "phone", "name") if part in said}
    if contact:
        none = {"email": None, "phone": None}
        done.contacts = profiles.update_contact(
            session, request.customer_id, at=call.at, **(none | contact)
        )
        done.changed += profiles.kinds_of(session, done.contacts)
    return done


@undo(of=update_profile)
def restore_profile(session: Session, call: Call[Undo], did: ProfileUpdate) -> None:
    """The customer lives where they lived, and is reached and called as before."""
    profiles.restore_contact(session, did.contacts, call.at)
    for update in reversed(did.addresses):
        profiles.restore_address(session, update, call.at)


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


def normalised(address: dict[str, Any]) -> NormalisedAddress:
    """An address as its country writes it. Raises `Invalid`."""
    return normalise_address(address.get("country", ""), address)


def answer_at(answers: Any, name: str) -> Any:
    """The answer of this name, below others where it has dots; None where there is none."""
    for part in name.split("."):
        answers = answers.get(part) if isinstance(answers, dict) else None
    return answers


class Contact(TypedDict):
    """Ways to reach somebody; None leaves one as it is."""

    email: str | None
    phone: str | None


def contact(request: Request) -> Contact:
    """How the customer wishes to be reached."""
    return {"email": request.answers["email"], "phone": request.answers.get("phone")}
