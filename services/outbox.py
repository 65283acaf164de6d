"""The outbox: what the portal owes to the workflow engine, in order per request.

Rows are written in the transaction of the thing they tell of. A relay claims only the oldest unsent
row of a request, so a workflow needs one watermark number to know a repeat.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select, update

from store.database import notify
from store.requests import Delivery, Request

LEASE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True)
class Claimed:
    """A delivery this relay may make, with what it needs of the request."""

    request: Request
    number: int
    kind: str
    body: dict[str, Any]
    created_at: datetime


def put(session: Session, request: Request, kind: str, body: dict[str, Any], at: datetime) -> None:
    """Owe one more delivery to a locked request's workflow."""
    request.last_delivery += 1
    session.add(request)
    session.add(
        Delivery(
            request_id=request.id,
            number=request.last_delivery,
            kind=kind,
            body=body,
            created_at=at,
            not_before=at,
        )
    )
    notify(session)


def claim(session: Session, now: datetime, limit: int) -> list[Claimed]:
    """Lease the oldest unsent row of up to `limit` requests to the caller."""
    earlier = aliased(Delivery)
    is_head = ~(
        select(earlier.number)
        .where(
            earlier.request_id == Delivery.request_id,
            col(earlier.sent_at).is_(None),
            col(earlier.number) < Delivery.number,
        )
        .exists()
    )
    heads = session.exec(
        select(Delivery)
        .where(col(Delivery.sent_at).is_(None), col(Delivery.not_before) <= now, is_head)
        .order_by(col(Delivery.request_id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    requests = {
        r.id: r
        for r in session.exec(
            select(Request).where(col(Request.id).in_([h.request_id for h in heads]))
        )
    }
    for head in heads:
        head.not_before = now + LEASE
        head.attempts += 1
        session.add(head)
    return [Claimed(requests[h.request_id], h.number, h.kind, h.body, h.created_at) for h in heads]


def mark_sent(session: Session, done: list[Claimed], now: datetime) -> None:
    """Note that these have reached the engine."""
    for claimed in done:
        session.execute(
            update(Delivery)
            .where(
                col(Delivery.request_id) == claimed.request.id,
                col(Delivery.number) == claimed.number,
            )
            .values(sent_at=now, error=None)
        )


def mark_failed(session: Session, claimed: Claimed, cause: str, now: datetime) -> None:
    """Note why a delivery failed; the next try is exponentially later, at most a minute."""
    row = session.get_one(Delivery, (claimed.request.id, claimed.number))
    row.error = cause
    row.not_before = now + min(timedelta(seconds=2 ** min(row.attempts, 10) / 4), LONGEST_PAUSE)
    session.add(row)


def offer_again(session: Session, request_id: str, now: datetime) -> None:
    """Deliver everything of this request anew: its workflow has lost what it was told."""
    session.execute(
        update(Delivery)
        .where(col(Delivery.request_id) == request_id)
        .values(sent_at=None, not_before=now)
    )
    notify(session)


def lag(session: Session, now: datetime) -> timedelta:
    """The age of the oldest delivery still owed; zero when nothing is."""
    oldest = session.exec(
        select(func.min(Delivery.created_at)).where(col(Delivery.sent_at).is_(None))
    ).one()
    return max(now - oldest, timedelta()) if oldest else timedelta()
