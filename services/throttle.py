"""Slowing down those who guess passwords, without locking out the right person.

A failed log-in counts against three keys: the account from that address, the address, and the
account as a whole. Beyond a few free tries each further failure doubles the wait. An address from
which the account has signed in before answers only for itself, so nobody can lock a person out of
their own device from elsewhere; from a new address the whole-account wait stays short.
"""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from ground.errors import TooManyTries
from store.identity import LoginThrottle


@dataclass(frozen=True)
class Limit:
    """Failures that cost nothing, and the longest wait after that."""

    free: int
    longest: timedelta


PAIR = Limit(free=8, longest=timedelta(minutes=15))
ADDRESS = Limit(free=40, longest=timedelta(minutes=15))
ACCOUNT = Limit(free=60, longest=timedelta(minutes=1))
FORGOTTEN_AFTER = timedelta(hours=1)
KNOWN_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Keys:
    """The three counters that one log-in touches."""

    pair: str
    address: str
    account: str


def keys_for(email: str, address: str) -> Keys:
    """Hashed, since people type passwords into the wrong field."""
    network = network_of(address)
    return Keys(
        hashed("pair", email, network), hashed("address", network), hashed("account", email)
    )


def network_of(address: str) -> str:
    """The address, or for IPv6 its /64: one subscriber has all of that."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if ip.version == 4:
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))


def hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def count_try(session: Session, keys: Keys, at: datetime) -> None:
    """Count a log-in as failed before its password is looked at, so that parallel guesses add up.

    `forgive` takes it back. Raises `TooManyTries` while one of the counters is blocked.
    """
    rows = locked(session, keys, at)
    limits = applicable(rows, keys, at)
    waits = [row.blocked_until for key, row in rows.items() if key in limits and row.blocked_until]
    if waits and max(waits) > at:
        seconds = math.ceil((max(waits) - at).total_seconds())
        raise TooManyTries("identity.too_many_tries", retry_after=seconds)
    for key, limit in limits.items():
        count_failure(rows[key], limit, at)
        session.add(rows[key])


def forgive(session: Session, keys: Keys, at: datetime) -> None:
    """The password was right: the pair starts anew and is known, the others forget this try."""
    rows = locked(session, keys, at)
    for key, row in rows.items():
        row.failures = 0 if key == keys.pair else max(0, row.failures - 1)
        row.blocked_until = None if key == keys.pair else row.blocked_until
        session.add(row)
    rows[keys.pair].known_at = at


def applicable(rows: dict[str, LoginThrottle], keys: Keys, at: datetime) -> dict[str, Limit]:
    known_at = rows[keys.pair].known_at
    if known_at and at - known_at < KNOWN_FOR:
        return {keys.pair: PAIR}
    return {keys.pair: PAIR, keys.address: ADDRESS, keys.account: ACCOUNT}


def count_failure(row: LoginThrottle, limit: Limit, at: datetime) -> None:
    if at - row.tried_at > FORGOTTEN_AFTER:
        row.failures = 0
    row.failures += 1
    row.tried_at = at
    beyond = row.failures - limit.free
    if beyond >= 0:
        wait = timedelta(seconds=2 ** min(beyond, 20))
        row.blocked_until = at + min(wait, limit.longest)


def locked(session: Session, keys: Keys, at: datetime) -> dict[str, LoginThrottle]:
    """The three rows, made if missing and locked in one order, so that two log-ins cannot cross."""
    names = sorted((keys.pair, keys.address, keys.account))
    on_postgres = session.get_bind().dialect.name == "postgresql"
    insert = (postgresql if on_postgres else sqlite).insert(LoginThrottle)
    fresh = [{"key": name, "failures": 0, "tried_at": at} for name in names]
    session.execute(insert.on_conflict_do_nothing(), fresh)
    query = select(LoginThrottle).where(col(LoginThrottle.key).in_(names))
    rows = session.exec(query.order_by(LoginThrottle.key).with_for_update()).all()
    return {row.key: row for row in rows}


def sweep(session: Session, at: datetime) -> None:
    """Forget counters that no longer say anything."""
    old = col(LoginThrottle.tried_at) < at - FORGOTTEN_AFTER
    known = col(LoginThrottle.known_at) > at - KNOWN_FOR
    session.execute(delete(LoginThrottle).where(old, known.is_not(True)))
