"""The catalog as people use it: what is published for whom, found by words, opened by version."""

import base64
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple, Protocol

import orjson
from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from catalog.versions import Version
from catalog.words import fold
from ground.errors import NotFound, Refusal
from ground.messages import DEFAULT_LANGUAGE, languages, pick
from store.catalog import (
    CatalogCategory,
    DefinitionVersion,
    PublishedItem,
    PublishedText,
)
from store.plain import Plain

KEPT_VERSIONS = 512
KEPT_AUDIENCES = 512
MOST_TERMS = 8


class Viewer(Protocol):
    """Who asks, as far as audiences are concerned."""

    @property
    def role(self) -> str: ...
    @property
    def country(self) -> str | None: ...
    @property
    def segments(self) -> Collection[str]: ...


@dataclass(frozen=True)
class CatalogEntry:
    """A published item in a list; `cursor` is where the list goes on after it."""

    id: str
    hash: str
    title: str
    summary: str
    category: str
    icon: str
    cursor: str


@dataclass(frozen=True)
class CategoryEntry:
    """A category with the number of items in it that the viewer sees."""

    id: str
    title: str
    icon: str
    items: int


# One version


class Versions:
    """The versions last used. They never change, so every session and thread may share them."""

    def __init__(self) -> None:
        self.kept: OrderedDict[str, Version] = OrderedDict()
        self.lock = Lock()

    def get(self, hash: str) -> Version | None:
        with self.lock:
            if hash in self.kept:
                self.kept.move_to_end(hash)
            return self.kept.get(hash)

    def keep(self, version: Version) -> None:
        with self.lock:
            self.kept[version.hash] = version
            if len(self.kept) > KEPT_VERSIONS:
                self.kept.popitem(last=False)


_versions = Versions()


def version(session: Session, hash: str) -> Version:
    """The version of that hash, published or not. Raises `NotFound`."""
    known = _versions.get(hash)
    if known is None:
        row = session.get(DefinitionVersion, hash)
        if row is None:
            raise NotFound("catalog.version_not_found", version=hash[:12])
        known = Version.from_source(orjson.loads(row.source))
        _versions.keep(known)
    return known


def published(session: Session, item_id: str, viewer: Viewer) -> Version:
    """The published version of an item. Raises `NotFound`, also where the audience excludes."""
    audience = Audience(viewer.role, viewer.country, tuple(viewer.segments))
    found = published_to(audience)(session, item_id=item_id)
    if not found:
        raise NotFound("catalog.not_found", item=item_id)
    return version(session, found[0].hash)


class Audience(NamedTuple):
    """All viewers who see the same of the catalog."""

    role: str
    country: str | None
    segments: tuple[str, ...]


@lru_cache(KEPT_AUDIENCES)
def published_to(audience: Audience) -> Plain:
    """Finds the published version of an item for this audience, since every submission asks."""
    return Plain(
        select(col(PublishedItem.hash)).where(
            col(PublishedItem.item_id) == bindparam("item_id"), visible_to(audience)
        )
    )


# Who sees what


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """The published items whose audience the viewer belongs to; deny beats allow."""
    countries = [viewer.country] if viewer.country else []
    item = PublishedItem
    return and_(
        admits(col(item.allow_roles), [viewer.role]),
        admits(col(item.allow_countries), countries),
        admits(col(item.allow_segments), viewer.segments),
        ~names(col(item.deny_roles), [viewer.role]),
        ~names(col(item.deny_countries), countries),
        ~names(col(item.deny_segments), viewer.segments),
    )


def admits(listed: Any, words: Collection[str]) -> ColumnElement[bool]:
    """An empty list admits everybody."""
    return or_(listed == "", names(listed, words))


def names(listed: Any, words: Collection[str]) -> ColumnElement[bool]:
    """The list has one of the words."""
    return or_(false(), *(listed.contains(f"|{word}|", autoescape=True) for word in words))


# Lists


