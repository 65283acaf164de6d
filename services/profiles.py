"""Customers' profiles: the system of record for who they are, where they live, how to reach them.

Every change keeps what was before, and can be undone at any later time without losing the changes
that came after it. The day a change takes effect is the caller's affair: it is made when called.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from sqlmodel import Session, col, func, select

from ground.errors import FieldError, Invalid, NotFound
from services.addresses import NormalisedAddress, normalise_address
from store.identity import Account
from store.profiles import Address, AddressUse, ContactChange, Customer

PHONE = re.compile(r"\+?[0-9]{6,15}")
LONGEST_NAME = 200


@dataclass(frozen=True)
class AddressCheck:
    """What a wished home address means; `unchanged` says that it is the present one already."""

    abroad: bool
    second_change: bool
    unchanged: bool
    normalised: NormalisedAddress

    @property
    def identity_check_needed(self) -> bool:
        """Whether staff must see who asks before the change is made."""
        return self.abroad or self.second_change


@dataclass(frozen=True)
class AddressUpdate:
    """What an update of an address did, as its undo needs it: nothing when not `changed`."""

    address_id: str
    changed: bool


def customer(session: Session, account_id: str, lock: bool = False) -> Customer:
    """The customer of an account; `lock` lets no one else change them. Raises `NotFound`."""
    found = session.get(Customer, account_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound("profiles.no_customer")
    return found


def local_day(session: Session, account_id: str, at: datetime) -> date:
    """The calendar day that the customer has at this moment."""
    return at.astimezone(ZoneInfo(customer(session, account_id).zone)).date()


def start_of_day(session: Session, account_id: str, day: date) -> datetime:
    """The moment (UTC) at which a calendar day begins where the customer is."""
    zone = ZoneInfo(zone_of(session, account_id))
    return datetime.combine(day, time(), zone).astimezone(UTC)


def zone_of(session: Session, account_id: str) -> str:
    """The time zone in which somebody lives; that of their account if they are no customer."""
    person = session.get(Customer, account_id)
    return person.zone if person else session.get_one(Account, account_id).zone


def profile(session: Session, account_id: str) -> dict[str, Any]:
    """What forms may be filled with: `name`, `email`, … and `address.city`, `billing_address`, ….

    Empty for an account that is no customer.
    """
    person = session.get(Customer, account_id)
    if person is None:
        return {}
    addresses = {
        "address": AddressUse.HOME,
        "billing_address": AddressUse.BILLING,
        "delivery_address": AddressUse.DELIVERY,
    }
    values: dict[str, Any] = person.model_dump(mode="json", exclude={"account_id"})
    for name, use in addresses.items():
        if address := current_address(session, account_id, use):
            values[name] = as_normalised(address).as_dict()
    return values


def current_address(session: Session, customer_id: str, use: AddressUse) -> Address | None:
    """The address that holds now for a use."""
    return session.exec(
        select(Address).where(
            Address.customer_id == customer_id,
            Address.use == use,
            col(Address.valid_until).is_(None),
        )
    ).one_or_none()


def holds(session: Session, customer_id: str, use: AddressUse, address: NormalisedAddress) -> bool:
    """Whether this is the customer's address for a use already."""
    current = current_address(session, customer_id, use)
    return current is not None and as_normalised(current) == address


def as_normalised(address: Address) -> NormalisedAddress:
    """A stored address without its history."""
    return NormalisedAddress(
        country=address.country,
        lines=tuple(address.lines),
        district=address.district,
        city=address.city,
        region=address.region,
        postal_code=address.postal_code,
    )


