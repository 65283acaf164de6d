"""Which version of an item is meant: by the beginning of its hash, or as its file has it."""

import re

from sqlmodel import Session, col, func, select

from catalog.problems import Problem
from ground.errors import Conflict, NotFound, Refusal
from services.published import pointers
from store.catalog import DefinitionFile, DefinitionVersion, ItemLife, PublishedItem

SHORT = 8
"""How much of a hash is enough to name a version."""


def short(hash: str) -> str:
    """The hash as people write it."""
    return hash[:SHORT]


def hash_of(session: Session, item_id: str, typed: str) -> str:
    """The hash of an item's version by its beginning.

    Raises `Refusal` for what is no such beginning, `NotFound`, and `Conflict` where several fit.
    """
    if not re.fullmatch(rf"[0-9a-f]{{{SHORT},64}}", typed):
        raise Refusal("definitions.no_hash", version=typed, length=SHORT)
    found = session.exec(
        select(DefinitionVersion.hash)
        .where(
            DefinitionVersion.item_id == item_id,
            col(DefinitionVersion.hash).startswith(typed),
        )
        .limit(2)
    ).all()
    if not found:
        raise NotFound("definitions.no_version", item=item_id, version=typed)
    if len(found) > 1:
        raise Conflict("definitions.ambiguous_version", version=typed)
    return found[0]


def latest(session: Session, item_id: str) -> str:
    """The hash of the item's version that was loaded last. Raises `NotFound`."""
    loaded = select(DefinitionVersion.hash).where(DefinitionVersion.item_id == item_id)
    newest = col(DefinitionVersion.loaded_at).desc(), col(DefinitionVersion.hash)
    found = session.exec(loaded.order_by(*newest).limit(1)).first()
    if found is None:
        raise NotFound("definitions.no_item", item=item_id)
    return found


def state_of(session: Session, item_id: str) -> tuple[str | int, ...]:
    """What changes with an item's files, as last read, and with whatever is published."""
    files = select(DefinitionFile.fingerprint).where(DefinitionFile.item_id == item_id)
    published = select(func.count(), func.coalesce(func.sum(PublishedItem.mark), 0))
    return (*sorted(session.exec(files)), *session.exec(published).one())


def file_of(session: Session, item_id: str) -> DefinitionFile | None:
    """The file of an item as last read."""
    return session.get(DefinitionFile, f"{item_id}.yaml", populate_existing=True)


def must_have_file(session: Session, item_id: str) -> DefinitionFile:
    """The same. Raises `Conflict` where the file is gone, since the item went with it."""
    file = file_of(session, item_id)
    if file is None:
        raise Conflict("definitions.file_gone", item=item_id)
    return file


def wanted(session: Session, item_id: str, typed: str | None) -> str:
    """The hash of the version that is meant; without a word about it, the one in the file.

    Raises `Conflict` where the file is gone or wrong, and what `hash_of` raises.
    """
    if typed:
        return hash_of(session, item_id, typed)
    file = must_have_file(session, item_id)
    if file.problems or file.hash is None:
        first = str(Problem(**file.problems[0])) if file.problems else ""
        count = len(file.problems)
        raise Conflict("definitions.file_is_wrong", item=item_id, count=count, first=first)
    return file.hash


def shown(session: Session, item_id: str, typed: str | None) -> str:
    """The hash of the version that is meant; without a word about it, what customers see or saw.

    Where they never did, the one in the file. Raises what `wanted` raises.
    """
    life = session.get(ItemLife, item_id)
    if life is None:
        raise NotFound("definitions.no_item", item=item_id)
    if typed:
        return hash_of(session, item_id, typed)
    seen = pointers(session, [item_id]).get(item_id) or life.retired
    return seen or wanted(session, item_id, None)
