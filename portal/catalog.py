"""The catalog: finding an item, and reading about it before filling in its form."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.catalog import ItemKey
from api.deps import PageOf, cut
from catalog.definitions import Computed, Fixed
from catalog.examples import answers_for
from catalog.forms import Form
from catalog.forms.view import FieldView, ReviewRow
from catalog.versions import Version
from ground.messages import pick
from portal.visits import SignedIn
from services import catalog, drafts, forms, shelf
from services.access import Viewer
from services.catalog import CategoryEntry
from services.drafts import Begun
from services.shelf import ItemLine

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Shelves:
    """A part of the catalog, its categories, and the viewer's forms under way."""

    lines: list[ItemLine]
    categories: list[CategoryEntry]
    begun: list[Begun]


@router.get("/catalog")
async def browse(
    visit: SignedIn,
    page: PageOf,
    q: Annotated[str, Query(max_length=200)] = "",
    category: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """What one may request, by words and by category."""
    after = page.after[0] if page.after else None
    found = await visit.database.read(
        shelves, visit.viewer, visit.language, q, category, after, page.fetch
    )
    shown, cursor = cut(visit.request, Response(), found.lines, page, lambda row: [row.cursor])
    title = next((one.title for one in found.categories if one.id == category), "")
    return await visit.page(
        "catalog.html",
        lines=shown,
        categories=found.categories,
        begun=found.begun,
        everything=sum(one.items for one in found.categories),
        q=q,
        category=category,
        category_title=title,
        first=page.after is None,
        next_page=visit.further(cursor),
    )


def shelves(
    session: Session,
    viewer: Viewer,
    language: str,
    query: str,
    category: str,
    after: str | None,
    limit: int,
) -> Shelves:
    """Everything the catalog page shows."""
    return Shelves(
        shelf.lines(session, viewer, language, query, category or None, after, limit),
        catalog.categories(session, viewer, language),
        drafts.begun(session, viewer, language),
    )


@dataclass(frozen=True)
class About:
    """What the page of an item tells before one begins."""

    title: str
    summary: str
    description: str
    icon: str
    stages: list[tuple[str, timedelta, bool]]
    total: timedelta
    price: Any
    withdraw_until: str
    questions: list[str]
    documents: list[FieldView]
    example: tuple[ReviewRow, ...]
    begun: list[Begun]


@router.get("/catalog/{item}")
async def show(visit: SignedIn, item: ItemKey) -> Response:
    """One item: what it is, what it costs, how long it takes, what one needs."""
    about = await visit.database.read(read_about, visit.viewer, item, visit.language)
    return await visit.page("item.html", item=item, about=about)


def read_about(session: Session, viewer: Viewer, item_id: str, language: str) -> About:
    """Everything the item's page shows. Raises `NotFound`."""
    version = catalog.published(session, item_id, viewer)
    item = version.item
    form = forms.form(session, version.hash, item.form)
    live = forms.context(session, viewer.account_id, language)
    example = answers_for(item.examples[0], live)
    example_view = form.view(example, language, context=live)
    return About(
        title=pick(dict(item.title), language),
        summary=pick(dict(item.summary), language),
        description=pick(dict(item.description), language),
        icon=item.icon,
        stages=[
            (pick(dict(stage.title), language), stage.usual, stage.shown == "always")
            for stage in item.stages
        ],
        total=sum((s.usual for s in item.stages if s.shown == "always"), timedelta()),
        price=item.price if isinstance(item.price, Fixed | Computed) else None,
        withdraw_until=withdrawable(version, language),
        questions=[page.title for page in example_view.pages if page.title],
        documents=documents_of(form, version, language),
        example=example_view.review,
        begun=drafts.begun(session, viewer, language, item_id),
    )


def withdrawable(version: Version, language: str) -> str:
    """The title of the last stage in which a request can be withdrawn; empty for never."""
    until = version.item.customer_can.withdraw_until
    titles = {stage.id: pick(dict(stage.title), language) for stage in version.item.stages}
    return titles[until] if until else ""


def documents_of(form: Form, version: Version, language: str) -> list[FieldView]:
    """The documents that the form asks of anyone, as far as the examples show them."""
    found: dict[str, FieldView] = {}
    for example in version.item.examples:
        for page in form.view(example.answers, language).pages:
            found |= {field.name: field for field in files_among(page.fields)}
    return list(found.values())


def files_among(fields: Iterable[FieldView]) -> Iterable[FieldView]:
    """The file fields, inside groups too."""
    for field in fields:
        if field.widget == "file":
            yield field
        yield from files_among(field.fields)
