"""Tasks: a request waits here for a person, and one row decides between answer, expiry and end.

A person's answer is one transaction: the task closes, its timeline entry is written and the outbox
owes the workflow a signal. Titles and forms are frozen when the task opens.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import ColumnElement, exists
from sqlmodel import Session, col, select

from ground import clock, ids
from ground.errors import Conflict, Forbidden, NotFound
from services import (
    access,
    delegations,
    documents,
    forms,
    identity,
    messages,
    notifications,
    outbox,
    timeline,
)
from services.access import Viewer
from services.timeline import Entry
from store.identity import Account, Role
from store.requests import Request
from store.tasks import Audience, Task, TaskStatus

Whose = Literal["all", "mine", "unclaimed"]
"""Which of the tasks that one may see: all, those one holds, those that nobody holds."""


class OpenTask(BaseModel):
    """What a step asks of a person.

    `title` is a message key with `params`; `form` is one of the item's task forms, and its property
    `decision`, where it has one, is what the workflow is told. `excluded` accounts may not answer.
    Whoever may answer hands the task to a colleague where they `may_delegate`.
    """

    kind: str
    audience: Audience
    title: str
    params: dict[str, Any] = {}
    form: str
    group: str | None = None
    assignee_id: str | None = None
    excluded: list[str] = []
    may_delegate: bool = False
    due_at: datetime | None = None


class Answer(BaseModel):
    """What a workflow is told of a person's answer; the answers themselves stay in the database."""

    task: str
    decision: str
    by: str
    at: datetime


def open_task(session: Session, request: Request, wants: OpenTask, at: datetime) -> Task:
    """Ask; a task for a customer goes to the request's owner."""
    if wants.audience == Audience.CUSTOMER:
        wants = wants.model_copy(update={"assignee_id": request.customer_id})
    task = Task(id=ids.new_id(), request_id=request.id, created_at=at, **wants.model_dump())
    session.add(task)
    return task


def end(session: Session, task_id: str, status: TaskStatus, at: datetime) -> Answer | None:
    """Close an unanswered task. An answer that came first wins and is returned."""
    task = locked(session, task_id)
    if task.status == TaskStatus.DONE:
        return answer_of(task)
    if task.status == TaskStatus.OPEN:
        close(session, task, status, at)
    return None


def cancel_open(session: Session, request_id: str, at: datetime) -> None:
    """Close whatever a request still asks of people, because it has ended."""
    query = select(Task).where(Task.request_id == request_id, Task.status == TaskStatus.OPEN)
    for task in session.exec(query.with_for_update()):
        close(session, task, TaskStatus.CANCELLED, at)


def escalate(session: Session, task_id: str, group: str, at: datetime) -> None:
    """Show an open task to a further group; whoever holds it keeps it."""
    task = locked(session, task_id)
    if task.status == TaskStatus.OPEN:
        task.escalated_to = group
        session.add(task)


def readable(session: Session, viewer: Viewer, task_id: str) -> Task:
    """The task, if the viewer may know of it. Raises `NotFound`."""
    task = session.exec(
        select(Task).where(Task.id == task_id, access.readable_tasks(viewer))
    ).one_or_none()
    if task is None:
        raise NotFound("common.not_found")
    return task


def claim(session: Session, viewer: Viewer, task_id: str) -> Task:
    """Take a group's task for oneself. Raises `Conflict` when somebody else holds it."""
    task = decidable(session, viewer, task_id)
    if task.assignee_id not in (None, viewer.account_id):
        raise Conflict("tasks.held_by_another")
    task.assignee_id, task.claimed_at = viewer.account_id, clock.now()
    session.add(task)
    return task


def release(session: Session, viewer: Viewer, task_id: str) -> Task:
    """Give a claimed task back to its group. Raises `Conflict` when the viewer does not hold it."""
    task = decidable(session, viewer, task_id)
    if task.assignee_id != viewer.account_id or task.audience == Audience.CUSTOMER:
        raise Conflict("tasks.not_yours")
    task.assignee_id = task.claimed_at = None
    session.add(task)
    return task


