"""Catalog items as a customer sees them: in a list, in full, and with answers being filled in."""

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from catalog.definitions import Stage
from catalog.durations import format_duration
from catalog.examples import answers_for
from ground.errors import FieldError
from ground.messages import pick, translate
from services import catalog, forms
from services.access import Viewer


class ItemLine(BaseModel):
    """An item in a list."""

    id: str
    title: str
    summary: str
    category: str
    icon: str
    cursor: str


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


def lines(
    session: Session,
    viewer: Viewer,
    language: str,
    query: str,
    category: str | None,
    after: str | None,
    limit: int,
) -> list[ItemLine]:
    """A page of the items the viewer may request."""
    found = catalog.search(session, viewer, query, category, language, after, limit)
    return [ItemLine(**{n: getattr(entry, n) for n in ItemLine.model_fields}) for entry in found]


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
