"""Drafts: forms under way, one per person and purpose, kept on the server as they are typed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from ground import clock, ids
from ground.errors import Conflict
from services import requests
from services.access import Viewer
from services.requests import Submission
from store.drafts import Draft
from store.requests import IdempotencyKey, Request

KEPT_FOR = timedelta(days=90)

Answers = dict[str, Any]


def of_item(item_id: str) -> str:
    """The subject of the draft of a new request."""
    return f"item:{item_id}"


def of_amendment(request_id: str) -> str:
    """The subject of the draft of changed answers."""
    return f"amend:{request_id}"


def of_task(task_id: str) -> str:
    """The subject of the draft of a task's answer."""
    return f"task:{task_id}"


def find(session: Session, viewer: Viewer, subject: str, lock: bool = False) -> Draft | None:
    """The viewer's draft for a subject; `lock` keeps it still until the transaction ends."""
    return session.get(Draft, (viewer.account_id, subject), with_for_update=lock or None)


def begun(session: Session, viewer: Viewer) -> list[Draft]:
    """The viewer's forms for new requests that wait to be finished, the latest first."""
    query = select(Draft).where(
        Draft.account_id == viewer.account_id, col(Draft.subject).startswith("item:")
    )
    return list(session.exec(query.order_by(col(Draft.updated_at).desc())))


def save(session: Session, viewer: Viewer, subject: str, version: str, answers: Answers) -> Draft:
    """Keep answers as typed; a new draft gets the key under which it will be sent."""
    changed = {"version": version, "answers": answers, "updated_at": clock.now()}
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Draft).values(
        account_id=viewer.account_id, subject=subject, key=ids.new_id(), **changed
    )
    session.execute(
        row.on_conflict_do_update(index_elements=["account_id", "subject"], set_=changed)
    )
    return session.get_one(Draft, (viewer.account_id, subject), populate_existing=True)


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
