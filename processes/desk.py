"""What the commands about definitions share: an open database, who acts, and how refusals look."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from processes.errors import StartError
from settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from catalog.registry import Registry
    from services.access import Viewer
    from services.definitions import DefinitionView
    from store.database import Database

REFUSED = 2
"""The exit code for what is not done, because it is not allowed or cannot be."""


@dataclass(frozen=True)
class Desk:
    """What a command works with: the database, the rules, and who acts."""

    settings: Settings
    database: "Database"
    viewer: "Viewer | None"

    @property
    def language(self) -> str:
        return self.viewer.language if self.viewer else "en"

    @property
    def registry(self) -> "Registry":
        from studio.lint.publishing import publishing_registry

        return publishing_registry()

    def read_files(self) -> None:
        """Bring the files into the database as they are now."""
        from services.publishing import refresh_in_chunks

        folders = self.settings.catalog_dir, self.settings.forms_dir
        asyncio.run(refresh_in_chunks(self.database, *folders, self.registry))

    def show(self, item: str) -> "DefinitionView":
        """How the item stands."""
        from services import definitions

        return self.database.read_now(definitions.show, self.viewer, item, self.language)


@contextmanager
def desk(email: str | None, as_json: bool) -> Iterator[Desk]:
    """Open the database for a command, and say in plain words what is refused."""
    from ground.errors import Refusal
    from ground.messages import translate

    viewer = None
    try:
        from processes.setup import open_database

        settings = load()
        database = open_database(settings)
        try:
            viewer = database.read_now(account, email) if email else None
            yield Desk(settings, database, viewer)
        finally:
            database.close()
    except Refusal as no:
        language = viewer.language if viewer else "en"
        refuse(no.key, translate(language, no.key, no.params), as_json)
    except (SettingsError, StartError) as no:
        refuse("not_possible", str(no), as_json)


def refuse(key: str, why: str, as_json: bool) -> NoReturn:
    """Say why not, and end."""
    if as_json:
        typer.echo(json.dumps({"error": key, "detail": why}, ensure_ascii=False))
    else:
        typer.echo(why, err=True)
    raise typer.Exit(REFUSED)


def account(session: Any, email: str) -> "Viewer":
    """The viewer who has this address. Raises `StartError`."""
    from services import identity

    found = identity.account_by_email(session, email)
    if found is None or not found.active:
        raise StartError(f"There is no active account for {email}.")
    return identity.viewer_of(session, found.id)


def moment(text: str | None) -> datetime | None:
    """A moment as it is typed. Raises `StartError`."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise StartError(f"{text} is no moment such as 2026-12-01T09:00+01:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
