"""The first page: what waits for one, what moves, what one may want."""

from fastapi import APIRouter, Response

from ground import clock
from portal.visits import SignedIn
from services import home

router = APIRouter(include_in_schema=False)


@router.get("/")
async def show(visit: SignedIn) -> Response:
    """Where everybody begins."""
    board = await visit.database.read(home.read, visit.viewer, visit.language)
    return await visit.page("home.html", home=board, now=clock.now())
