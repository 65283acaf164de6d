"""The first page: what waits for one, what moves, what one may want."""

from fastapi import APIRouter, Response

from ground import clock
from portal.visits import SignedIn, see_other
from services import home
from store.identity import Role

router = APIRouter(include_in_schema=False)


@router.get("/")
async def show(visit: SignedIn) -> Response:
    """Where everybody begins; designers have their work on a page of its own."""
    if visit.viewer.role == Role.DESIGNER:
        return see_other("/definitions")
    board = await visit.database.read(home.read, visit.viewer, visit.language)
    return await visit.page("home.html", home=board, now=clock.now())
