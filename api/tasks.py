"""Tasks over HTTP: what waits for me and my groups, claimed, given back and answered."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentViewer, Db, Language, Page, PageOf, bad_cursor, check_tag, cut, etag
from api.problems import problems
from services import tasks, worklist
from services.worklist import TaskLine, TaskView

router = APIRouter(prefix="/api/tasks", tags=["tasks"])

TaskKey = Annotated[str, Path(max_length=40)]


class TaskAnswers(BaseModel):
    """The answers of the task's form."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"answers": {"decision": "approve", "note": "All good."}}]},
    )

    answers: dict[str, Any]


class Delegation(BaseModel):
    """To whom to hand a task: the id of one of its `colleagues`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"to": "01JD3Z8W4K2T5N7Q9R1S3V5X7Z"}]}
    )

    to: str = Field(max_length=40)


@router.get("", responses=problems(401, 422))
async def list_tasks(
    http: Request,
    response: Response,
    viewer: CurrentViewer,
    language: Language,
    database: Db,
    page: PageOf,
) -> Page[TaskLine]:
    """The open tasks for me and my groups, the oldest first."""
    rows = await database.read(worklist.lines, viewer, language, position(page.after), page.fetch)
    shown, cursor = cut(
        http, response, rows, page, lambda row: [row.created_at.isoformat(), row.id]
    )
    return Page(items=list(shown), next=cursor)


def position(after: tuple[str, ...] | None) -> tuple[datetime, str] | None:
    """The place in the list that a cursor names. Raises `Invalid` when it names none."""
    if after is None:
        return None
    try:
        at, task_id = after
        return datetime.fromisoformat(at), task_id
    except ValueError:
        raise bad_cursor() from None


@router.get("/{key}", responses=problems(401, 404))
async def show(
    key: TaskKey,
    http: Request,
    response: Response,
    viewer: CurrentViewer,
    language: Language,
    database: Db,
) -> TaskView:
    """One task with its form."""
    view = await database.read(worklist.show, viewer, key, language)
    check_tag(http, response, etag(view.model_dump_json()))
    return view


@router.post("/{key}/claim", responses=problems(401, 403, 404, 409))
async def claim(key: TaskKey, viewer: CurrentViewer, language: Language, database: Db) -> TaskView:
    """Take a group's task for oneself."""
    await database.write(tasks.claim, viewer, key)
    return await database.read(worklist.show, viewer, key, language)


@router.post("/{key}/release", responses=problems(401, 403, 404, 409))
async def release(
    key: TaskKey, viewer: CurrentViewer, language: Language, database: Db
) -> TaskView:
    """Give a task back to its group."""
    await database.write(tasks.release, viewer, key)
    return await database.read(worklist.show, viewer, key, language)


@router.post("/{key}/delegate", responses=problems(401, 403, 404, 409, 422))
async def delegate(
    key: TaskKey, body: Delegation, viewer: CurrentViewer, language: Language, database: Db
) -> TaskView:
    """Hand a task to a colleague of its group, where it may be delegated."""
    await database.write(tasks.delegate, viewer, key, body.to)
    return await database.read(worklist.show, viewer, key, language)


@router.post("/{key}/complete", responses=problems(401, 403, 404, 409, 422))
async def complete(
    key: TaskKey, body: TaskAnswers, viewer: CurrentViewer, language: Language, database: Db
) -> TaskView:
    """Answer a task. The same answer again is the same success; another one is a conflict."""
    await database.write(tasks.complete, viewer, key, body.answers, language)
    return await database.read(worklist.show, viewer, key, language)
