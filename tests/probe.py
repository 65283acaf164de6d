"""The probe's small catalog in a database, for tests that need an item to request."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlmodel import Session

from catalog.registry import Registry
from catalog.versions import Version
from ground import clock, ids
from services import catalog, publications, publishing, requests, version_life
from services.access import Viewer
from services.requests import Submission
from store.catalog import DefinitionFile, PublishedItem
from store.database import Database
from store.identity import Role
from store.requests import Request
from store.upserts import upsert

FOLDER = Path(__file__).parent / "workflows" / "probe"
REGISTRY = Registry(workflow_settings={"probe": None})
"""What is checked of the probe, whose workflow nobody looks into here."""
COLLEAGUE = Viewer("colleague", Role.DESIGNER, "colleague@example.com", "Colleague", "en")
"""Somebody else, who submits what a test approves, or the reverse."""
SUPERVISOR = Viewer("supervisor", Role.OPERATOR, "supervisor@example.com", "Supervisor", "en")


def publish_probe(database: Database) -> None:
    """Publish the probe."""
    refreshed = database.write_now(publishing.refresh, FOLDER, FOLDER / "forms", REGISTRY)
    assert not refreshed.problems, refreshed.problems


class Definition:
    """A definition like the probe's, of an item of its own, whose changes ask for reviews."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.item = f"probe-{ids.new_id().lower()}"
        self.first = self.load(5)

    def load(self, patience_days: int) -> str:
        """Have its file say something else; the hash of that version."""
        return self.database.write_now(self.store, patience_days)

    def store(self, session: Session, patience_days: int) -> str:
        probe = catalog.version(session, session.get_one(PublishedItem, "probe").hash)
        news = {"id": self.item, "publish": "review", "settings": {"patience_days": patience_days}}
        version = Version.from_source(
            {"item": {**probe.item_source, **news}, "forms": dict(probe.forms)}
        )
        at, file = clock.now(), f"{self.item}.yaml"
        publishing.keep_versions(session, [version], at)
        upsert(
            session,
            DefinitionFile,
            [publishing.file_row(file, self.item, "", (), version.hash, ())],
        )
        life = publications.locked(session, [self.item])[self.item]
        publishing.take_note(session, life, version, at)
        return version.hash

    def do(self, work: Callable[..., str], viewer: Viewer, *args: Any, **kwargs: Any) -> None:
        """Have somebody act on it."""
        self.database.write_now(lambda s: work(s, viewer, self.item, *args, **kwargs))

    def drafted(self) -> None:
        """As it is at first."""

    def submitted(self) -> None:
        self.do(version_life.submit, COLLEAGUE)

    def approved(self) -> None:
        self.submitted()
        self.do(version_life.approve, SUPERVISOR, REGISTRY)

    def changed(self) -> None:
        """A second version has followed the first one into the catalog."""
        self.approved()
        self.load(6)
        self.approved()

    def retired(self) -> None:
        self.approved()
        self.do(version_life.retire, COLLEAGUE)


def submit_probe(database: Database, viewer: Viewer, **more: Any) -> Request:
    """A request of the probe by `viewer`."""
    submission = Submission(item="probe", answers={"wish": "tea"}, channel="test", **more)
    return database.write_now(requests.submit, viewer, submission)
