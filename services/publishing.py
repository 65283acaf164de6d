"""Definition files brought into the database: versions kept, pointers moved, problems noted.

Files are read outside any transaction and stored in chunks, so that ten thousand changed files
never hold the one writer for long.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import delete
from sqlmodel import Session, col, select

from catalog.files import digest
from catalog.loader import CATEGORIES, Loaded, Sources
from catalog.problems import Problem
from catalog.registry import Registry
from catalog.search_words import FOLDER as SEARCH
from catalog.translations import FOLDER as TRANSLATIONS
from catalog.versions import Version
from catalog.watching import changes
from ground import clock
from services import search
from services.publications import SYSTEM, locked, tell
from services.published import point_to, pointers, speak_every_language, take_out
from store.catalog import (
    Action,
    CatalogCategory,
    DefinitionFile,
    DefinitionVersion,
    ItemLife,
    SearchLanguage,
)
from store.database import Database
from store.upserts import insert_new, upsert

NO_ITEM = ""
"""The item of a file that belongs to none."""
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
    store_shared(session, sources)
    published = store(session, sources, [sources.load(file) for file in work.changed])
    unpublished = forget(session, work.gone)
    return Refreshed(tuple(published), tuple(unpublished), work.unchanged, problems(session))


async def refresh_in_chunks(
    database: Database, folder: Path, forms_folder: Path, registry: Registry
) -> Refreshed:
    """The same while the server runs: files are read in a thread, each chunk is one transaction."""
    sources = await asyncio.to_thread(Sources, folder, forms_folder, registry)
    work = await database.read(compare, sources)
    await database.write(store_shared, sources)
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
    await database.read(search.prepare)
    async for _ in changes(folder, forms_folder):
        refreshed = await refresh_in_chunks(database, folder, forms_folder, registry)
        await database.read(search.prepare)
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
            DefinitionFile.item_id != NO_ITEM
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


def store_shared(session: Session, sources: Sources) -> None:
    """Keep what belongs to no item: the categories, how people search, what is translated badly."""
    store_categories(session, sources)
    store_search_words(session, sources)
    store_translations(session, sources)
    speak_every_language(session)


def store_categories(session: Session, sources: Sources) -> None:
    """Keep the categories, or, where their file is wrong, the last good ones and the reason."""
    known = session.get(DefinitionFile, CATEGORIES)
    if known is not None and known.fingerprint == sources.shared:
        return
    listed, found = sources.categories
    row = file_row(CATEGORIES, NO_ITEM, sources.shared, (), None, found)
    upsert(session, DefinitionFile, [row])
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


def store_search_words(session: Session, sources: Sources) -> None:
    """Keep how people search in each language; a file that has become wrong leaves what was good.

    What is kept of a file that is gone goes too.
    """
    known = known_files(session, SEARCH)
    for file in known.keys() - sources.search_files.keys():
        session.execute(delete(DefinitionFile).where(col(DefinitionFile.file) == file))
        session.execute(delete(SearchLanguage).where(col(SearchLanguage.language) == stem(file)))
    for file, stat in sources.search_files.items():
        fingerprint = digest([sources.shared, stat])
        if known.get(file) == fingerprint:
            continue
        words, found = sources.search_words(file)
        upsert(session, DefinitionFile, [file_row(file, NO_ITEM, fingerprint, (), None, found)])
        if words:
            kept = {"language": stem(file), "fingerprint": fingerprint}
            upsert(session, SearchLanguage, [{**kept, "words": words.model_dump(mode="json")}])


def store_translations(session: Session, sources: Sources) -> None:
    """Keep what is wrong with the files of translations; what is right in them is in the items."""
    translations = sources.translations
    known = known_files(session, TRANSLATIONS)
    for file in known.keys() - translations.stats.keys():
        session.execute(delete(DefinitionFile).where(col(DefinitionFile.file) == file))
    for file, stat in translations.stats.items():
        fingerprint = digest([sources.shared, stat])
        if known.get(file) != fingerprint:
            found = translations.problems[file]
            upsert(session, DefinitionFile, [file_row(file, NO_ITEM, fingerprint, (), None, found)])


def known_files(session: Session, folder: str) -> dict[str, str]:
    """The fingerprints of the files of a folder as they were last read."""
    of_folder = col(DefinitionFile.file).startswith(f"{folder}/")
    rows = session.exec(select(DefinitionFile.file, DefinitionFile.fingerprint).where(of_folder))
    return dict(rows.all())


def stem(file: str) -> str:
    """The language that a file of search words is named after."""
    return Path(file).stem


def store(session: Session, sources: Sources, loaded: Sequence[Loaded]) -> list[str]:
    """Keep what was read of some files, publish the versions that ask for it, and name their items.

    A file that has become wrong leaves what is published alone.
    """
    at = clock.now()
    versions = {one.file: one.version for one in loaded if one.version}
    keep_versions(session, versions.values(), at)
    lives = locked(session, [one.item_id for one in loaded])
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
    for file, version in versions.items():
        if last_good.get(file) != version.hash:
            take_note(session, lives[version.item.id], version, at)
    return publish_by_themselves(session, lives, list(versions.values()), at)


def take_note(session: Session, life: ItemLife, version: Version, at: datetime) -> None:
    """The file of a locked item has another version than before."""
    if life.held != version.hash:
        life.held = None
    tell(session, life, Action.LOADED, version.hash, SYSTEM, at)


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


def keep_versions(session: Session, versions: Iterable[Version], at: datetime) -> None:
    """Store versions by their hash; one that is there already stays as it is."""
    rows = [
        {
            "hash": version.hash,
            "item_id": version.item.id,
            "source": orjson.dumps(version.source()).decode(),
            "loaded_at": at,
        }
        for version in versions
    ]
    insert_new(session, DefinitionVersion, rows)


def publish_by_themselves(
    session: Session, lives: dict[str, ItemLife], versions: Sequence[Version], at: datetime
) -> list[str]:
    """Publish those of the files' versions that ask for it, and name the items that changed."""
    before = pointers(session, lives)
    free = [one for one in versions if may_publish_itself(lives[one.item.id], one)]
    point_to(session, free)
    moved = [one for one in free if before.get(one.item.id) != one.hash]
    for version in moved:
        life = lives[version.item.id]
        settle(life, version)
        tell(session, life, Action.PUBLISHED, version.hash, SYSTEM, at)
    return [version.item.id for version in moved]