def delegate(session: Session, viewer: Viewer, task_id: str, to: str) -> Task:
    """Hand a task to a colleague, by account id, who is told of it.

    Raises `Conflict` when somebody else holds it, and `Forbidden` where it may not be delegated, or
    not to them.
    """
    timeline.locked(session, readable(session, viewer, task_id).request_id)
    task = decidable(session, viewer, task_id)
    if task.assignee_id not in (None, viewer.account_id):
        raise Conflict("tasks.held_by_another")
    if to not in [colleague.id for colleague in colleagues(session, viewer, task)]:
        raise Forbidden("tasks.not_to_them")
    task.assignee_id = to
    at = task.claimed_at = clock.now()
    session.add(task)
    request = session.get_one(Request, task.request_id)
    told_of = {"task": {"$ref": task.title, "params": task.params}}
    notifications.notify(session, to, "tasks.delegated_to_you", told_of, request.id, at)
    entry = Entry(
        key=f"task/{task.id}/delegated/{ids.new_id()}",
        at=at,
        text="tasks.delegated",
        params={"name": session.get_one(Account, to).name},
        visible="staff",
        actor=viewer.role,
        actor_id=viewer.account_id,
    )
    timeline.record(session, request, [entry])
    return task


def colleagues(session: Session, viewer: Viewer, task: Task) -> list[Account]:
    """Whom the viewer may hand an open task to: others of its groups who may decide on it."""
    if not task.may_delegate or not access.may_decide(session, viewer, task):
        return []
    customer_id = session.get_one(Request, task.request_id).customer_id
    groups = (task.group, task.escalated_to)
    members = {one for group in groups if group for one in identity.members(session, group)}
    kept = members - {viewer.account_id, customer_id, *task.excluded}
    found = [session.get_one(Account, account_id) for account_id in kept]
    return sorted(found, key=lambda account: (account.name, account.id))


def complete(
    session: Session, viewer: Viewer, task_id: str, answers: dict[str, Any], language: str
) -> Task:
    """Answer a task.

    The same answer again is the same success; another answer, or one that comes after the task was
    closed, is a `Conflict`. Raises `Invalid` with an error per field.
    """
    timeline.locked(session, readable(session, viewer, task_id).request_id)
    task = locked(session, task_id)
    request = session.get_one(Request, task.request_id)
    if task.status == TaskStatus.DONE and is_repeat(task, viewer, answers):
        return task
    decidable(session, viewer, task_id)
    if task.audience == Audience.STAFF and task.assignee_id not in (None, viewer.account_id):
        raise Conflict("tasks.held_by_another")
    at = clock.now()
    clean = forms.accept(
        session, request.version, task.form, request.customer_id, answers, language
    )
    given = forms.documents(session, request.version, task.form, clean)
    documents.accept(session, request, viewer.account_id, given, at, Audience(task.audience))
    task.answers, task.decision = clean, str(clean.get("decision", "answered"))
    close(session, task, TaskStatus.DONE, at, by=viewer.account_id)
    actor = access.role_towards(viewer, request.customer_id)
    timeline.record(session, request, [told(task, viewer, actor, at)])
    outbox.put(session, request, "answer", answer_of(task).model_dump(mode="json"), at)
    return task


def pass_on_note(session: Session, task_id: str, visible: timeline.Visible = "customer") -> None:
    """Write the note of an answered task, if there is one, as a message of whoever answered.

    Its customer reads it, or with `visible` as `staff` only those who work on the request.
    """
    task = session.get_one(Task, task_id)
    note = (task.answers or {}).get("note")
    if not note or not task.closed_by or not task.closed_at:
        return
    author = session.get_one(Account, task.closed_by)
    messages.post(
        session,
        timeline.locked(session, task.request_id),
        note,
        task.closed_at,
        author_id=author.id,
        role=Role(author.role).value,
        visible=visible,
    )


