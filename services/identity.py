"""Accounts, signing in and out, and who a session token belongs to."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy
from sqlalchemy import ColumnElement, bindparam, delete, update
from sqlmodel import Session, col, select

from ground import clock
from ground.errors import Conflict, Unauthenticated
from services import assignment, passwords, throttle
from services.access import Viewer
from store.database import Database
from store.delegations import Delegation
from store.identity import Account, LoginSession, Role
from store.plain import Plain

LIFETIME = timedelta(days=14)
"""How long a session lasts at most."""
IDLE = timedelta(days=3)
"""How long a session lasts unused."""
SYSTEM_LIFETIME = timedelta(days=365)
"""How long the token of another system lasts."""
SEEN_EVERY = timedelta(minutes=10)
"""How exactly `seen_at` is kept: a write for every request would cost more than it tells."""
LONGEST_USER_AGENT = 300


@dataclass(frozen=True)
class SignedIn:
    """A valid session: who holds it, and whether its `seen_at` has grown stale."""

    viewer: Viewer
    stale: bool


@dataclass(frozen=True)
class Opened:
    """A new session; the token exists here and on the device, nowhere else."""

    token: str
    expires_at: datetime
    viewer: Viewer


VIEWER_COLUMNS: tuple[Any, ...] = (
    Account.id,
    Account.role,
    Account.email,
    Account.name,
    Account.language,
    Account.zone,
    Account.groups,
    Account.skills,
    Account.country,
    Account.segments,
)


def normal_email(typed: str) -> str:
    """An address as accounts keep it: people do not mean case or outer spaces."""
    return typed.strip().casefold()


def token_hash(token: str) -> str:
    """What is stored of a session token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_account(session: Session, *, email: str, at: datetime, **values: Any) -> Account:
    """Add a person. Raises `Conflict` when the address is taken."""
    if account_by_email(session, email):
        raise Conflict("identity.email_taken")
    account = Account(email=normal_email(email), created_at=at, **values)
    session.add(account)
    session.flush()
    if account.role == Role.CUSTOMER:
        find_trust(session, account)
    return account


def find_trust(session: Session, account: Account) -> None:
    """Let a new account stand in for those who have named its address already."""
    waiting = col(Delegation.delegate_id).is_(None) & (col(Delegation.email) == account.email)
    session.execute(
        update(Delegation)
        .where(waiting, col(Delegation.revoked_at).is_(None))
        .values(delegate_id=account.id)
    )


def account_by_email(session: Session, email: str) -> Account | None:
    """The account of an address, active or not."""
    return session.exec(select(Account).where(Account.email == normal_email(email))).one_or_none()


def system_account(session: Session, name: str, at: datetime) -> Viewer:
    """The account of a system, `name@system`, made when it is first asked for."""
    account = account_by_email(session, f"{name}@system")
    if account is None:
        account = create_account(
            session, email=f"{name}@system", name=name, role=Role.SYSTEM, at=at
        )
    return viewer_of(session, account.id)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an account; UTC where its name is unknown on this machine."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def viewer_of(session: Session, account_id: str) -> Viewer:
    """The viewer that an account is. Raises `NoResultFound` for an unknown id."""
    query = sqlalchemy.select(*VIEWER_COLUMNS).where(col(Account.id) == account_id)
    return to_viewer(session.execute(query).one())


def to_viewer(row: Any) -> Viewer:
    return Viewer(
        account_id=row.id,
        role=Role(row.role),
        email=row.email,
        name=row.name,
        language=row.language,
        zone=row.zone,
        groups=tuple(row.groups),
        skills=tuple(row.skills),
        country=row.country,
        segments=tuple(row.segments),
    )


SIGNED_IN = Plain(
    sqlalchemy.select(col(LoginSession.seen_at), *VIEWER_COLUMNS)
    .join(Account, col(Account.id) == LoginSession.account_id)
    .where(
        col(LoginSession.token_hash) == bindparam("hash"),
        col(LoginSession.expires_at) > bindparam("at"),
        col(LoginSession.seen_at) > bindparam("idle_since"),
        col(Account.active),
    )
)


def signed_in(session: Session, token: str, at: datetime) -> SignedIn | None:
    """Whose token this is, while its session lives and its account is active."""
    found = SIGNED_IN(session, hash=token_hash(token), at=at, idle_since=at - IDLE)
    return SignedIn(to_viewer(found[0]), at - found[0].seen_at > SEEN_EVERY) if found else None


async def find_session(database: Database, token: str, at: datetime) -> SignedIn | None:
    """`signed_in` as cheaply as the database allows, since every call begins with it."""
    return await database.glance(signed_in, token, at)


def mark_seen(session: Session, token: str, at: datetime) -> None:
    """Note that a session is in use."""
    this = col(LoginSession.token_hash) == token_hash(token)
    session.execute(update(LoginSession).where(this).values(seen_at=at))


