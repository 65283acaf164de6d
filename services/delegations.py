"""Standing in for others: customers name people who may see their requests, or act for them.

Who may do what with it is decided in `services.access` alone; here it is given and taken away.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy import func
from sqlmodel import Session, col, select

from catalog.definitions import CatalogItem
from ground import clock
from ground.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, TooManyTries
from ground.messages import Params, day, ref
from services import access, catalog, identity, notifications, profiles
from services.access import Viewer
from services.identity import zone_of
from store.delegations import Delegation, Scope
from store.identity import Account, Role
from store.requests import Request

MOST_PEOPLE = 20
"""How many people may stand in for one customer at a time."""
MOST_A_DAY = 10
"""How many a customer may name within a day: each of them gets a mail."""
DAY = timedelta(days=1)


class Given(BaseModel):
    """Somebody who may stand in for the reader; `until` is the last day, None without an end.

    `live` is false before the first and after the last moment.
    """

    id: str
    email: str
    scope: Scope
    since: datetime
    until: date | None
    live: bool


class Held(BaseModel):
    """A customer for whom the reader may stand in."""

    id: str
    customer_id: str
    name: str
    scope: Scope
    until: date | None


def give(
    session: Session, viewer: Viewer, email: str, scope: Scope, until: date | None = None
) -> Delegation:
    """As `entrust`, from now on."""
    return entrust(session, viewer, email, scope, until, clock.now())


def entrust(
    session: Session, viewer: Viewer, email: str, scope: Scope, until: date | None, at: datetime
) -> Delegation:
    """Let the person who signs in with this address stand in for the viewer, to the end of a day.

    Naming them again replaces what they may do. Whether there is such an account is not told: one
    that is opened later counts too. Raises `Forbidden` to all but customers, `Invalid`, `Conflict`
    where too many people may do so already, `TooManyTries`.
    """
    if viewer.role != Role.CUSTOMER:
        raise Forbidden("identity.not_your_role")
    address = checked_address(viewer, email)
    end = checked_end(viewer, until, at)
    session.get_one(Account, viewer.account_id, with_for_update=True)
    before = current(session, viewer.account_id)
    for one in before:
        if one.email == address:
            put_an_end(session, one, viewer, at)
    checked_count(session, viewer, sum(one.email != address for one in before), at)
    delegate = identity.account_by_email(session, address)
    row = Delegation(
        customer_id=viewer.account_id,
        delegate_id=delegate.id if delegate and delegate.role == Role.CUSTOMER else None,
        email=address,
        scope=scope,
        since=at,
        until=end,
    )
    session.add(row)
    session.flush()
    tell_both(session, viewer, row, until)
    return row


def checked_address(viewer: Viewer, email: str) -> str:
    """The address as accounts keep it. Raises `Invalid`, also for the viewer's own."""
    address = identity.normal_email(profiles.normalise_contact(email, None)["email"])
    if address == identity.normal_email(viewer.email):
        raise Invalid([FieldError("/email", "delegations.yourself")])
    return address


def checked_end(viewer: Viewer, until: date | None, at: datetime) -> datetime | None:
    """The moment at which a last day is over where the viewer lives. Raises `Invalid`."""
    if until is None:
        return None
    if until >= date.max - DAY:
        raise Invalid([FieldError("/until", "delegations.until_too_late")])
    end = datetime.combine(until + DAY, time(), zone_of(viewer.zone))
    if end <= at:
        raise Invalid([FieldError("/until", "delegations.until_past")])
    return end


def checked_count(session: Session, viewer: Viewer, others: int, at: datetime) -> None:
    """Raises `Conflict` or `TooManyTries` where no further person can be named now."""
    if others >= MOST_PEOPLE:
        raise Conflict("delegations.too_many", limit=MOST_PEOPLE)
    lately = session.exec(
        select(func.count()).where(
            col(Delegation.customer_id) == viewer.account_id, col(Delegation.since) > at - DAY
        )
    ).one()
    if lately >= MOST_A_DAY:
        raise TooManyTries("delegations.too_many_today", int(DAY.total_seconds()))


def tell_both(session: Session, viewer: Viewer, row: Delegation, until: date | None) -> None:
    """Tell customer and delegate, so that nobody stands in for anybody unnoticed."""
    at, params = row.since, Params(email=row.email)
    notifications.notify(session, viewer.account_id, "delegations.given", params, None, at)
    if row.delegate_id:
        end = day(until) if until else ref("delegations.no_end")
        params = {"name": viewer.name, "until": end}
        text = f"delegations.received_{row.scope}"
        notifications.notify(session, row.delegate_id, text, params, None, at)


def current(session: Session, customer_id: str) -> list[Delegation]:
    """What a customer has given and nobody has taken away, the oldest first."""
    query = select(Delegation).where(
        Delegation.customer_id == customer_id, col(Delegation.revoked_at).is_(None)
    )
    return list(session.exec(query.order_by(col(Delegation.id))))


