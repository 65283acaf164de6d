"""The life of definition versions as people lead it: reviewed, published, rolled back, retired.

Files stay the source of truth: nothing here changes one. Each function takes who acts, None for the
console of the server, and holds the lock of the item's life until its transaction ends.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from pydantic import ValidationError
from sqlmodel import Session, col, select

from catalog.checks import check_item, checked_settings
from catalog.processes.checks import check_process
from catalog.registry import Registry
from catalog.versions import Version
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refusal
from services import catalog, move_rules, publications, version_lookup
from services.access import Viewer
from services.publications import SYSTEM, By, tell
from services.published import point_to, pointers, take_out
from services.publishing import settle
from services.version_lookup import short
from store.catalog import Action, CatalogCategory, ItemLife, Publication
from store.database import Database

EVERY_SECONDS = 2.0
LONGEST_NOTE = 2000


# Review


def submit(
    session: Session,
    viewer: Viewer | None,
    item_id: str,
    version: str | None = None,
    note: str = "",
    at: datetime | None = None,
) -> str:
    """Ask for a second person's yes to a version, by default the file's; its hash.

    Once approved it is published at once, or `at` a moment. What was in review before no longer is.
    Raises `Conflict` where there is nothing to review, `Forbidden` for whoever does not say who
    they are.
    """
    who, life = begin(session, viewer, item_id, note)
    hash = version_lookup.wanted(session, item_id, version)
    if who.account_id is None:
        raise Forbidden("definitions.say_who")
    must_be_news(session, life, hash)
    if not needs_review(life, catalog.version(session, hash)):
        raise Conflict("definitions.publishes_itself", item=item_id)
    if life.in_review == hash and life.submitted_by != who.account_id:
        raise Conflict("definitions.already_in_review", version=short(hash))
    if (life.in_review, life.wished_at) == (hash, at):
        return hash
    life.in_review, life.submitted_by, life.wished_at = hash, who.account_id, at
    tell(session, life, Action.SUBMITTED, hash, who, clock.now(), note, at)
    return hash


def approve(
    session: Session,
    viewer: Viewer | None,
    item_id: str,
    registry: Registry,
    version: str | None = None,
    note: str = "",
) -> str:
    """Say yes to the version in review, which is then published, or scheduled as wished; its hash.

    Raises `Forbidden` for whoever submitted it, `Conflict` where it is not in review.
    """
    who, life = begin(session, viewer, item_id, note)
    hash = in_review(session, life, who, version)
    chosen = usable(session, hash, registry)
    now, wished_at = clock.now(), life.wished_at
    tell(session, life, Action.APPROVED, hash, who, now, note)
    life.in_review = life.submitted_by = life.wished_at = None
    release(session, life, chosen, who, now, wished_at)
    return hash


def reject(
    session: Session,
    viewer: Viewer | None,
    item_id: str,
    version: str | None = None,
    note: str = "",
) -> str:
    """Say no to the version in review, with a note that says why; its hash.

    Where none is in review, the publication that is scheduled is called off. Raises `Refusal`
    without a note, and what `approve` raises.
    """
    who, life = begin(session, viewer, item_id, note)
    if not note.strip():
        raise Refusal("definitions.say_why")
    if life.in_review is None and life.scheduled:
        hash = life.scheduled
        if version and version_lookup.hash_of(session, item_id, version) != hash:
            raise Conflict("definitions.not_in_review", version=version)
        life.scheduled = life.scheduled_at = None
    else:
        hash = in_review(session, life, who, version)
        life.in_review = life.submitted_by = life.wished_at = None
    tell(session, life, Action.REJECTED, hash, who, clock.now(), note)
    return hash


# Publishing


def publish(
    session: Session,
    viewer: Viewer | None,
    item_id: str,
    registry: Registry,
    version: str | None = None,
    note: str = "",
    at: datetime | None = None,
) -> str:
    """Publish a version, by default the file's, now or `at` a moment to come; its hash.

    What is published already stays so. A version other than the file's holds until the file
    changes. Raises `Conflict` for one that nobody has approved where that is asked for.
    """
    who, life = begin(session, viewer, item_id, note)
    hash = version_lookup.wanted(session, item_id, version)
    if pointers(session, [item_id]).get(item_id) == hash:
        return hash
    chosen = usable(session, hash, registry)
    events = publications.events(session, item_id)
    if needs_review(life, chosen) and not approved(events, hash):
        raise Conflict("definitions.needs_approval", version=short(hash))
    release(session, life, chosen, who, clock.now(), at, note)
    return hash


def rollback(
    session: Session,
    viewer: Viewer | None,
    item_id: str,
    version: str,
    registry: Registry,
    note: str = "",
) -> str:
    """Publish again a version that was published before, until the file changes; its hash.

    Raises `Conflict` for a version that was never published, or is.
    """
    who, life = begin(session, viewer, item_id, note)
    hash = version_lookup.hash_of(session, item_id, version)
    if pointers(session, [item_id]).get(item_id) == hash:
        raise Conflict("definitions.already_published", version=short(hash))
    if not was_published(publications.events(session, item_id), hash):
        raise Conflict("definitions.never_published", version=short(hash))
    move(session, life, usable(session, hash, registry), Action.ROLLED_BACK, who, clock.now(), note)
    return hash


def retire(session: Session, viewer: Viewer | None, item_id: str, note: str = "") -> str:
    """Take an item out of the catalog, whatever its file does; requests under way go on.

    The hash of what was published. Raises `Conflict` where nothing was.
    """
    who, life = begin(session, viewer, item_id, note, retired=None)
    if life.retired:
        return life.retired
    hash = take_out(session, item_id)
    if hash is None:
        raise Conflict("definitions.not_published", item=item_id)
    life.retired, life.scheduled, life.scheduled_at = hash, None, None
    tell(session, life, Action.RETIRED, hash, who, clock.now(), note)
    return hash


def restore(
    session: Session, viewer: Viewer | None, item_id: str, registry: Registry, note: str = ""
) -> str:
    """Bring a retired item back: what was published, or what its file has published itself since.

    The hash of that version. Raises `Conflict` where the item is not retired.
    """
    who, life = begin(session, viewer, item_id, note, retired=True)
    file, hash = version_lookup.must_have_file(session, item_id), life.retired
    assert hash is not None
    if file.hash and file.hash != hash and life.held != file.hash:
        newest = catalog.version(session, file.hash)
        hash = hash if needs_review(life, newest) else file.hash
    life.retired = None
    move(session, life, usable(session, hash, registry), Action.RESTORED, who, clock.now(), note)
    return hash


# At the moment that was wished


async def keep_schedule(
    database: Database, registry: Registry, every: float = EVERY_SECONDS
) -> None:
    """Publish what is scheduled when its moment has come, for ever, on any one of the servers."""
    while True:
        for item_id in await database.read(due, clock.now()):
            await database.write(publish_due, item_id, registry, clock.now())
        await asyncio.sleep(every)


def due(session: Session, at: datetime) -> list[str]:
    """The items that have a version whose moment has come."""
    query = select(ItemLife.item_id).where(col(ItemLife.scheduled_at) <= at)
    return list(session.exec(query.order_by(col(ItemLife.scheduled_at))))


def publish_due(session: Session, item_id: str, registry: Registry, at: datetime) -> str | None:
    """Publish what is scheduled by then; its hash, or None where somebody else was first.

    A version that the portal can no longer offer is rejected, and the note says why.
    """
    life = publications.locked(session, [item_id])[item_id]
    hash, moment = life.scheduled, life.scheduled_at
    if hash is None or moment is None or moment > at:
        return None
    try:
        version = usable(session, hash, registry)
    except Conflict as refused:
        life.scheduled = life.scheduled_at = None
        tell(session, life, Action.REJECTED, hash, SYSTEM, at, refused.params["why"])
        return None
    move(session, life, version, Action.PUBLISHED, SYSTEM, at, effective_at=moment)
    return hash


# What they share


def begin(
    session: Session,
    viewer: Viewer | None,
    item_id: str,
    note: str,
    retired: bool | None = False,
) -> tuple[By, ItemLife]:
    """Who acts, and the locked life of the item. Raises `Forbidden`, `NotFound` and `Conflict`.

    `retired` says whether the item has to be retired, or must not be; None is whichever.
    """
    who = publications.by(viewer)
    if len(note) > LONGEST_NOTE:
        raise Refusal("definitions.note_too_long", limit=LONGEST_NOTE)
    if session.get(ItemLife, item_id) is None:
        raise NotFound("definitions.no_item", item=item_id)
    life = publications.locked(session, [item_id])[item_id]
    version_lookup.must_have_file(session, item_id)
    if retired is True and life.retired is None:
        raise Conflict("definitions.not_retired", item=item_id)
    if retired is False and life.retired:
        raise Conflict("definitions.is_retired", item=item_id)
    return who, life


def needs_review(life: ItemLife, version: Version) -> bool:
    """Whether a second person has to say yes to a version of a locked item."""
    return life.reviewed or version.item.publish == "review"


def must_be_news(session: Session, life: ItemLife, hash: str) -> None:
    """Raises `Conflict` for what is published, or will be."""
    if pointers(session, [life.item_id]).get(life.item_id) == hash:
        raise Conflict("definitions.already_published", version=short(hash))
    if life.scheduled == hash:
        raise Conflict("definitions.already_scheduled", version=short(hash))


def in_review(session: Session, life: ItemLife, who: By, version: str | None) -> str:
    """The version in review, for a second person to judge. Raises `Conflict` and `Forbidden`."""
    if life.in_review is None:
        raise Conflict("definitions.nothing_in_review", item=life.item_id)
    if version and version_lookup.hash_of(session, life.item_id, version) != life.in_review:
        raise Conflict("definitions.not_in_review", version=version)
    if who.account_id is None:
        raise Forbidden("definitions.say_who")
    if who.account_id == life.submitted_by:
        raise Forbidden("definitions.second_person")
    return life.in_review


def release(
    session: Session,
    life: ItemLife,
    version: Version,
    who: By,
    now: datetime,
    at: datetime | None,
    note: str = "",
) -> None:
    """Publish a version of a locked item now, or see to it that it is at a moment to come."""
    if at is None or at <= now:
        move(session, life, version, Action.PUBLISHED, who, now, note)
        return
    life.scheduled, life.scheduled_at = version.hash, at
    tell(session, life, Action.SCHEDULED, version.hash, who, now, note, at)


def move(
    session: Session,
    life: ItemLife,
    version: Version,
    action: Action,
    who: By,
    at: datetime,
    note: str = "",
    effective_at: datetime | None = None,
) -> None:
    """Point a locked item to a version, which holds against the file as long as that stays."""
    file = version_lookup.file_of(session, life.item_id)
    point_to(session, [version])
    settle(life, version)
    life.held = file.hash if file and file.hash != version.hash else None
    tell(session, life, action, version.hash, who, at, note, effective_at)


def usable(session: Session, hash: str, registry: Registry) -> Version:
    """The version, if the portal as it is now can still offer it. Raises `Conflict`."""
    try:
        version = catalog.version(session, hash)
    except ValidationError as error:
        why = str(error.errors()[0]["msg"])
        raise Conflict("definitions.no_longer_fits", version=short(hash), why=why) from None
    categories = frozenset(session.exec(select(CatalogCategory.id)))
    item = version.item
    found = [one.message for one in check_item(item, item.id, categories, registry)]
    found += [one.message for one in checked_settings(item, registry)[1]]
    if version.process is not None:
        process = move_rules.process_of(version)
        findings = check_process(process, item, registry)
        found += [one.message for one in findings if one.severity == "error"]
    if found:
        raise Conflict("definitions.no_longer_fits", version=short(hash), why=found[0])
    return version


APPROVING = (Action.APPROVED, Action.PUBLISHED, Action.ROLLED_BACK, Action.RESTORED)
JUDGING = (*APPROVING, Action.SUBMITTED, Action.REJECTED)
PUBLISHING = (Action.PUBLISHED, Action.ROLLED_BACK, Action.RESTORED)


def approved(events: Iterable[Publication], hash: str) -> bool:
    """Whether the last word about a version was a yes."""
    words = [one.action for one in events if one.hash == hash and one.action in JUDGING]
    return bool(words) and words[-1] in APPROVING


def was_published(events: Iterable[Publication], hash: str) -> bool:
    """Whether a version has been in the catalog."""
    return any(one.hash == hash and one.action in PUBLISHING for one in events)
