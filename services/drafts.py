"""Drafts: forms under way, kept on the server as they are typed.

A person has one draft per amendment and per task. Of a catalog item they may have several: the
first lies at the item's own form, each further one has an id and an address of its own.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func
from sqlmodel import Session, col, select

from catalog.forms import ReviewRow
from ground import clock, ids
from ground.errors import Conflict
from services import catalog, forms, requests
from services.access import Viewer
from services.requests import Submission
from store.drafts import Draft
from store.requests import IdempotencyKey, Request
from store.upserts import insert

KEPT_FOR = timedelta(days=90)
MOST_OF_ITEM = 20
"""Drafts that one person may have of one catalog item."""
TOLD_APART_BY = 2
"""Answers that tell a draft from others of its item."""

Answers = dict[str, Any]


def of_item(item_id: str, draft_id: str = "") -> str:
    """The subject of the draft of a new request; without an id it is the first one of its item."""
    return f"item:{item_id}/{draft_id}" if draft_id else f"item:{item_id}"


def item_of(subject: str) -> tuple[str, str]:
    """The item and the id of the draft of a new request."""
    item_id, _, draft_id = subject.removeprefix("item:").partition("/")
    return item_id, draft_id


def is_of_item(item_id: str) -> ColumnElement[bool]:
    """The drafts of new requests of an item."""
    subject = of_item(item_id)
    return (col(Draft.subject) == subject) | col(Draft.subject).startswith(f"{subject}/")


def address_of(item_id: str, draft_id: str = "") -> str:
    """The address below which the pages of a draft lie."""
    return f"/catalog/{item_id}/drafts/{draft_id}" if draft_id else f"/catalog/{item_id}"


def of_other(customer_id: str, item_id: str) -> str:
    """The subject of the draft of a new request that a delegate makes for a customer."""
    return f"for:{customer_id}/{item_id}"


def begun_for(session: Session, viewer: Viewer, customer_id: str) -> dict[str, datetime]:
    """The items that the viewer has begun to request for a customer, and when each was kept."""
    subject = of_other(customer_id, "")
    query = select(Draft.subject, Draft.updated_at).where(
        Draft.account_id == viewer.account_id, col(Draft.subject).startswith(subject)
    )
    return {found.removeprefix(subject): at for found, at in session.exec(query)}


def of_amendment(request_id: str) -> str:
    """The subject of the draft of changed answers."""
    return f"amend:{request_id}"


def of_task(task_id: str) -> str:
    """The subject of the draft of a task's answer."""
    return f"task:{task_id}"


def find(session: Session, viewer: Viewer, subject: str, lock: bool = False) -> Draft | None:
    """The viewer's draft for a subject; `lock` keeps it still until the transaction ends."""
    return session.get(Draft, (viewer.account_id, subject), with_for_update=lock or None)


@dataclass(frozen=True)
class Begun:
    """A form for a new request that waits to be finished.

    `about` tells it from other drafts of its item by some of its answers; it is empty for the only
    one. The form goes on at `address`; at `discard` one is asked whether to delete it.
    """

    id: str
    item: str
    title: str
    about: str
    updated_at: datetime
    address: str
    discard: str


def begun(
    session: Session,
    viewer: Viewer,
    language: str | None = None,
    item_id: str | None = None,
    most: int | None = None,
) -> list[Begun]:
    """The viewer's forms for new requests under way that can still be sent, the latest first.

    In the viewer's language unless told; with an item only those of it; of the latest `most`.
    """
    language = language or viewer.language
    of = is_of_item(item_id) if item_id else col(Draft.subject).startswith("item:")
    query = select(Draft).where(Draft.account_id == viewer.account_id, of)
    latest = query.order_by(col(Draft.updated_at).desc(), col(Draft.subject)).limit(most)
    rows = session.exec(latest).all()
    items = Counter(item_of(row.subject)[0] for row in rows)
    titles = catalog.titles(session, viewer, items, language)
    told = {
        subject: words
        for item, count in items.items()
        if count > 1 and item in titles
        for subject, words in told_apart(session, viewer, language, of_same(rows, item)).items()
    }
    found = []
    for row in rows:
        item, draft_id = item_of(row.subject)
        if item in titles:
            base, about = address_of(item, draft_id), told.get(row.subject, "")
            addresses = f"{base}/form", f"{base}/discard"
            found.append(Begun(draft_id, item, titles[item], about, row.updated_at, *addresses))
    return found


def of_same(rows: Iterable[Draft], item_id: str) -> list[Draft]:
    """Those of the drafts that are of an item."""
    return [row for row in rows if item_of(row.subject)[0] == item_id]


def told_apart(
    session: Session, viewer: Viewer, language: str, rows: list[Draft]
) -> dict[str, str]:
    """For each subject, the first answers that it does not share with all other drafts."""
    answers = {row.subject: answered(session, viewer, language, row) for row in rows}
    shared = Counter((one.pointer, one.value) for found in answers.values() for one in found)
    return {
        subject: " · ".join(
            [one.value for one in found if shared[one.pointer, one.value] < len(rows)][
                :TOLD_APART_BY
            ]
        )
        for subject, found in answers.items()
    }