def told(task: Task, viewer: Viewer, actor: timeline.Actor, at: datetime) -> Entry:
    """The timeline entry of an answer: who by role, never what was answered."""
    return Entry(
        key=f"task/{task.id}/answered",
        at=at,
        text=f"tasks.answered_{task.kind.replace('-', '_')}",
        params=task.params | {"decision": task.decision},
        visible="customer" if task.audience == Audience.CUSTOMER else "staff",
        actor=actor,
        actor_id=viewer.account_id,
    )


def decidable(session: Session, viewer: Viewer, task_id: str) -> Task:
    """The open task, locked, if it is the viewer's to answer. Raises `Conflict` or `Forbidden`."""
    task = locked(session, readable(session, viewer, task_id).id)
    if not access.may_decide(session, viewer, task) or not in_their_stead(session, viewer, task):
        raise Forbidden("tasks.not_for_you")
    if task.status != TaskStatus.OPEN:
        raise Conflict(f"tasks.already_{task.status}")
    return task


def in_their_stead(session: Session, viewer: Viewer, task: Task) -> bool:
    """Whether a task is staff's, or the viewer may answer for the customer who is asked."""
    if task.audience == Audience.STAFF:
        return True
    return delegations.acts_on(session, viewer, session.get_one(Request, task.request_id))


def is_repeat(task: Task, viewer: Viewer, answers: dict[str, Any]) -> bool:
    """Whether the same person says the same again."""
    return task.closed_by == viewer.account_id and all(
        (task.answers or {}).get(name) == value for name, value in answers.items()
    )


def answer_of(task: Task) -> Answer:
    """What the workflow is told of an answered task."""
    return Answer(
        task=task.id,
        decision=task.decision or "",
        by=task.closed_by or "",
        at=task.closed_at or task.created_at,
    )


def close(
    session: Session, task: Task, status: TaskStatus, at: datetime, by: str | None = None
) -> None:
    """Put an open task into its end."""
    task.status, task.closed_at, task.closed_by = status, at, by
    session.add(task)


def locked(session: Session, task_id: str) -> Task:
    """The task's row as it is now, locked until the transaction ends. Raises `NotFound`."""
    task = session.exec(
        select(Task).where(Task.id == task_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if task is None:
        raise NotFound("common.not_found")
    return task


def asked_of(viewer: Viewer) -> ColumnElement[bool]:
    """The requests that ask something of the viewer, or of a customer for whom they act, now."""
    return exists().where(
        col(Task.request_id) == col(Request.id),
        col(Task.status) == TaskStatus.OPEN,
        col(Task.audience) == Audience.CUSTOMER,
        access.asked(viewer),
    )


def of_request(session: Session, request_id: str) -> Sequence[Task]:
    """Everything that a request has asked of people, the oldest first."""
    query = select(Task).where(Task.request_id == request_id)
    return session.exec(query.order_by(col(Task.created_at), col(Task.id))).all()


def waiting_on_customer(session: Session, request_id: str) -> Sequence[Task]:
    """What a request asks of its customer now."""
    return open_tasks(session, request_id, Audience.CUSTOMER)


def open_tasks(session: Session, request_id: str, audience: Audience) -> Sequence[Task]:
    """What a request asks of one audience now, the oldest first."""
    return session.exec(
        select(Task)
        .where(
            Task.request_id == request_id,
            Task.status == TaskStatus.OPEN,
            Task.audience == audience,
        )
        .order_by(col(Task.created_at))
    ).all()


def inbox(
    session: Session,
    viewer: Viewer,
    after: tuple[datetime, str] | None,
    limit: int,
    whose: Whose = "all",
) -> list[Task]:
    """The open tasks the viewer may see, the oldest first (a keyset page)."""
    query = (
        select(Task)
        .where(access.readable_tasks(viewer), Task.status == TaskStatus.OPEN)
        .order_by(col(Task.created_at), col(Task.id))
        .limit(limit)
    )
    if whose == "mine":
        query = query.where(Task.assignee_id == viewer.account_id)
    elif whose == "unclaimed":
        query = query.where(col(Task.assignee_id).is_(None))
    if after:
        at, task_id = after
        query = query.where(
            (col(Task.created_at) > at) | ((col(Task.created_at) == at) & (col(Task.id) > task_id))
        )
    return list(session.exec(query))
