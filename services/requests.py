"""Requests: submitting, reading, and what a person may say to one that is under way.

`submit` is the one door: every channel comes through it. It writes the request, its first timeline
entry and the outbox row that starts its workflow in one transaction, before the engine is asked.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from pydantic import BaseModel
from sqlmodel import Session, select

from catalog.versions import Version
from ground import clock, ids
from ground.errors import Conflict, Forbidden, NotFound, Refusal
from ground.messages import ref
from services import (
    access,
    catalog,
    delegations,
    documents,
    forms,
    messages,
    notifications,
    outbox,
    tasks,
    timeline,
)
from services.access import Viewer
from services.new_requests import first_answer, opened, remember_key, write_new
from services.timeline import Entry
from store.requests import (
    Message,
    Request,
    StageState,
    Status,
    Withdrawal,
)
from store.tasks import Audience

LONGEST_MESSAGE = 4000


class Sealing(StrEnum):
    """What came first at the point of no return; `SEALED` means nothing did."""

    SEALED = "sealed"
    WITHDRAWN = "withdrawn"
    AMENDED = "amended"


class Submission(BaseModel):
    """A filled form on its way in, whichever channel it came by.

    `customer` is the account of the one it is for, where a delegate sends it.
    """

    item: str
    answers: dict[str, Any]
    channel: str = "api"
    language: str = "en"
    customer: str | None = None
    idempotency_key: str | None = None

    def fingerprint(self) -> str:
        """The same for the same item, answers and customer, however they were spelt."""
        said = [self.item, self.answers, *([self.customer] if self.customer else [])]
        body = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True)
class Prepared:
    """What can be known of a submission before anything is written."""

    customer: Viewer
    version: Version
    answers: dict[str, Any]


def submit(
    session: Session, viewer: Viewer, submission: Submission, prepared: Prepared | None = None
) -> Request:
    """Accept a request: durable when this returns and its transaction has committed.

    A channel with many submissions calls `prepare` before, outside of the transaction. Raises
    `NotFound` for an item the customer may not request, and `Invalid` with an error per answer or
    when an idempotency key comes back with another body. A delegate submits for the customer they
    act for: that one's catalog and data count.
    """
    first = earlier(session, viewer, submission)
    if first:
        return first
    prepared = prepared or judged(session, viewer, submission)
    customer_id = prepared.customer.account_id
    if not access.acts_for(session, viewer, customer_id):
        raise Forbidden("delegations.only_view")
    request = opened(
        prepared.version,
        customer_id,
        submission.channel,
        submission.language,
        prepared.answers,
        clock.now(),
    )
    write_new(session, request, viewer)
    if viewer.account_id != customer_id:
        tell_customer(session, request, viewer, "requests.made_for_you", request.created_at)
    take_documents(session, request, viewer, prepared.version, request.created_at)
    if submission.idempotency_key:
        key, body = submission.idempotency_key, submission.fingerprint()
        remember_key(session, request, viewer.account_id, key, body)
    return request


def prepare(session: Session, viewer: Viewer, submission: Submission) -> Prepared | None:
    """Judge a submission; None where it repeats an earlier one. Raises what `submit` raises."""
    return None if earlier(session, viewer, submission) else judged(session, viewer, submission)


def earlier(session: Session, viewer: Viewer, submission: Submission) -> Request | None:
    """The request that this submission has made before. Raises `Invalid` for another body."""
    key = submission.idempotency_key
    if not key:
        return None
    return first_answer(session, viewer.account_id, key, submission.fingerprint())


def judged(session: Session, viewer: Viewer, submission: Submission) -> Prepared:
    """The published version of the item, and the answers that its form accepts."""
    customer = delegations.beneficiary(session, viewer, submission.customer)
    version = catalog.published(session, submission.item, customer)
    delegations.must_admit(viewer, customer, version.item)
    answers = forms.accept(
        session,
        version.hash,
        version.item.form,
        customer.account_id,
        submission.answers,
        submission.language,
    )
    return Prepared(customer, version, answers)


def readable(session: Session, viewer: Viewer, id_or_reference: str) -> Request:
    """The request by id or public reference, if the viewer may read it. Raises `NotFound`."""
    wanted = (Request.id == id_or_reference) | (
        Request.reference == ids.tidy_reference(id_or_reference)
    )
    request = session.exec(
        select(Request).where(wanted, access.readable_requests(viewer))
    ).one_or_none()
    if request is None:
        raise NotFound("requests.not_found", reference=id_or_reference)
    return request


def own(session: Session, viewer: Viewer, id_or_reference: str) -> Request:
    """The request, locked, for its customer or who acts for them.

    Raises `NotFound`, and `Forbidden` to those who may only read it.
    """
    found = readable(session, viewer, id_or_reference)
    if not delegations.acts_on(session, viewer, found):
        raise Forbidden("requests.only_its_customer")
    return timeline.locked(session, found.id)


def withdraw(session: Session, viewer: Viewer, id_or_reference: str) -> Request:
    """Ask for the request to be stopped and undone; asking again is the same success.

    Raises `Conflict` when the request has ended or has passed its point of no return.
    """
    request = own(session, viewer, id_or_reference)
    if request.withdrawal == Withdrawal.REQUESTED:
        return request
    must_be_open(request)
    if request.withdrawal == Withdrawal.SEALED:
        raise Conflict("requests.too_late_to_withdraw")
    at = clock.now()
    request.withdrawal, request.status = Withdrawal.REQUESTED, Status.WITHDRAWING
    by_customer = request.customer_id == viewer.account_id
    text = "requests.withdrawal_requested" if by_customer else "requests.withdrawn_for_you"
    say(session, request, viewer, text, at)
    outbox.put(session, request, "withdraw", {}, at)
    return request


def seal(session: Session, request: Request, revision: int | None = None) -> Sealing:
    """Pass the point of no return of a locked request, unless its customer came first.

    With a `revision`, answers that have changed beyond it come first too, like a withdrawal.
    """
    if request.withdrawal == Withdrawal.REQUESTED:
        return Sealing.WITHDRAWN
    if revision is not None and request.revision > revision:
        return Sealing.AMENDED
    request.withdrawal = Withdrawal.SEALED
    session.add(request)
    return Sealing.SEALED


def write_message(
    session: Session, viewer: Viewer, id_or_reference: str, text: str, internal: bool = False
) -> Message:
    """Say something on an open request; `internal` notes are for staff alone.

    Raises `Invalid` for an empty or overlong text, `Conflict` when the request has ended or its
    item takes no messages.
    """
    request = addressed(session, viewer, id_or_reference)
    must_be_open(request)
    text = checked_message(text)
    version = catalog.version(session, request.version)
    if viewer.role == "customer" and not version.item.customer_can.message:
        raise Conflict("requests.takes_no_messages")
    visible: timeline.Visible = "staff" if internal and viewer.role != "customer" else "customer"
    message = messages.post(
        session,
        request,
        text,
        clock.now(),
        author_id=viewer.account_id,
        role=viewer.role.value,
        actor=access.role_towards(viewer, request.customer_id),
        visible=visible,
    )
    if visible == "customer":
        body = {"message": message.id, "role": viewer.role, "at": message.at.isoformat()}
        outbox.put(session, request, "message", body, message.at)
        tell_other_side(session, request, viewer, message.at)
    return message


def addressed(session: Session, viewer: Viewer, id_or_reference: str) -> Request:
    """The request, locked, for whoever may speak on it: its customer's side and staff."""
    if not viewer.is_staff:
        return own(session, viewer, id_or_reference)
    return timeline.locked(session, readable(session, viewer, id_or_reference).id)


