"""Definition files brought into the database: versions kept, pointers moved, problems noted.

Files are read outside any transaction and stored in chunks, so that ten thousand changed files
never hold the one writer for long.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

from catalog.definitions import LANGUAGES, CatalogItem, Language
from catalog.loader import CATEGORIES, Loaded, Sources
from catalog.problems import Problem
from catalog.registry import Registry
from catalog.versions import Version
from catalog.watching import changes
from catalog.words import all_words, fold, title_words
from ground import clock
from store.catalog import (
    CatalogCategory,
    DefinitionFile,
    DefinitionVersion,
    PublishedItem,
    PublishedText,
)
from store.database import Database

CHUNK = 50
"""Files that are stored in one transaction."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refreshed:
    """What became of the files: items published anew or no longer, files not looked into."""

    published: tuple[str, ...]
    unpublished: tuple[str, ...]
    unchanged: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Work:
    """The files that differ from what the database knows."""

    changed: tuple[str, ...]
    gone: tuple[str, ...]
    unchanged: int


def refresh(session: Session, folder: Path, forms_folder: Path, registry: Registry) -> Refreshed:
    """Bring every change of the folders into the database, in one transaction."""
    sources = Sources(folder, forms_folder, registry)
    work = compare(session, sources)
    store_categories(session, sources)
    published = store(session, sources, [sources.load(file) for file in work.changed])
    unpublished = forget(session, work.gone)
    return Refreshed(tuple(published), tuple(unpublished), work.unchanged, problems(session))


async def refresh_in_chunks(
    database: Database, folder: Path, forms_folder: Path, registry: Registry
) -> Refreshed:
    """The same while the server runs: files are read in a thread, each chunk is one transaction."""
    sources = await asyncio.to_thread(Sources, folder, forms_folder, registry)
    work = await database.read(compare, sources)
    await database.write(store_categories, sources)
    published: list[str] = []
    for files in chunks(work.changed):
        loaded = await asyncio.to_thread(lambda names: [sources.load(n) for n in names], files)
        published += await database.write(store, sources, loaded)
    unpublished = await database.write(forget, work.gone)
    found = await database.read(problems)
    return Refreshed(tuple(published), tuple(unpublished), work.unchanged, found)


async def keep_fresh(
    database: Database, folder: Path, forms_folder: Path, registry: Registry
) -> None:
    """Bring changed files into the database for as long as the server runs."""
    known: tuple[Problem, ...] = await database.read(problems)
    async for _ in changes(folder, forms_folder):
        refreshed = await refresh_in_chunks(database, folder, forms_folder, registry)
        for item in refreshed.published:
            log.info("Published %s", item)
        for item in refreshed.unpublished:
            log.info("Unpublished %s, whose file is gone", item)
        for problem in refreshed.problems:
            if problem not in known:
                log.warning("%s", problem)
        known = refreshed.problems


def problems(session: Session) -> tuple[Problem, ...]:
    """Everything that is wrong with the definition files as last read, for designers."""
    lists = session.exec(select(DefinitionFile.problems))
    return tuple(sorted({Problem(**problem) for listed in lists for problem in listed}))


def compare(session: Session, sources: Sources) -> Work:
    """What has changed since the files were last read, by fingerprints alone."""
    rows = session.exec(
        select(DefinitionFile.file, DefinitionFile.uses, DefinitionFile.fingerprint).where(
            DefinitionFile.file != CATEGORIES
        )
    )
    known = {file: (uses, fingerprint) for file, uses, fingerprint in rows}
    changed = [
        file
        for file in sources.definitions
        if file not in known or sources.fingerprint(file, known[file][0]) != known[file][1]
    ]
    gone = known.keys() - sources.definitions.keys()
    unchanged = len(sources.definitions) - len(changed)
    return Work(tuple(changed), tuple(sorted(gone)), unchanged)


def store_categories(session: Session, sources: Sources) -> None:
    """Keep the categories, or, where their file is wrong, the last good ones and the reason."""
    known = session.get(DefinitionFile, CATEGORIES)
    if known is not None and known.fingerprint == sources.shared:
        return
    listed, found = sources.categories
    upsert(session, DefinitionFile, [file_row(CATEGORIES, "", sources.shared, (), None, found)])
    if listed is None:
        return
    session.execute(
        delete(CatalogCategory).where(col(CatalogCategory.id).not_in([one.id for one in listed]))
    )
    rows = [
        {"id": one.id, "position": position, "icon": one.icon, "titles": dict(one.title)}
        for position, one in enumerate(listed)
    ]
    upsert(session, CatalogCategory, rows)


