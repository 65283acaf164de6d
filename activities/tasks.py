"""Asking people: a task opens, reminds, escalates and, unanswered, expires."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, Undo, effect, undo
from ground.messages import Params, ref
from services import delegations, notifications, tasks, timeline
from services.tasks import Answer, OpenTask
from store.requests import Request
from store.tasks import Audience, Task, TaskStatus

LONGEST_FACT = 200
"""In characters."""


class OpenedTask(BaseModel):
    """A task that now waits for its person."""

    id: str
    due_at: datetime | None


class Remind(BaseModel):
    """Whom to remind of which task."""

    task: str


class Escalate(BaseModel):
    """Which open task a further group is to see."""

    task: str
    group: str


class Expire(BaseModel):
    """Which task nobody need answer any more, and how it ends."""

    task: str
    end: TaskStatus = TaskStatus.EXPIRED


class FactsOf(BaseModel):
    """Which answers to which task a process is to know."""

    task: str
    names: list[str]


class PassOn(BaseModel):
    """The answered task whose note its customer is to read."""

    task: str


@effect
def open_task(session: Session, call: Call[OpenTask]) -> OpenedTask:
    """Ask a person; a customer is notified."""
    request = timeline.locked(session, call.request)
    task = tasks.open_task(session, request, call.body, call.at)
    if task.audience == Audience.CUSTOMER:
        tell_customer(session, request, task, "tasks.asked_of_you", call.at)
    return OpenedTask(id=task.id, due_at=task.due_at)


@undo(of=open_task)
def close_task(session: Session, call: Call[Undo], did: OpenedTask) -> None:
    """Nobody need answer any more."""
    tasks.end(session, did.id, TaskStatus.CANCELLED, call.at)


@effect
def remind(session: Session, call: Call[Remind]) -> None:
    """Remind whoever is asked, if they still are."""
    task = session.get_one(Task, call.body.task)
    if task.audience == Audience.CUSTOMER:
        request = session.get_one(Request, task.request_id)
        tell_customer(session, request, task, "tasks.reminder", call.at)
    elif task.assignee_id:
        notifications.notify(
            session, task.assignee_id, "tasks.reminder", naming(task), call.request, call.at
        )


@effect
def escalate(session: Session, call: Call[Escalate]) -> None:
    """Show the task to a further group as well."""
    tasks.escalate(session, call.body.task, call.body.group, call.at)


@effect
def expire(session: Session, call: Call[Expire]) -> Answer | None:
    """Close an unanswered task; an answer that came first is returned and stands."""
    return tasks.end(session, call.body.task, call.body.end, call.at)


@effect
def pass_on_note(session: Session, call: Call[PassOn]) -> None:
    """Let the customer read what a member of staff noted with their answer."""
    tasks.pass_on_note(session, call.body.task)


@effect
def facts_of_answer(session: Session, call: Call[FactsOf]) -> dict[str, Any]:
    """The answers of these names, as far as they are single short values; null for all others."""
    answers = session.get_one(Task, call.body.task).answers or {}
    return {name: fact(answers.get(name)) for name in call.body.names}


def fact(value: Any) -> Any:
    """A value that may travel in a workflow, else nothing: texts and lists stay where they are."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_FACT else None
    return value if isinstance(value, (bool, int, float)) else None


def tell_customer(session: Session, request: Request, task: Task, key: str, at: datetime) -> None:
    """Notify the customer's side of what they are asked."""
    delegations.tell(session, request, key, naming(task), at)


def naming(task: Task) -> Params:
    """The parameters of a message about a task."""
    return {"task": ref(task.title, **task.params)}