def tell_other_side(session: Session, request: Request, viewer: Viewer, at: datetime) -> None:
    """Notify the customer's side, or whoever of staff holds a task of the request, of a message."""
    text = messages.told_as(viewer.role.value)
    if viewer.is_staff and viewer.account_id != request.customer_id:
        delegations.tell(session, request, text, {}, at)
        return
    held = tasks.open_tasks(session, request.id, Audience.STAFF)
    for account_id in sorted({task.assignee_id for task in held if task.assignee_id}):
        notifications.notify(session, account_id, text, {}, request.id, at)


def checked_message(text: str) -> str:
    """The text without blank edges. Raises `Refusal` when nothing or too much is left."""
    text = text.strip()
    if not text:
        raise Refusal("requests.message_empty")
    if len(text) > LONGEST_MESSAGE:
        raise Refusal("requests.message_too_long", limit=LONGEST_MESSAGE, length=len(text))
    return text


def amend(
    session: Session, viewer: Viewer, id_or_reference: str, answers: dict[str, Any], language: str
) -> Request:
    """Replace the answers of a request that has not come too far for it.

    Raises `Conflict` when the stage until which amending is possible is over, `Invalid` when the
    form does not accept the answers.
    """
    request = own(session, viewer, id_or_reference)
    must_be_open(request)
    version = catalog.version(session, request.version)
    if not may_amend(session, request, version):
        raise Conflict("requests.too_late_to_amend")
    clean = forms.accept(
        session, version.hash, version.item.form, request.customer_id, answers, language
    )
    if clean == request.answers:
        return request
    at = clock.now()
    request.answers, request.revision = clean, request.revision + 1
    take_documents(session, request, viewer, version, at)
    say(session, request, viewer, "requests.amended", at)
    outbox.put(session, request, "amend", {"revision": request.revision}, at)
    return request