def store(session: Session, sources: Sources, loaded: Sequence[Loaded]) -> list[str]:
    """Keep what was read of some files, publish the versions that ask for it, and name their items.

    A file that has become wrong leaves what is published alone.
    """
    versions = [one.version for one in loaded if one.version]
    keep_versions(session, versions)
    last_good = dict(
        session.exec(
            select(DefinitionFile.file, DefinitionFile.hash).where(
                col(DefinitionFile.file).in_([one.file for one in loaded])
            )
        ).all()
    )
    rows = [
        file_row(
            one.file,
            one.item_id,
            sources.fingerprint(one.file, one.uses),
            sorted(one.uses),
            one.version.hash if one.version else last_good.get(one.file),
            one.problems,
        )
        for one in loaded
    ]
    upsert(session, DefinitionFile, rows)
    return publish(session, [one for one in versions if one.item.publish == "auto"])


def file_row(
    file: str,
    item_id: str,
    fingerprint: str,
    uses: Sequence[str],
    hash: str | None,
    found: Iterable[Problem],
) -> dict[str, Any]:
    """A file as it is stored."""
    return {
        "file": file,
        "item_id": item_id,
        "fingerprint": fingerprint,
        "uses": list(uses),
        "hash": hash,
        "problems": [asdict(problem) for problem in found],
    }


def keep_versions(session: Session, versions: Iterable[Version]) -> None:
    """Store versions by their hash; one that is there already stays as it is."""
    at = clock.now()
    rows = [
        {
            "hash": version.hash,
            "item_id": version.item.id,
            "source": orjson.dumps(version.source()).decode(),
            "loaded_at": at,
        }
        for version in versions
    ]
    if rows:
        session.execute(insert(session, DefinitionVersion).on_conflict_do_nothing(), rows)


def publish(session: Session, versions: Sequence[Version]) -> list[str]:
    """Make these the published versions of their items, and name the items that changed."""
    ids = [version.item.id for version in versions]
    before = dict(
        session.exec(
            select(PublishedItem.item_id, PublishedItem.hash).where(
                col(PublishedItem.item_id).in_(ids)
            )
        ).all()
    )
    upsert(session, PublishedItem, [item_row(version) for version in versions])
    texts = [text_row(version.item, language) for version in versions for language in LANGUAGES]
    upsert(session, PublishedText, texts)
    return [version.item.id for version in versions if before.get(version.item.id) != version.hash]


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
        **audience,
    }


def listed(words: Sequence[str]) -> str:
    """`|customer|agent|`, or nothing."""
    return f"|{'|'.join(words)}|" if words else ""


def text_row(item: CatalogItem, language: Language) -> dict[str, Any]:
    """The published item in one language as it is stored."""
    return {
        "item_id": item.id,
        "language": language,
        "title": item.title[language],
        "summary": item.summary[language],
        "sort_title": fold(item.title[language]),
        "title_words": title_words(item, language),
        "words": all_words(item, language),
    }


def forget(session: Session, files: Sequence[str]) -> list[str]:
    """Unpublish the items of files that are gone, and name them; their versions stay."""
    unpublished: list[str] = []
    for file in files:
        row = session.get_one(DefinitionFile, file)
        session.delete(row)
        session.execute(delete(PublishedText).where(col(PublishedText.item_id) == row.item_id))
        pointer = session.get(PublishedItem, row.item_id)
        if pointer is not None:
            session.delete(pointer)
            unpublished.append(row.item_id)
    return unpublished


def insert(session: Session, table: type[SQLModel]) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of the session's database."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def upsert(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Insert the rows, or bring those with the same primary key up to date."""
    if not rows:
        return
    statement = insert(session, table)
    keys = [column.name for column in table.__table__.primary_key]  # type: ignore[attr-defined]
    news = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=news), rows)


def chunks(files: Sequence[str]) -> Iterator[Sequence[str]]:
    """The files in portions that one transaction takes."""
    return (files[start : start + CHUNK] for start in range(0, len(files), CHUNK))
