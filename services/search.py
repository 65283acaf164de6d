"""Finding items by words, with an index in memory that is looked over at every search.

One statement tells whether anything was published since; then only what has changed is read. What
is shown is read from the database for its viewer, so that an item is never shown for being found.
"""

import base64
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import Engine, func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.search_words import SearchWords
from catalog.searching import Audience, Place, SearchIndex
from catalog.vocabulary import Texts
from ground.errors import Refusal
from ground.messages import DEFAULT_LANGUAGE
from services import catalog
from services.catalog import CatalogEntry, Viewer, readable_language
from services.popularity import popularity
from store.catalog import PublishedItem, PublishedText, SearchLanguage

READ_AT_ONCE = 500
AUDIENCE = (
    col(PublishedItem.allow_roles),
    col(PublishedItem.allow_countries),
    col(PublishedItem.allow_segments),
    col(PublishedItem.deny_roles),
    col(PublishedItem.deny_countries),
    col(PublishedItem.deny_segments),
)


@dataclass(frozen=True)
class Found:
    """A part of what a search has found, each entry with the cursor at which the list goes on.

    `complete` says whether these items have all words of the query; else they have most of them.
    `corrected` is the query as it was taken, where it was taken otherwise than written.
    """

    entries: list[tuple[CatalogEntry, str]]
    by_category: Counter[str]
    complete: bool
    corrected: str | None


@dataclass
class Kept:
    """The index of one database and the state of the tables it was made of."""

    index: SearchIndex = field(default_factory=lambda: SearchIndex({}))
    hashes: dict[str, str] = field(default_factory=dict)
    state: tuple[int, int] = (0, 0)
    languages: Mapping[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


_kept: WeakKeyDictionary[Engine, Kept] = WeakKeyDictionary()


def find(
    session: Session,
    viewer: Viewer,
    query: str = "",
    category: str | None = None,
    language: str = DEFAULT_LANGUAGE,
    after: str | None = None,
    limit: int = 20,
) -> Found:
    """A keyset page of the items that fit the query best; all by title for an empty one.

    `after` is the cursor of the last entry of the page before. Raises `Refusal` for one that is
    none.
    """
    place = place_of(after) if after else None
    language = readable_language(language)
    liked = popularity(session) if query else {}
    kept = _kept.setdefault(session.get_bind().engine, Kept())
    with kept.lock:
        refresh(session, kept)
        index = kept.index
        ranking = index.rank(query, language, sees(index, viewer))
        places = index.page(ranking, language, liked, category, place, limit)
        by_category = index.by_category(ranking)
    cursors = {one[-1]: cursor(one) for one in places}
    shown = catalog.entries(session, viewer, list(cursors), language)
    return Found(
        [(entry, cursors[entry.id]) for entry in shown],
        by_category,
        ranking.complete,
        ranking.corrected,
    )


def offered(session: Session, viewer: Viewer, where: str) -> list[str]:
    """The ids of the items that are offered unasked in some place."""
    rows = select(PublishedItem.item_id).where(
        col(PublishedItem.offered).contains(f"|{where}|", autoescape=True),
        catalog.visible_to(viewer),
    )
    return list(session.exec(rows.order_by(col(PublishedItem.item_id))))


# Whose items take part


def sees(index: SearchIndex, viewer: Viewer) -> frozenset[Audience]:
    """The audiences that the viewer belongs to, as `catalog.visible_to` has it."""
    return frozenset(audience for audience in index.audiences if belongs(viewer, audience))


def belongs(viewer: Viewer, audience: Audience) -> bool:
    """Whether every list that allows names the viewer, and none that denies does."""
    countries = [viewer.country] if viewer.country else []
    mine = ([viewer.role], countries, viewer.segments)
    allowed = zip(audience[:3], mine, strict=True)
    denied = zip(audience[3:], mine, strict=True)
    return all(not listed or names(listed, words) for listed, words in allowed) and not any(
        names(listed, words) for listed, words in denied
    )


def names(listed: str, words: Collection[str]) -> bool:
    """The list has one of the words."""
    return any(f"|{word}|" in listed for word in words)


# Keeping the index


def prepare(session: Session) -> None:
    """Make the index ready, so that nobody has to wait for it who searches."""
    kept = _kept.setdefault(session.get_bind().engine, Kept())
    with kept.lock:
        refresh(session, kept)


def refresh(session: Session, kept: Kept) -> None:
    """Bring the index to what the session sees of the catalog."""
    files = select(SearchLanguage.language, SearchLanguage.fingerprint)
    languages = dict(session.exec(files).all())
    if languages != kept.languages:
        rows = session.exec(select(SearchLanguage))
        words = {row.language: SearchWords.model_validate(row.words) for row in rows}
        kept.index, kept.hashes, kept.state = SearchIndex(words), {}, (0, 0)
        kept.languages = languages
    count, mark = session.exec(select(func.count(), func.sum(PublishedItem.mark))).one()
    state = (count, int(mark or 0))
    if state != kept.state:
        take_over(session, kept)
        kept.state = state


def take_over(session: Session, kept: Kept) -> None:
    """Read the items that differ from those of the index, and forget those that are gone."""
    pointers = select(PublishedItem.item_id, PublishedItem.hash)
    published = dict(session.exec(pointers).all())
    for item_id in kept.hashes.keys() - published.keys():
        kept.index.take_out(item_id)
    changed = sorted(id for id, hash in published.items() if kept.hashes.get(id) != hash)
    for start in range(0, len(changed), READ_AT_ONCE):
        for row, texts in read(session, changed[start : start + READ_AT_ONCE]):
            kept.index.put(row.item_id, row.category, tuple(row[2:8]), texts)
    kept.hashes = published


def read(session: Session, item_ids: Collection[str]) -> Iterator[tuple[Any, dict[str, Texts]]]:
    """Each of the items with its texts by language."""
    text = PublishedText
    rows = session.execute(
        sa_select(
            col(PublishedItem.item_id),
            col(PublishedItem.category),
            *AUDIENCE,
            col(text.language),
            col(text.title),
            col(text.keywords),
            col(text.summary),
        )
        .join(text, col(text.item_id) == col(PublishedItem.item_id))
        .where(col(PublishedItem.item_id).in_(item_ids))
        .order_by(col(PublishedItem.item_id))
    ).all()
    for _, of_item in groupby(rows, key=lambda row: row.item_id):
        parts = list(of_item)
        yield parts[0], {row.language: Texts(row.title, row.keywords, row.summary) for row in parts}


# Cursors


def cursor(place: Place) -> str:
    """The place in a list as text for an address."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """The place that a cursor stands for. Raises `Refusal`."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        match orjson.loads(base64.urlsafe_b64decode(padded)):
            case [int(score), int(liked), str(title), str(item_id)]:
                return score, liked, title, item_id
    except ValueError:
        pass
    raise Refusal("catalog.bad_cursor")
