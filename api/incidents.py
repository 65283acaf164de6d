"""Requests whose process is stuck, for designers and operators: where, why, and what to do."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.definitions import CHANGES, Designer
from api.deps import Db, Language, Page, PageOf, cut
from api.problems import problems
from services import incidents
from services.incidents import IncidentView

router = APIRouter(prefix="/api/incidents", tags=["definitions"])

RequestId = Annotated[
    str, Path(description="Id of the request", examples=["01JD3Z8W4K2T5N7Q9R1S3V5X7Z"])
]
OfItem = Annotated[
    str | None, Query(description="Only of this item", examples=["address-change"], max_length=60)
]


@router.get("", responses=problems(401, 403, 422))
async def browse(
    http: Request,
    response: Response,
    viewer: Designer,
    language: Language,
    database: Db,
    page: PageOf,
    item: OfItem = None,
) -> Page[IncidentView]:
    """The requests that are stuck, the oldest first: the task, the error, and since when."""
    rows = await database.read(incidents.page, viewer, language, item, page.after_id, page.fetch)
    shown, cursor = cut(http, response, rows, page, lambda row: [row.request])
    return Page[IncidentView](items=list(shown), next=cursor)


@router.post("/{key}/retry", responses=CHANGES)
async def retry(key: RequestId, viewer: Designer, language: Language, database: Db) -> IncidentView:
    """Have the task that failed run again, without a new version; what was done stays done."""
    await database.write(incidents.try_again, viewer, key)
    return await database.read(incidents.show, viewer, key, language)


@router.post("/{key}/move", status_code=204, responses=CHANGES)
async def move(key: RequestId, viewer: Designer, language: Language, database: Db) -> None:
    """Have the request go on with the published version, where all that it has done is in it."""
    await database.write(incidents.move_on, viewer, key, language)