def correct(session: Session, request: Request, answers: dict[str, Any]) -> None:
    """Put accepted answers of a task in the place of those in a locked request."""
    request.answers, request.revision = request.answers | answers, request.revision + 1
    session.add(request)


def names_asked(session: Session, request: Request) -> set[str]:
    """The names of the answers that the form of a request asks for."""
    item = catalog.version(session, request.version).item
    return set(forms.form(session, request.version, item.form).shape.known)


def take_documents(
    session: Session, request: Request, viewer: Viewer, version: Version, at: datetime
) -> None:
    """Make the documents that the answers name part of the request. Raises `Invalid`."""
    given = forms.documents(session, version.hash, version.item.form, request.answers)
    documents.accept(session, request, viewer.account_id, given, at)


def may_amend(session: Session, request: Request, version: Version) -> bool:
    """Whether the request is still in a stage that allows amending.

    The point of no return ends it too, where withdrawing is possible as long or longer.
    """
    can = version.item.customer_can
    limit = can.amend_until
    if limit is None or request.closed_at or request.withdrawal == Withdrawal.REQUESTED:
        return False
    order = [stage.id for stage in version.item.stages]
    beyond = set(order[order.index(limit) + 1 :])
    if request.withdrawal == Withdrawal.SEALED and can.withdraw_until in {limit, *beyond}:
        return False
    return not any(row.stage in beyond for row in timeline.stages_of(session, request.id))


def may_withdraw(request: Request) -> bool:
    """Whether the request can still be stopped by its customer."""
    return request.closed_at is None and request.withdrawal == Withdrawal.POSSIBLE


def close(
    session: Session,
    request: Request,
    status: Status,
    at: datetime,
    reason: dict[str, Any] | None = None,
) -> None:
    """End a locked request: its open tasks are cancelled, its current stage shows the end."""
    tasks.cancel_open(session, request.id, at)
    request.closed_at, request.status, request.outcome = at, status, reason
    request.trouble = None
    ending = {
        Status.COMPLETED: StageState.DONE,
        Status.REFUSED: StageState.DONE,
        Status.WITHDRAWN: StageState.WITHDRAWN,
    }.get(status, StageState.FAILED)
    for row in timeline.stages_of(session, request.id):
        if row.state not in timeline.ENDED:
            timeline.put_stage(session, request, row.stage, ending, at)
    session.add(request)


def ended_outside(session: Session, request_id: str, cause: str) -> None:
    """Show a request whose workflow was ended behind our back, e.g. in the Temporal UI."""
    request = timeline.locked(session, request_id)
    if request.closed_at:
        return
    at = clock.now()
    close(session, request, Status.TERMINATED, at, ref("requests.ended_by_operator"))
    entries = [
        Entry(key="ended-outside", at=at, text="requests.ended_by_operator"),
        Entry(
            key="ended-outside/cause",
            at=at,
            text="requests.ended_outside_cause",
            params={"cause": cause},
            visible="staff",
        ),
    ]
    timeline.record(session, request, entries)


def too_late(session: Session, request_id: str, number: int, kind: str) -> None:
    """Show that something said reached a workflow that had already ended.

    Events are said to nobody in particular, so that none of them comes too late.
    """
    if kind == "event":
        return
    request = timeline.locked(session, request_id)
    entry = Entry(
        key=f"too-late/{number}",
        at=clock.now(),
        text="requests.came_too_late",
        params={"what": ref(f"requests.kind_{kind}")},
        # Who works on a case is no word of the customer's.
        visible="staff" if kind == "assignment" else "customer",
    )
    timeline.record(session, request, [entry])


def say(
    session: Session,
    request: Request,
    viewer: Viewer,
    text: str,
    at: datetime,
) -> None:
    """Write what a person did onto the timeline of a locked request.

    Its customer is told of what somebody else does for them.
    """
    actor = access.role_towards(viewer, request.customer_id)
    entry = Entry(
        key=f"said/{ids.new_id()}",
        at=at,
        text=text,
        actor=actor,
        actor_id=viewer.account_id,
    )
    timeline.record(session, request, [entry])
    if actor == "delegate":
        tell_customer(session, request, viewer, text, at)


def tell_customer(
    session: Session, request: Request, viewer: Viewer, text: str, at: datetime
) -> None:
    """Notify the customer of what a delegate has done for them."""
    params = {"name": viewer.name, "what": ref(text)}
    notifications.notify(
        session, request.customer_id, "delegations.acted_for_you", params, request.id, at
    )


def must_be_open(request: Request) -> None:
    """Raises `Conflict` when the request has ended."""
    if request.closed_at:
        raise Conflict("requests.already_ended", reference=request.reference)
