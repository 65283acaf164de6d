"""Definitions as designers and operators read them: every item, its versions, who did what when."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import BaseModel
from sqlmodel import Session, col, select

from catalog.definitions import CatalogItem
from catalog.versions import Version
from ground import clock
from ground.messages import pick, translate
from services import catalog, definition_figures, incidents, publications, version_lookup
from services.access import Viewer
from services.definition_figures import VersionFigures
from services.published import pointers
from services.version_history import EventView, Teller, readable
from services.version_life import PUBLISHING, approved, needs_review, was_published
from services.version_lookup import short
from store.catalog import DefinitionFile, DefinitionVersion, ItemLife, Publication

VersionState = Literal["draft", "in-review", "scheduled", "published", "superseded", "retired"]
ItemState = Literal["published", "retired", "in-review", "scheduled", "draft", "wrong", "removed"]
"""What an item is to customers; or, where they never saw it, what its file's version is."""

Ability = Literal["submit", "approve", "reject", "publish", "rollback", "retire", "restore"]
ABILITIES: tuple[Ability, ...] = get_args(Ability)


class ProblemView(BaseModel):
    """A mistake in a file, as the designer has to mend it."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    rule: str = ""


class DefinitionLine(BaseModel):
    """An item in a list.

    `state_text` is its state in words; `version` is the one that is published; `news` is the state
    of the file's version where that is another. `problems` counts the mistakes in its files,
    `stuck` the requests whose process cannot go on.
    """

    item: str
    title: str
    state: ItemState
    state_text: str
    news: VersionState | None
    version: str | None
    file_version: str | None
    reviewed: bool
    problems: int
    stuck: int
    changed_at: datetime | None


class VersionLine(BaseModel):
    """A version of an item; `open` is the number of requests under way on it."""

    version: str
    short: str
    state: VersionState
    state_text: str
    loaded_at: datetime
    in_file: bool
    published_at: datetime | None
    published_by: str | None
    open: int


class DefinitionView(DefinitionLine):
    """An item in full. `can` says what the viewer may do with it now.

    `held` is the file's version while a rollback keeps it from being published; `figures` are those
    of the published version, or of the one that was until the item was retired.
    """

    file: str | None
    in_review: str | None
    submitted_by: str | None
    wished_at: datetime | None
    scheduled: str | None
    scheduled_at: datetime | None
    held: str | None
    mistakes: list[ProblemView]
    can: list[Ability]
    versions: list[VersionLine]
    history: list[EventView]
    figures: VersionFigures | None


class VersionView(VersionLine):
    """A version in full: its source, as the file had it, and its figures."""

    item: str
    title: str
    definition: dict[str, Any]
    forms: dict[str, Any]
    history: list[EventView]
    figures: VersionFigures


def page(
    session: Session,
    viewer: Viewer | None,
    language: str,
    after: str | None = None,
    limit: int = 100,
) -> list[DefinitionLine]:
    """A keyset page of all items by their id. Raises `Forbidden`."""
    publications.by(viewer)
    query = select(ItemLife).order_by(col(ItemLife.item_id)).limit(limit)
    if after:
        query = query.where(col(ItemLife.item_id) > after)
    return Shelf(session, session.exec(query).all(), language).lines()


def show(session: Session, viewer: Viewer | None, item_id: str, language: str) -> DefinitionView:
    """One item in full. Raises `NotFound` and `Forbidden`."""
    life = readable(session, viewer, item_id)
    return Shelf(session, [life], language, viewer).view(life)


def line(session: Session, viewer: Viewer | None, item_id: str, language: str) -> DefinitionLine:
    """One item as lists show it. Raises `NotFound` and `Forbidden`."""
    [found] = Shelf(session, [readable(session, viewer, item_id)], language, viewer).lines()
    return found


def version_of(session: Session, about: DefinitionLine, typed: str) -> Version:
    """The version that is meant: the one named, else the file's, else the published, else the last.

    Raises `NotFound`, also for an item of which no version ever was right.
    """
    if typed:
        return catalog.version(session, version_lookup.hash_of(session, about.item, typed))
    hash = about.file_version or about.version or version_lookup.latest(session, about.item)
    return catalog.version(session, hash)


def show_version(
    session: Session, viewer: Viewer | None, item_id: str, typed: str, language: str
) -> VersionView:
    """One version by the beginning of its hash. Raises `NotFound` and `Forbidden`."""
    life = readable(session, viewer, item_id)
    hash = version_lookup.hash_of(session, item_id, typed)
    return Shelf(session, [life], language, viewer).version_view(life, hash)


def state_of(
    hash: str, life: ItemLife, published: str | None, events: Collection[Publication]
) -> VersionState:
    """Where one version of an item stands."""
    if hash == published:
        return "published"
    if hash == life.retired:
        return "retired"
    if hash == life.scheduled:
        return "scheduled"
    if hash == life.in_review:
        return "in-review"
    return "superseded" if was_published(events, hash) else "draft"


class Shelf:
    """Some items, with what is known of them read at once."""

    def __init__(
        self,
        session: Session,
        lives: Collection[ItemLife],
        language: str,
        viewer: Viewer | None = None,
    ) -> None:
        self.session, self.lives = session, lives
        self.language, self.viewer = language, viewer
        ids = [life.item_id for life in lives]
        self.teller = Teller(session, language, viewer)
        self.published = pointers(session, ids)
        self.stuck = incidents.counts(session, ids)
        self.files: dict[str, list[DefinitionFile]] = {}
        for file in session.exec(
            select(DefinitionFile)
            .where(col(DefinitionFile.item_id).in_(ids))
            .order_by(col(DefinitionFile.hash).is_(None), col(DefinitionFile.file))
        ):
            self.files.setdefault(file.item_id, []).append(file)

    def lines(self) -> list[DefinitionLine]:
        """The items in a list."""
        at = self.changed_at()
        return [DefinitionLine(**self.fields(life, at.get(life.item_id))) for life in self.lives]

    def changed_at(self) -> dict[str, datetime]:
        """When something last happened to each item."""
        rows = self.session.exec(
            select(Publication.item_id, Publication.at)
            .join(ItemLife, col(ItemLife.item_id) == col(Publication.item_id))
            .where(
                col(ItemLife.item_id).in_([life.item_id for life in self.lives]),
                col(Publication.number) == col(ItemLife.last_event),
            )
        )
        return dict(rows.all())

    def fields(self, life: ItemLife, at: datetime | None) -> dict[str, Any]:
        files = self.files.get(life.item_id, [])
        file_version = files[0].hash if files else None
        version = self.published.get(life.item_id)
        shown = version or life.retired or file_version
        news = None
        if file_version and file_version not in (version, life.retired):
            events = publications.events(self.session, life.item_id)
            news = state_of(file_version, life, version, events)
        state = self.item_state(life, files, news)
        return {
            "item": life.item_id,
            "title": self.title(life.item_id, shown),
            "state": state,
            "state_text": self.state_text(state),
            "news": news,
            "version": version,
            "file_version": file_version,
            "reviewed": self.is_reviewed(life, file_version),
            "problems": sum(len(file.problems) for file in files),
            "stuck": self.stuck.get(life.item_id, 0),
            "changed_at": at,
        }

    def title(self, item_id: str, hash: str | None) -> str:
        """What readers call the item; its id where it never was right."""
        return pick(dict(self.item(hash).title), self.language) if hash else item_id

    def state_text(self, state: ItemState | VersionState) -> str:
        return translate(self.language, f"definitions.state_{state.replace('-', '_')}")

    def item(self, hash: str) -> CatalogItem:
        return catalog.version(self.session, hash).item

    def item_state(
        self, life: ItemLife, files: list[DefinitionFile], news: VersionState | None
    ) -> ItemState:
        if life.item_id in self.published:
            return "published"
        if not files:
            return "removed"
        if life.retired:
            return "retired"
        if news is None:
            return "wrong"
        return news if news in ("in-review", "scheduled") else "draft"

    def is_reviewed(self, life: ItemLife, file_version: str | None) -> bool:
        """Whether the file's version needs a second person."""
        if file_version is None:
            return life.reviewed
        return needs_review(life, catalog.version(self.session, file_version))

    def view(self, life: ItemLife) -> DefinitionView:
        """One item in full."""
        events = publications.events(self.session, life.item_id)
        fields = self.fields(life, events[-1].at if events else None)
        files = self.files.get(life.item_id, [])
        versions = self.versions(life, events)
        shown = fields["version"] or life.retired
        names = self.teller.names([life.submitted_by])
        return DefinitionView(
            **fields,
            file=files[0].file if files else None,
            in_review=life.in_review,
            submitted_by=names.get(life.submitted_by or ""),
            wished_at=life.wished_at,
            scheduled=life.scheduled,
            scheduled_at=life.scheduled_at,
            held=life.held,
            mistakes=[ProblemView(**found) for file in files for found in file.problems],
            can=self.abilities(life, fields, versions, events),
            versions=versions,
            history=self.teller.told(events),
            figures=self.figures(shown) if shown else None,
        )

    def figures(self, hash: str) -> VersionFigures:
        return definition_figures.figures(self.session, hash, self.language, clock.now())

    def versions(self, life: ItemLife, events: list[Publication]) -> list[VersionLine]:
        """The versions of an item, the one loaded last first."""
        rows = self.session.exec(
            select(DefinitionVersion.hash, DefinitionVersion.loaded_at)
            .where(DefinitionVersion.item_id == life.item_id)
            .order_by(col(DefinitionVersion.loaded_at).desc(), col(DefinitionVersion.hash))
        ).all()
        under_way = definition_figures.open_requests(self.session, [hash for hash, _ in rows])
        out = {one.hash: one for one in events if one.action in PUBLISHING}
        names = self.teller.whose(list(out.values()))
        in_file = {file.hash for file in self.files.get(life.item_id, [])}
        states = {
            hash: state_of(hash, life, self.published.get(life.item_id), events) for hash, _ in rows
        }
        return [
            VersionLine(
                version=hash,
                short=short(hash),
                state=states[hash],
                state_text=self.state_text(states[hash]),
                loaded_at=loaded_at,
                in_file=hash in in_file,
                published_at=out[hash].at if hash in out else None,
                published_by=names[out[hash].number] if hash in out else None,
                open=under_way.get(hash, 0),
            )
            for hash, loaded_at in rows
        ]

    def abilities(
        self,
        life: ItemLife,
        fields: dict[str, Any],
        versions: list[VersionLine],
        events: list[Publication],
    ) -> list[Ability]:
        """What the viewer may do with the item now; each still says no where it must."""
        if fields["state"] == "removed":
            return []
        if life.retired:
            return ["restore"]
        me = self.viewer.account_id if self.viewer else None
        may_judge = life.in_review is not None and me not in (None, life.submitted_by)
        news, right = fields["news"], not fields["problems"]
        free = not fields["reviewed"] or approved(events, fields["file_version"])
        can: dict[Ability, bool] = {
            "submit": bool(me and right and fields["reviewed"] and news == "draft"),
            "approve": may_judge,
            "reject": may_judge or (life.in_review is None and life.scheduled is not None),
            "publish": right and free and news in ("draft", "superseded", "scheduled"),
            "rollback": any(one.state == "superseded" for one in versions),
            "retire": fields["version"] is not None,
            "restore": False,
        }
        return [ability for ability in ABILITIES if can[ability]]

    def version_view(self, life: ItemLife, hash: str) -> VersionView:
        """One version in full."""
        events = publications.events(self.session, life.item_id)
        line = next(one for one in self.versions(life, events) if one.version == hash)
        version = catalog.version(self.session, hash)
        mine = [one for one in events if one.hash == hash]
        return VersionView(
            **line.model_dump(),
            item=life.item_id,
            title=self.title(life.item_id, hash),
            definition=dict(version.item_source),
            forms=dict(version.forms),
            history=self.teller.told(mine),
            figures=self.figures(hash),
        )
