"""The catalog over HTTP: what one may request, its form, and a check before submitting."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentViewer, Db, Language, Page, PageOf, check_tag, cut, etag
from api.problems import problems
from services import catalog, favourites, shelf
from services.shelf import Checked, ItemLine, ItemView, Only

router = APIRouter(prefix="/api/catalog", tags=["catalog"])

ItemKey = Annotated[
    str, Path(description="Id of the item", examples=["address-change"], max_length=60)
]


class Category(BaseModel):
    """A shelf of the catalog, with the number of items on it that one may request."""

    id: str
    title: str
    icon: str
    items: int


class CatalogPage(Page[ItemLine]):
    """A part of the catalog, and the shelves on which there is something of what was asked for.

    `complete` is false where nothing has all words of the search and these items have most of them;
    `corrected` is the search as it was taken, where it was not taken as written.
    """

    categories: list[Category]
    complete: bool = True
    corrected: str | None = None


class FormSchema(BaseModel):
    """The form of an item's published version, as JSON Schema 2020-12 with annotations."""

    item: str
    version: str
    form_schema: dict[str, Any] = Field(serialization_alias="schema")


class Answers(BaseModel):
    """Answers as far as they have been given."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"answers": {"when": "now"}}]}
    )

    answers: dict[str, Any]


@router.get("", responses=problems(401, 422))
async def browse(
    http: Request,
    response: Response,
    viewer: CurrentViewer,
    language: Language,
    database: Db,
    page: PageOf,
    q: Annotated[str, Query(description="Words, as people type them", max_length=200)] = "",
    category: Annotated[str | None, Query(max_length=60)] = None,
    only: Annotated[Only | None, Query(description="A short list, whatever `q` says")] = None,
) -> CatalogPage:
    """The items one may request, by words in any language and by category."""
    if only:
        listed = await database.read(shelf.only, viewer, language, only)
        answer = CatalogPage(items=listed, categories=[])
    else:
        after = page.after[0] if page.after else None
        found = await database.read(shelf.browse, viewer, language, q, category, after, page.fetch)
        rows = list(zip(found.items, found.cursors, strict=True))
        shown, cursor = cut(http, response, rows, page, lambda row: [row[1]])
        answer = CatalogPage(
            items=[item for item, _ in shown],
            next=cursor,
            categories=[Category(**vars(entry)) for entry in found.categories],
            complete=found.complete,
            corrected=found.corrected,
        )
    check_tag(http, response, etag(answer.model_dump_json()))
    return answer


@router.put("/{item}/favourite", status_code=204, responses=problems(401, 404))
async def add_favourite(item: ItemKey, viewer: CurrentViewer, database: Db) -> None:
    """Give an item a star; again is the same."""
    await database.write(favourites.add, viewer, item)


@router.delete("/{item}/favourite", status_code=204, responses=problems(401))
async def remove_favourite(item: ItemKey, viewer: CurrentViewer, database: Db) -> None:
    """Take the star away, if there is one."""
    await database.write(favourites.remove, viewer, item)


@router.get("/{item}", responses=problems(401, 404))
async def show(
    item: ItemKey,
    http: Request,
    response: Response,
    viewer: CurrentViewer,
    language: Language,
    database: Db,
) -> ItemView:
    """One item: texts, stages, service level, price, and examples of valid answers."""
    view = await database.read(shelf.show, viewer, item, language)
    check_tag(http, response, etag(view.version, language, view.favourite))
    return view


@router.get("/{item}/form", responses=problems(401, 404))
async def read_form(
    item: ItemKey,
    http: Request,
    response: Response,
    viewer: CurrentViewer,
    database: Db,
) -> FormSchema:
    """The item's form."""
    version = await database.read(catalog.published, item, viewer)
    check_tag(http, response, etag(version.hash))
    return FormSchema(
        item=item, version=version.hash, form_schema=dict(version.forms[version.item.form])
    )


@router.post("/{item}/check", responses=problems(401, 404, 413, 422))
async def check(
    item: ItemKey, body: Answers, viewer: CurrentViewer, language: Language, database: Db
) -> Checked:
    """Judge answers without submitting: active pages, errors, computed values such as a price."""
    return await database.read(shelf.check, viewer, item, body.answers, language)
