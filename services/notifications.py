"""Notifications: telling people what happened, in the portal and by mail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from ground import ids
from ground.errors import NotFound
from ground.messages import Params
from services.access import Viewer
from store.identity import Account, Role
from store.notifications import MailOut, Notification


def notify(
    session: Session,
    account_id: str,
    key: str,
    params: Params,
    request_id: str | None,
    at: datetime,
) -> str:
    """Tell an account something; `key` and `params` become a sentence when it is read.

    Writes one row for the portal and one mail on its way, which systems do not read; returns the
    notification's id. Raises `NoResultFound` for an unknown account.
    """
    account = session.exec(select(Account).where(Account.id == account_id)).one()
    notification_id = ids.new_id()
    session.execute(
        insert(Notification).values(
            id=notification_id,
            account_id=account_id,
            key=key,
            params=params,
            request_id=request_id,
            created_at=at,
        )
    )
    if account.role != Role.SYSTEM:
        queue_mail(
            session,
            notification_id,
            to=account.email,
            name=account.name,
            language=account.language,
            zone=account.zone,
            text=key,
            params=params,
            request_id=request_id,
            at=at,
        )
    return notification_id


def queue_mail(
    session: Session,
    key: str,
    *,
    to: str,
    name: str,
    language: str,
    zone: str,
    text: str,
    params: Params,
    request_id: str | None,
    at: datetime,
) -> None:
    """Owe one mail to an address; the same `key` again changes nothing.

    For addresses that are no account's, such as the one somebody has just moved away from.
    """
    on_postgres = session.get_bind().dialect.name == "postgresql"
    values: dict[str, Any] = {
        "key": key,
        "address": to,
        "name": name,
        "language": language,
        "zone": zone,
        "text": text,
        "params": params,
        "request_id": request_id,
        "created_at": at,
        "not_before": at,
        "attempts": 0,
    }
    row = (postgresql if on_postgres else sqlite).insert(MailOut).values(**values)
    session.execute(row.on_conflict_do_nothing())


def page(
    session: Session, viewer: Viewer, after: str | None, limit: int
) -> tuple[Sequence[Notification], int]:
    """The viewer's notifications below the id `after`, latest first, and how many are unread."""
    query = select(Notification).where(Notification.account_id == viewer.account_id)
    if after:
        query = query.where(col(Notification.id) < after)
    rows = session.exec(query.order_by(col(Notification.id).desc()).limit(limit)).all()
    return rows, unread(session, viewer)


def unread(session: Session, viewer: Viewer) -> int:
    """How many notifications the viewer has not read."""
    return session.exec(
        select(func.count()).where(
            col(Notification.account_id) == viewer.account_id, col(Notification.read_at).is_(None)
        )
    ).one()


def mark_read(session: Session, viewer: Viewer, notification_id: str, at: datetime) -> Notification:
    """Note that the viewer has read it; the first time counts. Raises `NotFound`."""
    notification = session.exec(
        select(Notification).where(
            Notification.id == notification_id, Notification.account_id == viewer.account_id
        )
    ).one_or_none()
    if notification is None:
        raise NotFound("common.not_found")
    notification.read_at = notification.read_at or at
    session.add(notification)
    return notification


def mark_all_read(session: Session, viewer: Viewer, at: datetime) -> None:
    """Note that the viewer has read everything so far."""
    session.execute(
        update(Notification)
        .where(
            col(Notification.account_id) == viewer.account_id, col(Notification.read_at).is_(None)
        )
        .values(read_at=at)
    )
