"""The rows of a new request, as plain statements, and the memory of who has sent what already."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from catalog.versions import Version
from ground import ids
from ground.errors import Conflict, Invalid
from services import promises
from services.access import Viewer
from store.database import notify
from store.plain import Plain, as_written
from store.requests import (
    Delivery,
    IdempotencyKey,
    Request,
    RequestStage,
    StageState,
    TimelineEntry,
    Withdrawal,
)

INSERT_REQUEST = Plain.inserting(Request)
INSERT_ENTRY = Plain.inserting(TimelineEntry)
INSERT_STAGE = Plain.inserting(RequestStage)
INSERT_DELIVERY = Plain.inserting(Delivery)
INSERT_KEY = Plain.inserting_new(IdempotencyKey, "account_id", "key")
FIND_KEY = Plain(
    select(col(IdempotencyKey.fingerprint), col(IdempotencyKey.request_id)).where(
        col(IdempotencyKey.account_id) == bindparam("account_id"),
        col(IdempotencyKey.key) == bindparam("key"),
    )
)


def opened(
    version: Version,
    customer_id: str,
    channel: str,
    language: str,
    answers: dict[str, Any],
    at: datetime,
) -> Request:
    """The row of a new request, pinned to the version it begins with."""
    item = version.item
    return as_written(
        Request,
        id=ids.new_id(),
        reference=ids.new_reference(),
        item_id=item.id,
        version=version.hash,
        customer_id=customer_id,
        channel=channel,
        language=language,
        stage=item.stages[0].id,
        group=item.group,
        answers=answers,
        withdrawal=(Withdrawal.POSSIBLE if item.customer_can.withdraw_until else Withdrawal.SEALED),
        last_entry=1,
        last_delivery=1,
        created_at=at,
        updated_at=at,
        due_at=promises.due_at(item, at),
    )


def write_new(session: Session, request: Request, viewer: Viewer) -> None:
    """Insert a request with its first entry, stage and delivery: four plain statements.

    `viewer` is who has made it, its customer or their delegate.
    """
    at = request.created_at
    INSERT_REQUEST(session, **request.model_dump())
    INSERT_ENTRY(
        session,
        request_id=request.id,
        number=1,
        key="submitted",
        at=at,
        text="requests.submitted",
        params={"reference": request.reference},
        visible="customer",
        actor="delegate" if viewer.account_id != request.customer_id else "customer",
        actor_id=viewer.account_id,
        stage=request.stage,
        state=StageState.IN_PROGRESS,
    )
    INSERT_STAGE(
        session,
        request_id=request.id,
        stage=request.stage,
        state=StageState.IN_PROGRESS,
        started_at=at,
        known_end=None,
    )
    INSERT_DELIVERY(
        session,
        request_id=request.id,
        number=1,
        kind="start",
        body={},
        created_at=at,
        not_before=at,
    )
    notify(session)


def first_answer(session: Session, account_id: str, key: str, fingerprint: str) -> Request | None:
    """The request that an earlier submission with this key made, if there was one.

    Raises `Invalid` when that one had another body.
    """
    found = FIND_KEY(session, account_id=account_id, key=key)
    if not found:
        return None
    if found[0].fingerprint != fingerprint:
        raise Invalid([], "requests.idempotency_key_reused")
    return session.get_one(Request, found[0].request_id)


def remember_key(
    session: Session, request: Request, account_id: str, key: str, fingerprint: str
) -> None:
    """Keep a submission's key, which is its sender's, with its request.

    Raises `Conflict` when a twin has just been faster, which only PostgreSQL lets happen: on SQLite
    nobody else writes between `first_answer` and this.
    """
    kept = INSERT_KEY(
        session,
        account_id=account_id,
        key=key,
        fingerprint=fingerprint,
        request_id=request.id,
        created_at=request.created_at,
    )
    if not kept:
        raise Conflict("requests.idempotency_key_in_use")