def open_session(session: Session, account_id: str, user_agent: str, at: datetime) -> Opened:
    """A new session for an account whose holder has proved who they are."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            account_id=account_id,
            created_at=at,
            expires_at=at + LIFETIME,
            seen_at=at,
            user_agent=user_agent[:LONGEST_USER_AGENT],
        )
    )
    viewer = viewer_of(session, account_id)
    if viewer.is_staff:
        assignment.set_presence(session, account_id, True)
    return Opened(token, at + LIFETIME, viewer)


def open_system_session(session: Session, name: str, at: datetime) -> Opened:
    """A token for another system, under its own account; it takes the place of the one before.

    Systems may be silent for long, so that their tokens do not end by rest.
    """
    viewer = system_account(session, name, at)
    close_sessions(session, viewer.account_id)
    token, expires_at = secrets.token_urlsafe(32), at + SYSTEM_LIFETIME
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            account_id=viewer.account_id,
            created_at=at,
            expires_at=expires_at,
            seen_at=expires_at,
        )
    )
    return Opened(token, expires_at, viewer)


def members(session: Session, group: str) -> list[str]:
    """The active accounts of a group of staff."""
    staff = select(Account).where(
        col(Account.active), col(Account.role).in_((Role.AGENT, Role.OPERATOR))
    )
    return [account.id for account in session.exec(staff) if group in account.groups]


def set_preferences(
    session: Session, viewer: Viewer, language: str | None = None, zone: str | None = None
) -> None:
    """Keep how a person wants to be spoken to; None leaves one as it is."""
    account = session.get_one(Account, viewer.account_id)
    account.language, account.zone = language or account.language, zone or account.zone
    session.add(account)


def close_session(session: Session, token: str) -> None:
    """Sign this device out."""
    end_sessions(session, col(LoginSession.token_hash) == token_hash(token))


def close_sessions(session: Session, account_id: str) -> None:
    """Sign an account out everywhere."""
    end_sessions(session, col(LoginSession.account_id) == account_id)


def end_sessions(session: Session, which: ColumnElement[bool]) -> None:
    """Drop sessions; an agent without any left takes no more cases."""
    of = col(LoginSession.account_id)
    holders = set(session.execute(delete(LoginSession).where(which).returning(of)).scalars())
    others = session.execute(sqlalchemy.select(of).where(of.in_(holders))).scalars()
    # In one order, as assignment locks agents too.
    for account_id in sorted(holders.difference(others)):
        if viewer_of(session, account_id).is_staff:
            assignment.set_presence(session, account_id, False)


async def log_in(
    database: Database, email: str, password: str, address: str, user_agent: str
) -> Opened:
    """Sign in with a password from a network address.

    Three steps, since no transaction should wait for a hash. Raises `Unauthenticated`, the same for
    an unknown address and a wrong password, or `TooManyTries`.
    """
    keys = throttle.keys_for(normal_email(email), address)
    account_id, stored = await database.write(begin_log_in, keys, email, clock.now())
    fits, fresh = await passwords.verify(password, stored)
    if not (fits and account_id):
        raise Unauthenticated("identity.wrong_credentials")
    return await database.write(finish_log_in, keys, account_id, fresh, user_agent, clock.now())


def is_new(session: Session, viewer: Viewer) -> bool:
    """Whether this is a customer whom nobody has shown around yet."""
    account = session.get_one(Account, viewer.account_id)
    return account.role == Role.CUSTOMER and account.welcomed_at is None


def note_welcomed(session: Session, viewer: Viewer, at: datetime) -> None:
    """From now on this person knows their way."""
    session.get_one(Account, viewer.account_id).welcomed_at = at


def begin_log_in(
    session: Session, keys: throttle.Keys, email: str, at: datetime
) -> tuple[str | None, str | None]:
    """Count the try, and fetch the account's id and password hash if there is one to sign in."""
    throttle.count_try(session, keys, at)
    account = account_by_email(session, email)
    if account is None or not account.active:
        return None, None
    return account.id, account.password_hash


def finish_log_in(
    session: Session,
    keys: throttle.Keys,
    account_id: str,
    fresh_hash: str | None,
    user_agent: str,
    at: datetime,
) -> Opened:
    """The password was right: forget the try, renew an old hash, open the session."""
    throttle.forgive(session, keys, at)
    if fresh_hash:
        session.get_one(Account, account_id).password_hash = fresh_hash
    return open_session(session, account_id, user_agent, at)


def sweep(session: Session, at: datetime) -> None:
    """Drop ended sessions and forgotten tries."""
    ended = (col(LoginSession.expires_at) < at) | (col(LoginSession.seen_at) < at - IDLE)
    end_sessions(session, ended)
    throttle.sweep(session, at)


DEMO_ACCOUNTS: tuple[dict[str, Any], ...] = (
    {
        "email": "customer@example.com",
        "name": "Clara Romero",
        "role": Role.CUSTOMER,
        "country": "ES",
        "zone": "Europe/Madrid",
    },
    {
        "email": "customer2@example.com",
        "name": "Marcos Silva",
        "role": Role.CUSTOMER,
        "country": "PT",
        "zone": "Europe/Lisbon",
    },
    {
        "email": "agent@example.com",
        "name": "Ana Torres",
        "role": Role.AGENT,
        "groups": ["back-office", "loan-officers", "billing", "support"],
        "skills": ["billing", "account", "general"],
        "languages": ["en", "es", "pt"],
        "capacity": 8,
        "zone": "Europe/Madrid",
    },
    {
        "email": "agent2@example.com",
        "name": "Bruno Costa",
        "role": Role.AGENT,
        "groups": ["loan-officers", "support", "support-technical"],
        "skills": ["technical", "network", "general"],
        "languages": ["en", "es", "pt"],
        "capacity": 8,
        "zone": "Europe/Lisbon",
    },
    {"email": "designer@example.com", "name": "Diego Marín", "role": Role.DESIGNER},
    {
        "email": "operator@example.com",
        "name": "Olga Pires",
        "role": Role.OPERATOR,
        "groups": ["operations"],
        "skills": ["account", "billing", "general", "network", "technical"],
        "languages": ["en", "es", "pt"],
        "capacity": 4,
    },
)


def load_demo_accounts(session: Session, password_hash: str) -> None:
    """Create the demo accounts that are missing, and give all of them this password."""
    for values in DEMO_ACCOUNTS:
        account = account_by_email(session, values["email"])
        if account is None:
            account = create_account(session, at=clock.now(), **values)
        account.password_hash = password_hash
        session.add(account)
