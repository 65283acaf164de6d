"""The catalog as people use it: what is published for whom, listed, opened by version."""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple, Protocol

import orjson
from sqlalchemy import (
    ColumnElement,
    Executable,
    and_,
    bindparam,
    false,
    or_,
    select,
)
from sqlmodel import Session, col

from catalog.versions import Version
from ground.errors import NotFound
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
    """A published item in a list."""

    id: str
    hash: str
    title: str
    summary: str
    category: str
    icon: str


@dataclass(frozen=True)
class CategoryEntry:
    """A category with the number of items in it that were counted."""

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
    found = published_to(Audience.of(viewer))(session, item_id=item_id)
    if not found:
        raise NotFound("catalog.not_found", item=item_id)
    return version(session, found[0].hash)


class Audience(NamedTuple):
    """All viewers who see the same of the catalog."""

    role: str
    country: str | None
    segments: tuple[str, ...]

    @classmethod
    def of(cls, viewer: Viewer) -> "Audience":
        return cls(viewer.role, viewer.country, tuple(viewer.segments))


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


def entries(
    session: Session, viewer: Viewer, item_ids: Sequence[str], language: str
) -> list[CatalogEntry]:
    """Those of the items that the viewer may request, in the order of the ids."""
    if not item_ids:
        return []
    rows = session.execute(
        listed_for(Audience.of(viewer)),
        {"items": item_ids, "language": readable_language(language)},
    )
    found = {row[0]: CatalogEntry(*row) for row in rows}
    return [found[item_id] for item_id in item_ids if item_id in found]


@lru_cache(KEPT_AUDIENCES)
def listed_for(audience: Audience) -> Executable:
    """Finds `items` in a `language`: kept, since making it takes longer than running it."""
    return (
        select(
            col(PublishedItem.item_id),
            col(PublishedItem.hash),
            col(PublishedText.title),
            col(PublishedText.summary),
            col(PublishedItem.category),
            col(PublishedItem.icon),
        )
        .join(PublishedText, col(PublishedText.item_id) == col(PublishedItem.item_id))
        .where(
            col(PublishedItem.item_id).in_(bindparam("items", expanding=True)),
            col(PublishedText.language) == bindparam("language"),
            visible_to(audience),
        )
    )


def titles(
    session: Session, viewer: Viewer, item_ids: Collection[str], language: str
) -> dict[str, str]:
    """The titles of those of the items that the viewer may request, by id."""
    return {one.id: one.title for one in entries(session, viewer, list(item_ids), language)}


def readable_language(language: str) -> str:
    """The language itself if the catalog speaks it, else the default one."""
    return language if language in languages() else DEFAULT_LANGUAGE


def categories(session: Session, counts: Mapping[str, int], language: str) -> list[CategoryEntry]:
    """The categories in which something was counted, in the designer's order."""
    ordered = select(CatalogCategory).order_by(col(CatalogCategory.position))
    return [
        CategoryEntry(row.id, pick(row.titles, language), row.icon, counts[row.id])
        for row in session.execute(ordered).scalars()
        if counts.get(row.id)
    ]
