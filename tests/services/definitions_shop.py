"""The folders of a small catalog, the database they are brought into, and people who publish."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import Session

from catalog.definitions import CatalogItem
from services import catalog, publications, publishing, version_lookup
from services.access import Viewer
from services.published import pointers
from store.catalog import ItemLife
from store.database import Database
from store.identity import Role
from tests.catalog.workshop import Workshop

T = TypeVar("T")

SOON = datetime.now(UTC) + timedelta(days=1)


def person(name: str, role: Role = Role.DESIGNER) -> Viewer:
    """Somebody who is signed in."""
    return Viewer(name, role, f"{name}@example.com", name.title(), "en")


ANA, BEA, OPS = person("ana"), person("bea"), person("ops", Role.OPERATOR)


@dataclass
class Customer:
    """Somebody who looks."""

    role: str = "customer"
    country: str | None = None
    segments: tuple[str, ...] = ()


class Shop:
    """What is in the files and what is published."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.workshop = Workshop(folder)
        self.registry = self.workshop.registry

    def refresh(self) -> publishing.Refreshed:
        """Bring the files into the database."""
        return self.database.write_now(
            publishing.refresh, self.workshop.defs, self.workshop.forms, self.registry
        )

    def steep(self, minutes: int) -> str:
        """Let the tea steep for so long: the hash of the version that the file then has."""
        text = (self.workshop.defs / "tea.yaml").read_text("utf-8")
        before = next(line for line in text.split("\n") if "minutes:" in line)
        self.workshop.change(before, f"  minutes: {minutes}")
        self.refresh()
        return self.file

    def ask_for_reviews(self) -> None:
        """From now on a second person has to say yes."""
        self.workshop.change("form: tea", "publish: review\nform: tea")

    @property
    def file(self) -> str:
        """The version in the file."""
        found = self.read(version_lookup.file_of, "tea")
        assert found
        assert found.hash
        return found.hash

    @property
    def pointer(self) -> str | None:
        """The version that is published."""
        return self.read(pointers, ["tea"]).get("tea")

    @property
    def minutes(self) -> int:
        """How long the tea steeps for whoever asks for it now."""
        item: CatalogItem = self.read(catalog.published, "tea", Customer()).item
        return int(item.settings["minutes"])

    @property
    def life(self) -> ItemLife:
        life: ItemLife = self.read(lambda session: session.get_one(ItemLife, "tea"))
        return life

    def told(self) -> list[tuple[str, str]]:
        """What has happened: action and who did it."""
        events = self.read(publications.events, "tea")
        return [(event.action, event.actor_id or event.actor) for event in events]

    def read(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        return self.database.read_now(work, *args, **kwargs)

    def do(self, work: Callable[..., T], viewer: Viewer | None, *args: Any, **kwargs: Any) -> T:
        """Have somebody act on the tea, in one transaction."""

        def act(session: Session) -> T:
            return work(session, viewer, "tea", *args, **kwargs)

        return self.database.write_now(act)
