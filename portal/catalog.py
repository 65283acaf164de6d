"""The catalog: finding what one may request, by words, by category, or in a short list."""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.catalog import ItemKey
from api.deps import PageOf, cut
from portal.visits import PostedForm, SignedIn, safe_next, see_other
from services import drafts, favourites, shelf
from services.access import Viewer
from services.drafts import Begun
from services.shelf import ItemLine, Shelves

router = APIRouter(include_in_schema=False)

Listed = Literal["favourites", "recent", "popular"]
LISTS = get_args(Listed)
SUGGESTIONS = 6


@dataclass(frozen=True)
class Shown:
    """A part of the catalog with what stands around it.

    `otherwise` is offered where nothing was found.
    """

    shelves: Shelves
    begun: list[Begun]
    otherwise: list[ItemLine]


@router.get("/catalog")
async def browse(
    visit: SignedIn,
    page: PageOf,
    q: Annotated[str, Query(max_length=200)] = "",
    category: Annotated[str, Query(max_length=60)] = "",
    only: Listed | None = None,
    part: Literal["suggestions"] | None = None,
) -> Response:
    """What one may request; as a `part`, only what the search box suggests."""
    if part:
        return await suggest(visit, q)
    if only:
        return await short_list(visit, only)
    after = page.after[0] if page.after else None
    found = await visit.database.read(
        read, visit.viewer, visit.language, q, category, after, page.fetch
    )
    shelves = found.shelves
    rows = list(zip(shelves.items, shelves.cursors, strict=True))
    shown, cursor = cut(visit.request, Response(), rows, page, lambda row: [row[1]])
    return await visit.page(
        "catalog.html",
        lines=[line for line, _ in shown],
        categories=shelves.categories,
        everything=sum(one.items for one in shelves.categories),
        found=found,
        q=q,
        category=next((one for one in shelves.categories if one.id == category), None),
        only=None,
        lists=LISTS,
        first=page.after is None,
        next_page=visit.further(cursor),
    )


def read(
    session: Session,
    viewer: Viewer,
    language: str,
    query: str,
    category: str,
    after: str | None,
    limit: int,
) -> Shown:
    """Everything the catalog page shows."""
    shelves = shelf.browse(session, viewer, language, query, category or None, after, limit)
    vain = bool(query) and not shelves.items
    return Shown(
        shelves,
        [] if query or category else drafts.begun(session, viewer, language),
        shelf.only(session, viewer, language, "nothing-found") if vain else [],
    )


async def short_list(visit: SignedIn, only: Listed) -> Response:
    """A short list that is not made by words."""
    lines = await visit.database.read(shelf.only, visit.viewer, visit.language, only)
    shelves = await visit.database.read(shelf.browse, visit.viewer, visit.language, limit=1)
    return await visit.page(
        "catalog.html",
        lines=lines,
        categories=shelves.categories,
        everything=sum(one.items for one in shelves.categories),
        found=Shown(Shelves(items=lines, cursors=[], categories=[]), [], []),
        q="",
        category=None,
        only=only,
        lists=LISTS,
        first=True,
        next_page="",
    )


async def suggest(visit: SignedIn, query: str) -> Response:
    """What the search box suggests while one types, as a part of a page."""
    shelves = await visit.database.read(
        shelf.browse, visit.viewer, visit.language, query, limit=SUGGESTIONS
    )
    return visit.page_with("suggestions.html", 0, shelves=shelves, q=query)


@router.post("/catalog/{item}/favourite")
async def star(visit: SignedIn, item: ItemKey, posted: PostedForm) -> Response:
    """Give an item a star or take it away, and go back."""
    if posted.action[0] == "remove":
        await visit.database.write(favourites.remove, visit.viewer, item)
    else:
        await visit.database.write(favourites.add, visit.viewer, item)
    return see_other(safe_next(posted.controls.get("_back", "")))
