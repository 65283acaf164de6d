"""Catalog items as a customer sees them: in a list, in full, and with answers being filled in."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel
from sqlmodel import Session, col, select

from catalog.definitions import Stage
from catalog.durations import format_duration
from catalog.examples import answers_for
from ground.errors import FieldError
from ground.messages import pick, translate
from services import catalog, favourites, forms, popularity, search
from services.access import Viewer
from services.catalog import CatalogEntry, CategoryEntry
from store.requests import Request

Only = Literal["favourites", "recent", "popular", "newcomers", "nothing-found"]
"""A list of items that is not made by words: the viewer's stars, what they requested lately, what
many request, and what is offered unasked."""

LATEST_REQUESTS = 50
SHORT_LIST = 24


class ItemLine(BaseModel):
    """An item in a list."""

    id: str
    title: str
    summary: str
    category: str
    icon: str
    favourite: bool = False


class Shelves(BaseModel):
    """A part of the catalog, and the categories with something in them.

    `complete` says whether the items have all words of the query; `corrected` is the query as it
    was taken, where that is not as it was written. `cursors` are those of the items.
    """

    items: list[ItemLine]
    cursors: list[str]
    categories: list[CategoryEntry]
    complete: bool = True
    corrected: str | None = None


class StageLine(BaseModel):
    """A stage that a request of the item passes; `usual` is an ISO 8601 duration."""

    id: str
    title: str
    usual: str
    always: bool


class ExampleView(BaseModel):
    """A named set of answers that are valid today for whoever reads it."""

    name: str
    note: str | None
    answers: dict[str, Any]


class ItemView(BaseModel):
    """An item in full."""

    id: str
    version: str
    title: str
    summary: str
    description: str
    category: str
    icon: str
    favourite: bool
    price: dict[str, Any]
    stages: list[StageLine]
    service_level: dict[str, Any] | None
    customer_can: dict[str, Any]
    examples: list[ExampleView]


class WrongAnswer(BaseModel):
    """What is wrong with one answer, by its JSON pointer."""

    pointer: str
    detail: str


class ActivePage(BaseModel):
    """A page that is shown for these answers."""

    id: str
    title: str
    fields: list[str]


class Checked(BaseModel):
    """What the form makes of some answers."""

    valid: bool
    answers: dict[str, Any]
    errors: list[WrongAnswer]
    pages: list[ActivePage]
    computed: dict[str, Any]


def browse(
    session: Session,
    viewer: Viewer,
    language: str,
    query: str = "",
    category: str | None = None,
    after: str | None = None,
    limit: int = 20,
) -> Shelves:
    """A page of the items the viewer may request, the best for the query first.

    Raises `Refusal` for a cursor that is none.
    """
    found = search.find(session, viewer, query, category, language, after, limit)
    return Shelves(
        items=starred(session, viewer, [entry for entry, _ in found.entries]),
        cursors=[cursor for _, cursor in found.entries],
        categories=catalog.categories(session, found.by_category, language),
        complete=found.complete,
        corrected=found.corrected,
    )


def only(
    session: Session, viewer: Viewer, language: str, which: Only, limit: int = SHORT_LIST
) -> list[ItemLine]:
    """A short list of items that the viewer may request, in its own order."""
    ids = listed(session, viewer, which)
    return starred(session, viewer, catalog.entries(session, viewer, ids, language)[:limit])


def listed(session: Session, viewer: Viewer, which: Only) -> Sequence[str]:
    """The ids of a list; some of them may not be for the viewer."""
    if which == "favourites":
        return favourites.of(session, viewer)
    if which == "recent":
        return recent(session, viewer)
    if which == "popular":
        return popularity.most_popular(session)
    return search.offered(session, viewer, which)


def recent(session: Session, viewer: Viewer) -> list[str]:
    """The items of the viewer's latest requests, the latest first."""
    latest = select(Request.item_id).where(Request.customer_id == viewer.account_id)
    rows = session.exec(latest.order_by(col(Request.id).desc()).limit(LATEST_REQUESTS))
    return list(dict.fromkeys(rows))


def starred(session: Session, viewer: Viewer, entries: Sequence[CatalogEntry]) -> list[ItemLine]:
    """The items as lines of a list, with the viewer's stars."""
    stars = favourites.among(session, viewer, [entry.id for entry in entries])
    return [line(entry, entry.id in stars) for entry in entries]


def line(entry: CatalogEntry, favourite: bool) -> ItemLine:
    """An item as a line of a list."""
    names = ItemLine.model_fields.keys() - {"favourite"}
    return ItemLine(**{name: getattr(entry, name) for name in names}, favourite=favourite)


def show(session: Session, viewer: Viewer, item_id: str, language: str) -> ItemView:
    """One item, if the viewer may request it. Raises `NotFound`."""
    version = catalog.published(session, item_id, viewer)
    item, live = version.item, forms.context(session, viewer.account_id, language)
    return ItemView(
        id=item.id,
        version=version.hash,
        title=pick(dict(item.title), language),
        summary=pick(dict(item.summary), language),
        description=pick(dict(item.description), language),
        category=item.category,
        icon=item.icon,
        favourite=item.id in favourites.among(session, viewer, [item.id]),
        price=item.price.model_dump(mode="json"),
        stages=[stage_line(stage, language) for stage in item.stages],
        service_level=item.service_level.model_dump(mode="json") if item.service_level else None,
        customer_can=item.customer_can.model_dump(mode="json"),
        examples=[
            ExampleView(name=one.name, note=one.note, answers=answers_for(one, live))
            for one in item.examples
        ],
    )


def stage_line(stage: Stage, language: str) -> StageLine:
    """One stage in the reader's language."""
    return StageLine(
        id=stage.id,
        title=pick(dict(stage.title), language),
        usual=format_duration(stage.usual),
        always=stage.shown == "always",
    )


def check(
    session: Session, viewer: Viewer, item_id: str, answers: dict[str, Any], language: str
) -> Checked:
    """Judge answers by the item's published form. Raises `NotFound`."""
    version = catalog.published(session, item_id, viewer)
    judged = forms.evaluate(
        session, version.hash, version.item.form, viewer.account_id, answers, language
    )
    return Checked(
        valid=judged.valid,
        answers=judged.answers,
        errors=[wrong(error, language) for error in judged.errors],
        pages=[ActivePage(**asdict(page)) for page in judged.pages],
        computed=judged.computed,
    )


def wrong(error: FieldError, language: str) -> WrongAnswer:
    """An error in the reader's words."""
    detail = error.text or translate(language, error.key, error.params)
    return WrongAnswer(pointer=error.pointer, detail=detail)
