"""Tasks of staff: what waits for me and my groups, one task with its form and its request."""

from dataclasses import dataclass
from typing import get_args

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.deps import PageOf, cut
from api.tasks import TaskKey, position
from ground import clock
from portal import answering
from portal.forms import Shown
from portal.requests import Board, read_board
from portal.visits import PostedForm, SignedIn, SignedVisit, see_other
from services import tasks, worklist
from services.access import Viewer
from services.tasks import Whose
from services.worklist import TaskView

router = APIRouter(include_in_schema=False, prefix="/tasks")

WHOSE = get_args(Whose)


@dataclass(frozen=True)
class Desk:
    """One task as its page shows it."""

    task: TaskView
    shown: Shown
    board: Board


@router.get("")
async def list_tasks(visit: SignedIn, page: PageOf, whose: Whose = "all") -> Response:
    """The open tasks for the viewer and their groups; a customer's are on their requests."""
    if not visit.viewer.is_staff:
        return see_other("/requests?show=needs-you")
    rows = await visit.database.read(
        worklist.lines, visit.viewer, visit.language, position(page.after), page.fetch, whose
    )
    lines, cursor = cut(
        visit.request, Response(), rows, page, lambda row: [row.created_at.isoformat(), row.id]
    )
    return await visit.page(
        "tasks.html",
        lines=lines,
        whose=whose,
        filters=WHOSE,
        now=clock.now(),
        first=page.after is None,
        next_page=visit.further(cursor),
    )


@router.get("/{key}")
async def show(visit: SignedIn, key: TaskKey) -> Response:
    """One task; what is asked of a customer is on the page of their request."""
    desk = await visit.database.read(read_desk, visit.viewer, visit.language, key)
    if desk.task.audience == "customer":
        return see_other(f"/requests/{desk.task.reference}")
    return await desk_page(visit, desk)


async def desk_page(visit: SignedVisit, desk: Desk, status: int = 200) -> Response:
    engine, request = visit.settings.temporal_ui, desk.board.request
    namespace = visit.settings.temporal_namespace
    return await visit.page(
        "task.html",
        status,
        task=desk.task,
        shown=desk.shown,
        board=desk.board,
        request=request,
        engine=f"{engine}/namespaces/{namespace}/workflows/{request.id}" if engine else "",
        now=clock.now(),
    )


def read_desk(
    session: Session, viewer: Viewer, language: str, key: str, answered: Shown | None = None
) -> Desk:
    """Everything the page of a task shows. Raises `NotFound`."""
    task = worklist.show(session, viewer, key, language)
    return Desk(
        task=task,
        shown=answered or answering.read(session, viewer, language, key),
        board=read_board(session, viewer, language, task.request),
    )


@router.post("/{key}/claim")
async def claim(visit: SignedIn, key: TaskKey, posted: PostedForm) -> Response:
    """Take a group's task for oneself."""
    await visit.database.write(tasks.claim, visit.viewer, key)
    return see_other(f"/tasks/{key}")


@router.post("/{key}/release")
async def release(visit: SignedIn, key: TaskKey, posted: PostedForm) -> Response:
    """Give a task back to its group."""
    await visit.database.write(tasks.release, visit.viewer, key)
    return see_other(f"/tasks/{key}")


@router.post("/{key}/delegate")
async def delegate(visit: SignedIn, key: TaskKey, posted: PostedForm) -> Response:
    """Hand a task to a colleague of its group."""
    await visit.database.write(tasks.delegate, visit.viewer, key, posted.get("to"))
    return see_other(f"/tasks/{key}")


@router.post("/{key}")
async def answer(visit: SignedIn, key: TaskKey, posted: PostedForm) -> Response:
    """Answer the task with its form."""
    shown = await answering.answer(visit, key, posted)
    if shown is None:
        return see_other(f"/tasks/{key}")
    desk = await visit.database.read(read_desk, visit.viewer, visit.language, key, shown)
    return await desk_page(visit, desk, answering.status_of(shown, posted))