def given(session: Session, viewer: Viewer) -> list[Given]:
    """Who may stand in for the viewer; what has run out stands there until it is taken away."""
    at, zone = clock.now(), zone_of(viewer.zone)
    return [
        Given(
            id=one.id,
            email=one.email,
            scope=Scope(one.scope),
            since=one.since,
            until=last_day(one, zone),
            live=one.since <= at and (one.until is None or one.until > at),
        )
        for one in current(session, viewer.account_id)
    ]


def held(session: Session, viewer: Viewer) -> list[Held]:
    """For whom the viewer may stand in now, by name."""
    rows = session.exec(
        select(Delegation, Account.name)
        .join(Account, col(Account.id) == Delegation.customer_id)
        .where(
            Delegation.delegate_id == viewer.account_id,
            col(Delegation.revoked_at).is_(None),
            col(Delegation.customer_id).in_(access.entrusted(viewer)),
        )
        .order_by(col(Account.name), col(Delegation.id))
    )
    zone = zone_of(viewer.zone)
    return [
        Held(
            id=row.id,
            customer_id=row.customer_id,
            name=name,
            scope=Scope(row.scope),
            until=last_day(row, zone),
        )
        for row, name in rows
    ]


def last_day(row: Delegation, zone: ZoneInfo) -> date | None:
    """The last day on which it holds, in a time zone."""
    return (row.until - timedelta.resolution).astimezone(zone).date() if row.until else None


def take_back(session: Session, viewer: Viewer, delegation_id: str) -> None:
    """End a delegation, by who gave it or by who has it; ending it again is the same success.

    Raises `NotFound` for anybody else.
    """
    row = session.get(Delegation, delegation_id, with_for_update=True)
    if row is None or viewer.account_id not in (row.customer_id, row.delegate_id):
        raise NotFound("common.not_found")
    if row.revoked_at is None:
        put_an_end(session, row, viewer, clock.now())
        if row.delegate_id == viewer.account_id:
            told = {"email": row.email}
            notifications.notify(
                session, row.customer_id, "delegations.laid_down", told, None, clock.now()
            )


def undo_entrusting(session: Session, delegation_id: str, at: datetime) -> None:
    """As before `entrust`, unless it was ended since: what it has replaced holds again."""
    row = session.get_one(Delegation, delegation_id, with_for_update=True)
    if row.revoked_at is not None:
        return
    put_an_end(session, row, identity.viewer_of(session, row.customer_id), at)
    replaced = select(Delegation).where(
        Delegation.customer_id == row.customer_id,
        Delegation.email == row.email,
        Delegation.revoked_at == row.since,
    )
    for before in session.exec(replaced):
        before.revoked_at = before.revoked_by = None
        session.add(before)


def put_an_end(session: Session, row: Delegation, viewer: Viewer, at: datetime) -> None:
    """Note who ended it, and when."""
    row.revoked_at, row.revoked_by = at, viewer.account_id
    session.add(row)
    session.flush()


def acts_on(session: Session, viewer: Viewer, request: Request) -> bool:
    """Whether the viewer may do on a request what its customer may.

    Of what a customer has to ask for in person, those who act for them only look on.
    """
    if request.customer_id == viewer.account_id:
        return True
    allowed = access.acts_for(session, viewer, request.customer_id)
    return allowed and not catalog.version(session, request.version).item.in_person


def tell(session: Session, request: Request, key: str, params: Params, at: datetime) -> None:
    """Tell a request's customer something about it, and everybody who may act on it for them."""
    customer_id = request.customer_id
    notifications.notify(session, customer_id, key, params, request.id, at)
    if catalog.version(session, request.version).item.in_person:
        return
    acting = session.exec(access.acting_for(customer_id, at)).all()
    if acting:
        name = session.get_one(Account, customer_id).name
        told = Params(name=name, what=ref(key, **params))
        for account_id in acting:
            notifications.notify(session, account_id, "delegations.told", told, request.id, at)


def must_admit(viewer: Viewer, customer: Viewer, item: CatalogItem) -> None:
    """Raises `Forbidden` for what the customer has to ask for in person."""
    if item.in_person and viewer.account_id != customer.account_id:
        raise Forbidden("delegations.in_person")


def beneficiary(session: Session, viewer: Viewer, customer_id: str | None) -> Viewer:
    """Whose request the viewer makes: their own, or that of a customer they act for.

    Raises `Forbidden` where they may only look, and `NotFound` for anybody else.
    """
    if customer_id is None or customer_id == viewer.account_id:
        return viewer
    if access.acts_for(session, viewer, customer_id):
        return identity.viewer_of(session, customer_id)
    if customer_id in session.exec(access.entrusted(viewer)).all():
        raise Forbidden("delegations.only_view")
    raise NotFound("common.not_found")
