"""One item of the catalog: what there is to know before one fills in its form."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from babel import Locale
from fastapi import APIRouter, Response
from sqlmodel import Session

from api.catalog import ItemKey
from catalog.definitions import CatalogItem, Free, Stage
from catalog.examples import answers_for
from catalog.forms import Form
from catalog.forms.annotations import Context
from catalog.forms.view import FieldView, FormView, ReviewRow
from ground import clock
from ground.messages import format_of, pick
from portal.visits import SignedIn
from services import catalog, drafts, expectations, favourites, forms
from services.access import Viewer
from services.drafts import Begun
from services.forecasting import Standing
from store.identity import Role

router = APIRouter(include_in_schema=False)

READING = 30
SECONDS = {"textarea": 60, "file": 90, "signature": 20}
CHOOSING = {"radio", "select", "checkbox", "checkboxes", "switch", "country", "range", "rating"}
A_CHOICE, AN_ANSWER = 8, 15
"""Seconds that people need, as a rule, for a form and for a question of each kind."""


@dataclass(frozen=True)
class StageLine:
    """A stage that the request passes."""

    title: str
    usual: timedelta
    always: bool


@dataclass(frozen=True)
class Lasts:
    """How long half of such requests take, and nine in ten; `learned` from those that have ended.

    Both are the same where no range is known.
    """

    half: timedelta
    most: timedelta
    learned: bool


@dataclass(frozen=True)
class About:
    """What the page of an item tells before one begins.

    `minutes` are the fewest and the most that its form takes. `countries` are those whose
    residents may request it, all where there are none.
    """

    title: str
    summary: str
    description: str
    icon: str
    category: tuple[str, str]
    stages: list[StageLine]
    lasts: Lasts
    price: Any
    withdraw_until: str
    questions: list[str]
    documents: list[FieldView]
    minutes: tuple[int, int]
    example: tuple[ReviewRow, ...]
    countries: list[str]
    for_staff: bool
    favourite: bool
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
    views = examples_of(item, form, live, language)
    shelves = catalog.categories(session, {item.category: 1}, language)
    return About(
        title=pick(dict(item.title), language),
        summary=pick(dict(item.summary), language),
        description=pick(dict(item.description), language),
        icon=item.icon,
        category=(item.category, shelves[0].title if shelves else ""),
        stages=[stage_line(stage, language) for stage in item.stages],
        lasts=lasts(session, item, clock.now()),
        price=None if isinstance(item.price, Free) else item.price,
        withdraw_until=withdrawable(item, language),
        questions=[page.title for page in views[0].pages if page.title],
        documents=documents_of(views),
        minutes=minutes_of(views),
        example=views[0].review,
        countries=countries_of(item, language),
        for_staff=bool({Role.AGENT, Role.OPERATOR} & set(item.audience.allow.roles)),
        favourite=bool(favourites.among(session, viewer, [item_id])),
        begun=drafts.begun(session, viewer, language, item_id),
    )


def examples_of(item: CatalogItem, form: Form, live: Context, language: str) -> list[FormView]:
    """The form as it is for each example."""
    return [
        form.view(answers_for(example, live), language, context=live) for example in item.examples
    ]


def stage_line(stage: Stage, language: str) -> StageLine:
    """A stage in the reader's language."""
    return StageLine(pick(dict(stage.title), language), stage.usual, stage.shown == "always")


def lasts(session: Session, item: CatalogItem, now: datetime) -> Lasts:
    """What a request that is sent now would take."""
    begun = Standing(item.stages[0].id, now)
    known = expectations.experience_of(session, item.id)
    basis, dates = expectations.dates_of(known, item, begun, now)
    return Lasts(dates.earliest - now, dates.latest - now, basis != "usual")


def withdrawable(item: CatalogItem, language: str) -> str:
    """The title of the last stage in which a request can be withdrawn; empty for never."""
    until = item.customer_can.withdraw_until
    titles = {stage.id: pick(dict(stage.title), language) for stage in item.stages}
    return titles[until] if until else ""


def countries_of(item: CatalogItem, language: str) -> list[str]:
    """The countries whose residents may request the item, by their names."""
    names = Locale.parse(format_of(language)).territories
    return sorted(names.get(code, code) for code in item.audience.allow.countries)


# What one needs


def documents_of(views: Iterable[FormView]) -> list[FieldView]:
    """The documents that the form asks for, as far as the examples show them."""
    fields = (field for view in views for page in view.pages for field in every(page.fields))
    return list({field.name: field for field in fields if field.widget == "file"}.values())


def minutes_of(views: Iterable[FormView]) -> tuple[int, int]:
    """The fewest and the most minutes that filling in takes, as the examples show."""
    lengths = [ceil((READING + sum(map(seconds, answered(view)))) / 60) for view in views]
    return min(lengths), max(lengths)


def answered(view: FormView) -> Iterable[FieldView]:
    """The single questions that a form asks."""
    fields = (field for page in view.pages for field in every(page.fields))
    return (field for field in fields if not field.read_only and not field.fields)


def seconds(field: FieldView) -> int:
    """How long an answer takes."""
    return SECONDS.get(field.widget, A_CHOICE if field.widget in CHOOSING else AN_ANSWER)


def every(fields: Iterable[FieldView]) -> Iterable[FieldView]:
    """The fields, and those inside groups."""
    for field in fields:
        yield field
        yield from every(field.fields)