def assess_address_change(
    session: Session,
    customer_id: str,
    country: str,
    parts: Mapping[str, Any],
    at: datetime,
    second_change_days: int,
) -> AddressCheck:
    """Normalise a wished home address and say what it would mean at this moment.

    It is a second change if another one took effect within so many days before. Raises `Invalid`.
    """
    wished = normalise_address(country, parts)
    home = current_address(session, customer_id, AddressUse.HOME)
    here = home.country if home else customer(session, customer_id).country
    since = at - timedelta(days=second_change_days)
    return AddressCheck(
        abroad=wished.country != here,
        second_change=moves_since(session, customer_id, since) > 0,
        unchanged=home is not None and as_normalised(home) == wished,
        normalised=wished,
    )


def moves_since(session: Session, customer_id: str, since: datetime) -> int:
    """How often the home address changed after a moment; the first address is no change."""
    return session.exec(
        select(func.count())
        .select_from(Address)
        .where(
            Address.customer_id == customer_id,
            Address.use == AddressUse.HOME,
            col(Address.replaces_id).is_not(None),
            col(Address.undone_at).is_(None),
            col(Address.valid_from) > since,
        )
    ).one()


def update_home_address(
    session: Session, customer_id: str, address: NormalisedAddress, at: datetime
) -> AddressUpdate:
    """Where the customer lives from now on."""
    return update_address(session, customer_id, AddressUse.HOME, address, at)


def update_billing_address(
    session: Session, customer_id: str, address: NormalisedAddress, at: datetime
) -> AddressUpdate:
    """Where invoices go from now on."""
    return update_address(session, customer_id, AddressUse.BILLING, address, at)


def update_delivery_address(
    session: Session, customer_id: str, address: NormalisedAddress, at: datetime
) -> AddressUpdate:
    """Where goods go from now on."""
    return update_address(session, customer_id, AddressUse.DELIVERY, address, at)


def update_address(
    session: Session, customer_id: str, use: AddressUse, address: NormalisedAddress, at: datetime
) -> AddressUpdate:
    """Make an address the current one for a use. Undone by `restore_address` with the result."""
    customer(session, customer_id, lock=True)
    current = current_address(session, customer_id, use)
    if current and as_normalised(current) == address:
        return AddressUpdate(current.id, changed=False)
    if current:
        current.valid_until = at
        # The new row may only come once the old one is no longer current.
        session.flush()
    new = Address(
        customer_id=customer_id,
        use=use,
        **address.as_dict(),
        replaces_id=current.id if current else None,
        valid_from=at,
    )
    session.add(new)
    session.flush()
    return AddressUpdate(new.id, changed=True)


def restore_address(session: Session, update: AddressUpdate, at: datetime) -> None:
    """Undo an update: the last address before it holds again, unless a later one holds by now.

    Undoing twice, or what changed nothing, does nothing.
    """
    if not update.changed:
        return
    address = session.get_one(Address, update.address_id)
    customer(session, address.customer_id, lock=True)
    session.refresh(address)
    if address.undone_at:
        return
    was_current = address.valid_until is None
    address.undone_at = at
    address.valid_until = address.valid_until or at
    session.flush()
    if was_current and (before := last_standing(session, address)):
        before.valid_until = None


def last_standing(session: Session, address: Address) -> Address | None:
    """The nearest address before this one that has not been undone."""
    before: Address | None = address
    while before and before.undone_at:
        before = session.get(Address, before.replaces_id) if before.replaces_id else None
    return before


def normalise_contact(email: str | None, phone: str | None, pointer: str = "") -> dict[str, str]:
    """The given ways to reach somebody, tidied: a valid e-mail address, a number without spaces.

    Raises `Invalid` with fields below `pointer`. Whether anybody answers there is not asked.
    """
    clean: dict[str, str] = {}
    errors: list[FieldError] = []
    if email is not None:
        try:
            clean["email"] = validate_email(email.strip(), check_deliverability=False).normalized
        except EmailNotValidError:
            errors.append(FieldError(f"{pointer}/email", "profiles.email_invalid"))
    if phone is not None:
        clean["phone"] = re.sub(r"[\s().-]", "", phone)
        if not PHONE.fullmatch(clean["phone"]):
            errors.append(FieldError(f"{pointer}/phone", "profiles.phone_invalid"))
    if errors:
        raise Invalid(errors)
    return clean


