"""Definitions over HTTP, for designers and operators: where versions stand, and what to do next."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.deps import Db, Language, Page, PageOf, check_tag, cut, etag, requires
from api.problems import problems
from catalog.registry import Registry
from services import definitions, version_life
from services.access import Viewer
from services.definitions import DefinitionLine, DefinitionView, VersionView
from services.publications import DESIGNERS
from services.version_life import LONGEST_NOTE
from services.version_lookup import SHORT

router = APIRouter(prefix="/api/definitions", tags=["definitions"])

Designer = Annotated[Viewer, Depends(requires(*DESIGNERS))]
ItemKey = Annotated[
    str, Path(description="Id of the item", examples=["address-change"], max_length=60)
]
Hash = Annotated[
    str,
    Field(
        description=f"Hash of a version, or its first {SHORT} characters or more",
        examples=["3f29c1aa"],
        max_length=64,
    ),
]
Note = Annotated[str, Field(description="Why, for whoever reads the history")]
Wish = Annotated[
    AwareDatetime | None,
    Field(description="When it is to be published, with its zone; at once if left out"),
]


def example(**body: Any) -> ConfigDict:
    """The configuration of a body with one example."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [body]})


class Judgement(BaseModel):
    """A yes to the version in review."""

    model_config = example(version="3f29c1aa", note="Reads well in all three languages.")

    version: Hash | None = None
    note: Note = Field("", max_length=LONGEST_NOTE)


class Rejection(BaseModel):
    """A no to the version in review, or to what is scheduled."""

    model_config = example(version="3f29c1aa", note="The Portuguese title is missing a word.")

    version: Hash | None = None
    note: Note = Field(max_length=LONGEST_NOTE)


class Release(BaseModel):
    """A version to be published, by default the file's; at once or at a moment."""

    model_config = example(
        version="3f29c1aa", at="2026-12-01T09:00:00+01:00", note="With the new price list."
    )

    version: Hash | None = None
    at: Wish = None
    note: Note = Field("", max_length=LONGEST_NOTE)


class Return(BaseModel):
    """An earlier version to go back to."""

    model_config = example(version="3f29c1aa", note="Customers could not find the new field.")

    version: Hash
    note: Note = Field("", max_length=LONGEST_NOTE)


class Remark(BaseModel):
    """Why something is done."""

    model_config = example(note="Replaced by the new contract.")

    note: Note = Field("", max_length=LONGEST_NOTE)


async def app_registry(request: Request) -> Registry:
    registry: Registry = request.app.state.registry
    return registry


Rules = Annotated[Registry, Depends(app_registry)]

CHANGES = problems(401, 403, 404, 409, 422)


@router.get("", responses=problems(401, 403, 422))
async def browse(
    http: Request,
    response: Response,
    viewer: Designer,
    language: Language,
    database: Db,
    page: PageOf,
) -> Page[DefinitionLine]:
    """Every item by its id: what is published of it, what waits, what is wrong with its files."""
    rows = await database.read(definitions.page, viewer, language, page.after_id, page.fetch)
    shown, cursor = cut(http, response, rows, page, lambda row: [row.item])
    answer = Page[DefinitionLine](items=list(shown), next=cursor)
    check_tag(http, response, etag(answer.model_dump_json()))
    return answer


@router.get("/{item}", responses=problems(401, 403, 404))
async def show(
    item: ItemKey,
    http: Request,
    response: Response,
    viewer: Designer,
    language: Language,
    database: Db,
) -> DefinitionView:
    """One item: state, versions, mistakes, history, figures, and what one may do now."""
    view = await database.read(definitions.show, viewer, item, language)
    check_tag(http, response, etag(view.model_dump_json()))
    return view


@router.get("/{item}/versions/{version}", responses=problems(401, 403, 404, 409, 422))
async def show_version(
    item: ItemKey,
    version: Annotated[str, Path(max_length=64, examples=["3f29c1aa"])],
    http: Request,
    response: Response,
    viewer: Designer,
    language: Language,
    database: Db,
) -> VersionView:
    """One version, by its hash or the beginning of it: its source, history and figures."""
    view = await database.read(definitions.show_version, viewer, item, version, language)
    check_tag(http, response, etag(view.model_dump_json()))
    return view


@router.post("/{item}/submit", responses=CHANGES)
async def submit(
    item: ItemKey, body: Release, viewer: Designer, language: Language, database: Db
) -> DefinitionView:
    """Ask for a second person's yes; once approved it is published, at once or at the moment."""
    await database.write(version_life.submit, viewer, item, body.version, body.note, body.at)
    return await database.read(definitions.show, viewer, item, language)


@router.post("/{item}/approve", responses=CHANGES)
async def approve(
    item: ItemKey,
    body: Judgement,
    viewer: Designer,
    language: Language,
    database: Db,
    registry: Rules,
) -> DefinitionView:
    """Say yes to the version in review, which somebody else submitted."""
    await database.write(version_life.approve, viewer, item, registry, body.version, body.note)
    return await database.read(definitions.show, viewer, item, language)


@router.post("/{item}/reject", responses=CHANGES)
async def reject(
    item: ItemKey, body: Rejection, viewer: Designer, language: Language, database: Db
) -> DefinitionView:
    """Say no to the version in review, or call off what is scheduled; the note says why."""
    await database.write(version_life.reject, viewer, item, body.version, body.note)
    return await database.read(definitions.show, viewer, item, language)


@router.post("/{item}/publish", responses=CHANGES)
async def publish(
    item: ItemKey,
    body: Release,
    viewer: Designer,
    language: Language,
    database: Db,
    registry: Rules,
) -> DefinitionView:
    """Publish a version now or at a moment. What asks for a review needs its approval first."""
    await database.write(
        version_life.publish, viewer, item, registry, body.version, body.note, body.at
    )
    return await database.read(definitions.show, viewer, item, language)


@router.post("/{item}/rollback", responses=CHANGES)
async def rollback(
    item: ItemKey,
    body: Return,
    viewer: Designer,
    language: Language,
    database: Db,
    registry: Rules,
) -> DefinitionView:
    """Go back to a version that was published before. It holds until the file changes."""
    await database.write(version_life.rollback, viewer, item, body.version, registry, body.note)
    return await database.read(definitions.show, viewer, item, language)


@router.post("/{item}/retire", responses=CHANGES)
async def retire(
    item: ItemKey, body: Remark, viewer: Designer, language: Language, database: Db
) -> DefinitionView:
    """Take the item out of the catalog. Requests under way go on."""
    await database.write(version_life.retire, viewer, item, body.note)
    return await database.read(definitions.show, viewer, item, language)


@router.post("/{item}/restore", responses=CHANGES)
async def restore(
    item: ItemKey,
    body: Remark,
    viewer: Designer,
    language: Language,
    database: Db,
    registry: Rules,
) -> DefinitionView:
    """Bring a retired item back."""
    await database.write(version_life.restore, viewer, item, registry, body.note)
    return await database.read(definitions.show, viewer, item, language)