def search(
    session: Session,
    viewer: Viewer,
    query: str = "",
    category: str | None = None,
    language: str = DEFAULT_LANGUAGE,
    after: str | None = None,
    limit: int = 20,
) -> list[CatalogEntry]:
    """A keyset page of the items that have all words of the query, or words that begin with them.

    Titles in the reader's language come first, then keywords and summaries in it, then items that
    only match in another language. `after` is the `cursor` of the last entry of the page before.
    Raises `Refusal` for a cursor that is none.
    """
    text = aliased(PublishedText)
    terms = fold(query).split()[:MOST_TERMS]
    rank = rank_of(text, terms)
    statement = (
        select(PublishedItem, col(text.title), col(text.summary), col(text.sort_title), rank)
        .join(text, col(text.item_id) == col(PublishedItem.item_id))
        .where(col(text.language) == readable_language(language), visible_to(viewer))
    )
    if terms:
        statement = statement.where(matches_anywhere(terms))
    if category:
        statement = statement.where(col(PublishedItem.category) == category)
    order = (rank, col(text.sort_title), col(PublishedItem.item_id))
    if after:
        statement = statement.where(tuple_(*order) > tuple_(*place_of(after)))
    rows = session.execute(statement.order_by(*order).limit(limit))
    return [
        CatalogEntry(
            item.item_id,
            item.hash,
            title,
            summary,
            item.category,
            item.icon,
            cursor((place, sort_title, item.item_id)),
        )
        for item, title, summary, sort_title, place in rows
    ]


def titles(
    session: Session, viewer: Viewer, item_ids: Collection[str], language: str
) -> dict[str, str]:
    """The titles of those of the items that the viewer may request, by id."""
    rows = session.execute(
        select(col(PublishedText.item_id), col(PublishedText.title))
        .join(PublishedItem, col(PublishedItem.item_id) == col(PublishedText.item_id))
        .where(
            col(PublishedText.item_id).in_(item_ids),
            col(PublishedText.language) == readable_language(language),
            visible_to(viewer),
        )
    )
    return {row.item_id: row.title for row in rows}


def readable_language(language: str) -> str:
    """The language itself if the catalog speaks it, else the default one."""
    return language if language in languages() else DEFAULT_LANGUAGE


def has_all(words: Any, terms: list[str]) -> ColumnElement[bool]:
    """Each term is the beginning of a word."""
    return and_(*(words.contains(f" {term}") for term in terms))


def rank_of(text: Any, terms: list[str]) -> ColumnElement[int]:
    """0 for a match in the title, 1 for another in the reader's language, 2 for the rest."""
    if not terms:
        return case((false(), 1), else_=0)
    own = has_all(col(text.words), terms)
    return case((has_all(col(text.title_words), terms), 0), (own, 1), else_=2)


def matches_anywhere(terms: list[str]) -> ColumnElement[bool]:
    """The item has all terms in one language, whichever."""
    any_language = aliased(PublishedText)
    return exists().where(
        col(any_language.item_id) == col(PublishedItem.item_id),
        has_all(col(any_language.words), terms),
    )


def cursor(place: tuple[int, str, str]) -> str:
    """The place in a list as text for an address."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def place_of(cursor: str) -> tuple[int, str, str]:
    """The place that a cursor stands for. Raises `Refusal`."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        rank, title, item_id = orjson.loads(base64.urlsafe_b64decode(padded))
        if isinstance(rank, int) and isinstance(title, str) and isinstance(item_id, str):
            return rank, title, item_id
    except (ValueError, TypeError):
        pass
    raise Refusal("catalog.bad_cursor")


def categories(session: Session, viewer: Viewer, language: str) -> list[CategoryEntry]:
    """The categories that have something for the viewer, in the designer's order."""
    statement = (
        select(CatalogCategory, func.count())
        .join(PublishedItem, col(PublishedItem.category) == col(CatalogCategory.id))
        .where(visible_to(viewer))
        .group_by(col(CatalogCategory.id))
        .order_by(col(CatalogCategory.position))
    )
    return [
        CategoryEntry(row.id, pick(row.titles, language), row.icon, count)
        for row, count in session.execute(statement)
    ]
