"""The page of requests whose process is stuck, for designers and operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.deps import PageOf, cut, requires
from portal.visits import PostedForm, SignedIn, see_other
from services import incidents
from services.publications import DESIGNERS

router = APIRouter(
    include_in_schema=False, prefix="/incidents", dependencies=[Depends(requires(*DESIGNERS))]
)


@router.get("")
async def list_incidents(
    visit: SignedIn, page: PageOf, item: Annotated[str, Query(max_length=60)] = ""
) -> Response:
    """What is stuck, the oldest first, of one item or of all."""
    rows = await visit.database.read(
        incidents.page, visit.viewer, visit.language, item or None, page.after_id, page.fetch
    )
    shown, cursor = cut(visit.request, Response(), rows, page, lambda row: [row.request])
    return await visit.page(
        "incidents.html",
        incidents=shown,
        item=item,
        first=page.after is None,
        next_page=visit.further(cursor),
    )


@router.post("/{key}")
async def act(
    visit: SignedIn, key: Annotated[str, Path(max_length=40)], posted: PostedForm
) -> Response:
    """Try again, or go on with the published version, as the button says."""
    verb, item = posted.action
    if verb == "retry":
        await visit.database.write(incidents.try_again, visit.viewer, key)
    elif verb == "move":
        await visit.database.write(incidents.move_on, visit.viewer, key, visit.language)
    return see_other(f"/incidents?item={item}" if item else "/incidents")