def may_publish_itself(life: ItemLife, version: Version) -> bool:
    """Whether nobody has to say yes, or has said no."""
    by_itself = version.item.publish == "auto" and not life.reviewed
    return by_itself and life.retired is None and life.held != version.hash


def settle(life: ItemLife, version: Version) -> None:
    """What follows for a locked item from the publication of a version."""
    life.reviewed = version.item.publish == "review"
    life.scheduled = life.scheduled_at = None
    if life.in_review == version.hash:
        life.in_review = life.submitted_by = life.wished_at = None


def forget(session: Session, files: Sequence[str]) -> list[str]:
    """Unpublish the items of files that are gone, and name them; their versions stay."""
    rows = [row for file in files if (row := session.get(DefinitionFile, file))]
    lives = locked(session, [row.item_id for row in rows])
    unpublished: list[str] = []
    for row in rows:
        life = lives[row.item_id]
        # A file that never gave a version published nothing; another may, under the same name.
        if row.hash and unpublish(session, life):
            unpublished.append(row.item_id)
        if not life.last_event:
            session.delete(life)
        session.delete(row)
    return unpublished


def unpublish(session: Session, life: ItemLife) -> bool:
    """Take out of the catalog a locked item whose file is gone; False where it was not in it."""
    life.in_review = life.submitted_by = life.wished_at = None
    life.scheduled = life.scheduled_at = life.held = None
    hash = take_out(session, life.item_id)
    if hash is None:
        return False
    tell(session, life, Action.REMOVED, hash, SYSTEM, clock.now())
    return True


def chunks(files: Sequence[str]) -> Iterator[Sequence[str]]:
    """The files in portions that one transaction takes."""
    return (files[start : start + CHUNK] for start in range(0, len(files), CHUNK))
