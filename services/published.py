"""The pointer to the published version of each item, with the words that it is found by."""

from collections.abc import Collection, Sequence
from typing import Any
from zlib import crc32

from sqlalchemy import delete
from sqlmodel import Session, col, select

from catalog.definitions import CatalogItem
from catalog.versions import Version
from ground.messages import languages, pick
from services.catalog import version
from store.catalog import PublishedItem, PublishedText
from store.upserts import upsert

SEPARATOR = "; "
"""Between keywords."""


def pointers(session: Session, item_ids: Collection[str]) -> dict[str, str]:
    """The hash of the published version of each of these items that has one."""
    rows = select(PublishedItem.item_id, PublishedItem.hash).where(
        col(PublishedItem.item_id).in_(item_ids)
    )
    return dict(session.exec(rows).all())


def point_to(session: Session, versions: Sequence[Version]) -> None:
    """Make these the published versions of their items."""
    upsert(session, PublishedItem, [item_row(one) for one in versions])
    texts = [text_row(one.item, language) for one in versions for language in languages()]
    upsert(session, PublishedText, texts)


def speak_every_language(session: Session) -> None:
    """Let published items be found in languages that were added after their publication."""
    for language in languages():
        spoken = select(PublishedText.item_id).where(col(PublishedText.language) == language)
        silent = select(PublishedItem.hash).where(col(PublishedItem.item_id).not_in(spoken))
        rows = [text_row(version(session, hash).item, language) for hash in session.exec(silent)]
        upsert(session, PublishedText, rows)


def take_out(session: Session, item_id: str) -> str | None:
    """Take an item out of the catalog; the hash of what was published."""
    pointer = session.get(PublishedItem, item_id, populate_existing=True)
    if pointer is None:
        return None
    session.execute(delete(PublishedText).where(col(PublishedText.item_id) == item_id))
    session.delete(pointer)
    session.flush()
    return pointer.hash


def item_row(version: Version) -> dict[str, Any]:
    """The published item as it is stored."""
    item = version.item
    audience = {
        f"{side}_{kind}": listed(getattr(getattr(item.audience, side), kind))
        for side in ("allow", "deny")
        for kind in ("roles", "countries", "segments")
    }
    return {
        "item_id": item.id,
        "hash": version.hash,
        "category": item.category,
        "icon": item.icon,
        "offered": listed(item.offered),
        "mark": crc32(version.hash.encode()),
        **audience,
    }


def listed(words: Sequence[str]) -> str:
    """`|customer|agent|`, or nothing."""
    return f"|{'|'.join(words)}|" if words else ""


def text_row(item: CatalogItem, language: str) -> dict[str, Any]:
    """The published item in one language as it is stored; in English where it has no other."""
    keywords = {str(known): words for known, words in item.keywords.items()}
    return {
        "item_id": item.id,
        "language": language,
        "title": pick(item.title, language),
        "summary": pick(item.summary, language),
        "keywords": SEPARATOR.join(keywords.get(language, ())),
    }