def answered(session: Session, viewer: Viewer, language: str, draft: Draft) -> list[ReviewRow]:
    """What has been answered in a draft, as people read it, masked where its form says so."""
    version = catalog.version(session, draft.version)
    live = forms.context(session, viewer.account_id, language)
    return list(version.form().view(draft.answers, language, context=live).review)


def beginning(session: Session, viewer: Viewer, item_id: str) -> str:
    """The id of a further draft of an item, of which nothing is kept yet. Raises `Conflict`."""
    room_for(session, viewer, item_id)
    return ids.new_id()


def room_for(session: Session, viewer: Viewer, item_id: str) -> None:
    """Raises `Conflict` where the viewer has as many drafts of the item as anybody may have."""
    query = select(func.count()).where(Draft.account_id == viewer.account_id, is_of_item(item_id))
    if session.exec(query).one() >= MOST_OF_ITEM:
        raise Conflict("drafts.too_many", limit=MOST_OF_ITEM)


def save(
    session: Session,
    viewer: Viewer,
    subject: str,
    version: str,
    answers: Answers,
    origin: dict[str, Any] | None = None,
) -> Draft:
    """Keep answers as typed; a new draft gets the key under which it will be sent.

    An old one keeps its version and origin; if the form is of another version, also what was
    answered before that. Raises `Conflict` for one draft too many of an item.
    """
    known = find(session, viewer, subject)
    if known is None and subject.startswith("item:"):
        room_for(session, viewer, item_of(subject)[0])
    changed: dict[str, Any] = {"answers": answers, "updated_at": clock.now()}
    if known and known.version != version and known.before is None:
        changed["before"] = known.answers
    row = insert(session, Draft).values(
        account_id=viewer.account_id,
        subject=subject,
        key=ids.new_id(),
        version=version,
        origin=origin or {},
        **changed,
    )
    session.execute(
        row.on_conflict_do_update(index_elements=["account_id", "subject"], set_=changed)
    )
    return session.get_one(Draft, (viewer.account_id, subject), populate_existing=True)


def take_note(session: Session, viewer: Viewer, subject: str, version: str) -> None:
    """The writer of a draft has read how its form has changed up to this version.

    Raises `Conflict` for a draft that is gone.
    """
    draft = find(session, viewer, subject, lock=True)
    if draft is None:
        raise Conflict("drafts.gone")
    draft.version, draft.before = version, None
    session.add(draft)


def drop(session: Session, viewer: Viewer, subject: str) -> None:
    """Forget a draft; one that is not there is forgotten already."""
    session.execute(
        delete(Draft).where(
            col(Draft.account_id) == viewer.account_id, col(Draft.subject) == subject
        )
    )


def merged(answers: Answers, names: Iterable[str], typed: Answers) -> Answers:
    """The answers with what was typed under `names` in their place.

    Names are those of the HTML form (`address.city`). What was asked and left empty is gone, what
    was not asked stays: it may be hidden now and shown again.
    """
    result = answers
    for name in names:
        result = without(result, steps_of(name))
    return joined(result, typed)


def steps_of(name: str) -> list[str]:
    """The way to an answer; all items of a list are one answer."""
    steps: list[str] = []
    for step in name.split("."):
        if step.isdecimal():
            break
        steps.append(step)
    return steps


def without(answers: Answers, steps: list[str]) -> Answers:
    """The answers but the one that the steps lead to."""
    if not steps or steps[0] not in answers:
        return answers
    rest = {name: value for name, value in answers.items() if name != steps[0]}
    inner = answers[steps[0]]
    if len(steps) > 1 and isinstance(inner, dict):
        return {**rest, steps[0]: without(inner, steps[1:])}
    return rest


def joined(answers: Answers, typed: Answers) -> Answers:
    """Both, group by group; what was typed wins."""
    result = dict(answers)
    for name, value in typed.items():
        known = result.get(name)
        if isinstance(value, dict) and isinstance(known, dict):
            value = joined(known, value)
        result[name] = value
    return result


def send(session: Session, viewer: Viewer, submission: Submission, subject: str) -> Request:
    """Submit a draft, which is gone then; sending the same again finds the same request.

    Raises what `requests.submit` raises, and `Conflict` for a draft that was never sent and is
    gone.
    """
    draft = find(session, viewer, subject, lock=True)
    if draft is None or draft.key != submission.idempotency_key:
        sent = session.get(IdempotencyKey, (viewer.account_id, submission.idempotency_key))
        if sent is None:
            raise Conflict("drafts.gone")
        return session.get_one(Request, sent.request_id)
    request = requests.submit(session, viewer, submission)
    drop(session, viewer, subject)
    return request


def sweep(session: Session, at: datetime) -> None:
    """Drop what nobody has touched for a long time."""
    session.execute(delete(Draft).where(col(Draft.updated_at) < at - KEPT_FOR))