def normalise_name(name: str | None, pointer: str = "") -> dict[str, str]:
    """The given name without blanks around and between. Raises `Invalid` below `pointer`."""
    if name is None:
        return {}
    clean = " ".join(name.split())
    if not clean or len(clean) > LONGEST_NAME:
        raise Invalid([FieldError(f"{pointer}/name", "profiles.name_invalid")])
    return {"name": clean}


def contact(session: Session, customer_id: str) -> dict[str, str]:
    """How to reach a customer: `email` and `phone` (may be empty)."""
    person = customer(session, customer_id)
    return {"email": person.email, "phone": person.phone}


def update_contact(
    session: Session,
    customer_id: str,
    email: str | None,
    phone: str | None,
    at: datetime,
    name: str | None = None,
) -> tuple[str, ...]:
    """Set the given ways to reach and to call a customer; None leaves one as it is.

    Returns the ids of the changes made, for `restore_contact` and `contacts_around`. Raises
    `Invalid`. The address to sign in with is the account's and stays; the name is the account's
    too.
    """
    person = customer(session, customer_id, lock=True)
    old = contact(session, customer_id) | {"name": person.name}
    wished = normalise_contact(email, phone) | normalise_name(name)
    changes = [
        ContactChange(
            customer_id=customer_id,
            kind=kind,
            number=contact_changes(session, customer_id, kind) + 1,
            old=old[kind],
            new=value,
            changed_at=at,
        )
        for kind, value in wished.items()
        if value != old[kind]
    ]
    for change in changes:
        put(session, person, change.kind, change.new)
    session.add_all(changes)
    session.flush()
    return tuple(change.id for change in changes)


def contacts_around(
    session: Session, customer_id: str, change_ids: tuple[str, ...]
) -> tuple[dict[str, str], dict[str, str]]:
    """How the customer was reached before these changes, and how now; the same if none."""
    new = contact(session, customer_id)
    changes = [session.get_one(ContactChange, change_id) for change_id in change_ids]
    return new | {change.kind: change.old for change in changes}, new


def kinds_of(session: Session, change_ids: tuple[str, ...]) -> list[str]:
    """What these changes of a contact are changes of: `email`, `phone`, `name`."""
    return [session.get_one(ContactChange, change_id).kind for change_id in change_ids]


def contact_changes(session: Session, customer_id: str, kind: str) -> int:
    """How often a way to reach a customer has changed."""
    return session.exec(
        select(func.count())
        .select_from(ContactChange)
        .where(ContactChange.customer_id == customer_id, ContactChange.kind == kind)
    ).one()


def restore_contact(session: Session, change_ids: tuple[str, ...], at: datetime) -> None:
    """Undo changes of a contact; what changed again since then keeps its later value."""
    for change_id in change_ids:
        change = session.get_one(ContactChange, change_id)
        person = customer(session, change.customer_id, lock=True)
        session.refresh(change)
        if change.undone_at:
            continue
        change.undone_at = at
        if later := next_contact_change(session, change):
            later.old = change.old
        else:
            put(session, person, change.kind, change.old)
        session.flush()


def put(session: Session, person: Customer, kind: str, value: str) -> None:
    """Set one way to reach or to call a customer; they sign in under the same name."""
    setattr(person, kind, value)
    account = session.get(Account, person.account_id)
    if kind == "name" and account:
        account.name = value
        session.add(account)


def next_contact_change(session: Session, change: ContactChange) -> ContactChange | None:
    """The change that built upon this one."""
    return session.exec(
        select(ContactChange)
        .where(
            ContactChange.customer_id == change.customer_id,
            ContactChange.kind == change.kind,
            ContactChange.number > change.number,
            col(ContactChange.undone_at).is_(None),
        )
        .order_by(col(ContactChange.number))
        .limit(1)
    ).one_or_none()
