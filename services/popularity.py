"""What people request most: a few numbers for everybody, made now and then.

An item counts once as many people have requested it as nobody can be guessed from; how many they
are is never shown, only which items come first.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from ground import clock, ids
from store.requests import Request

WINDOW = timedelta(days=90)
LATEST = 20_000
"""Requests that are looked at, so that looking stays cheap."""
ENOUGH_PEOPLE = 5
FRESH_SECONDS = 300.0


@dataclass
class Counted:
    """The numbers of one database, and when they were made."""

    people: Mapping[str, int] = field(default_factory=dict)
    until: float = 0.0
    lock: Lock = field(default_factory=Lock)


_counted: WeakKeyDictionary[Engine, Counted] = WeakKeyDictionary()


def popularity(session: Session) -> Mapping[str, int]:
    """How many people have requested each popular item lately; a few minutes old at most.

    Whoever comes while they are being counted anew gets the old numbers.
    """
    known = _counted.setdefault(session.get_bind().engine, Counted())
    if time.monotonic() >= known.until and known.lock.acquire(blocking=not known.until):
        try:
            if time.monotonic() >= known.until:
                known.people = count(session)
                known.until = time.monotonic() + FRESH_SECONDS
        finally:
            known.lock.release()
    return known.people


def count(session: Session) -> dict[str, int]:
    """How many different people are behind the latest requests of each item."""
    latest = (
        select(Request.item_id, Request.customer_id)
        .where(Request.id >= ids.first_id(clock.now() - WINDOW))
        .order_by(col(Request.id).desc())
        .limit(LATEST)
        .subquery()
    )
    people = func.count(latest.c.customer_id.distinct())
    rows = session.exec(
        select(latest.c.item_id, people).group_by(latest.c.item_id).having(people >= ENOUGH_PEOPLE)
    )
    return dict(rows.all())


def most_popular(session: Session) -> list[str]:
    """The popular items, the most popular first."""
    people = popularity(session)
    return sorted(people, key=lambda item: (-people[item], item))
