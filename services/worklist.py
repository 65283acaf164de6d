"""Tasks as their reader sees them: what is asked, of whom, until when, with the form to answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session, col, select

from ground.messages import pick
from services import access, catalog, tasks
from services.access import Viewer
from services.tracking import Reader
from store.requests import Request
from store.tasks import Task, TaskStatus


class TaskLine(BaseModel):
    """A task in a list."""

    id: str
    kind: str
    title: str
    request: str
    reference: str
    item_title: str
    audience: str
    group: str | None
    assignee: str | None
    mine: bool
    status: str
    created_at: datetime
    due_at: datetime | None


class Colleague(BaseModel):
    """Somebody to whom a task may be delegated, by account id."""

    id: str
    name: str


class TaskView(TaskLine):
    """A task with its form (JSON Schema), its answers and, for staff, those of the request.

    `colleagues` are those to whom the reader may delegate it; none where that is not possible.
    """

    form: str
    form_schema: dict[str, Any]
    request_answers: dict[str, Any] | None
    answers: dict[str, Any] | None
    decision: str | None
    may_decide: bool
    colleagues: list[Colleague]


def lines(
    session: Session,
    viewer: Viewer,
    language: str,
    after: tuple[datetime, str] | None,
    limit: int,
    whose: tasks.Whose = "all",
) -> list[TaskLine]:
    """A page of the open tasks for the viewer and their groups."""
    reader = Reader(session, viewer, language)
    found = tasks.inbox(session, viewer, after, limit, whose)
    requests = of_tasks(session, found)
    return [TaskLine(**fields(reader, task, requests[task.request_id])) for task in found]


def of_tasks(session: Session, found: Sequence[Task]) -> dict[str, Request]:
    """The requests of the tasks, by id."""
    wanted = {task.request_id for task in found}
    rows = session.exec(select(Request).where(col(Request.id).in_(wanted)))
    return {request.id: request for request in rows}


def show(session: Session, viewer: Viewer, task_id: str, language: str) -> TaskView:
    """One task, if the viewer may read it. Raises `NotFound`."""
    task = tasks.readable(session, viewer, task_id)
    request = session.get_one(Request, task.request_id)
    staff = access.sees_staff_side(viewer, request.customer_id)
    return TaskView(
        **fields(Reader(session, viewer, language), task, request),
        form=task.form,
        form_schema=dict(catalog.version(session, request.version).forms[task.form]),
        request_answers=request.answers if staff else None,
        answers=task.answers,
        decision=task.decision,
        may_decide=access.may_decide(session, viewer, task)
        and tasks.in_their_stead(session, viewer, task),
        colleagues=colleagues(session, viewer, task),
    )


def colleagues(session: Session, viewer: Viewer, task: Task) -> list[Colleague]:
    """To whom the viewer may delegate a task now."""
    if task.status != TaskStatus.OPEN or task.assignee_id not in (None, viewer.account_id):
        return []
    found = tasks.colleagues(session, viewer, task)
    return [Colleague(id=account.id, name=account.name) for account in found]


def fields(reader: Reader, task: Task, request: Request) -> dict[str, Any]:
    """The fields of a task's line."""
    item = catalog.version(reader.session, request.version).item
    return {
        "id": task.id,
        "kind": task.kind,
        "title": reader.text(task.title, task.params),
        "request": request.id,
        "reference": request.reference,
        "item_title": pick(dict(item.title), reader.language),
        "audience": task.audience,
        "group": task.group,
        "assignee": task.assignee_id,
        "mine": task.assignee_id == reader.viewer.account_id,
        "status": task.status,
        "created_at": task.created_at,
        "due_at": task.due_at,
    }
