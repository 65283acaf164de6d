"""Help, at the same place on every page, for whoever is signed in and whoever cannot be."""

from fastapi import APIRouter, Response

from portal.visits import AnyVisit

router = APIRouter(include_in_schema=False)


@router.get("/help")
async def show_help(visit: AnyVisit) -> Response:
    """How to find what one wants, and how to reach somebody."""
    return await visit.page("help.html")
