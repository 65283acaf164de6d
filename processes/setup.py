"""Bringing database, catalog and demo data to the present state before anything is served."""

import asyncio
import logging

from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from ground.errors import Unavailable
from processes.errors import StartError
from settings import Settings, make_folder
from store.database import Database
from store.schema import upgrade

logger = logging.getLogger(__name__)


def open_database(settings: Settings) -> Database:
    """The database with the current schema. Raises `StartError` where it cannot be opened."""
    make_folder(settings.data_dir)
    database = Database(settings.database)
    try:
        upgrade(database)
    except (OperationalError, Unavailable) as error:
        database.close()
        address = make_url(settings.database).render_as_string(hide_password=True)
        raise StartError(
            f"The database {address} (VENTANILLA_DATABASE_URL) cannot be opened: {error}"
        ) from error
    return database


def set_up(settings: Settings) -> Database:
    """The database with the current schema, catalog and demo data; safe to repeat."""
    database = open_database(settings)
    load_catalog(database, settings)
    if settings.embedded:
        from services import demo
        from services.passwords import hash_password

        database.write_now(demo.load, hash_password(settings.demo_secret()))
    return database


def load_catalog(database: Database, settings: Settings) -> None:
    """Bring changed definitions into the database, and say what is wrong with the others."""
    # Commands that only open the database do not wait for what catalog and workflows import.
    from services import publishing
    from studio.lint.publishing import publishing_registry

    folders = settings.catalog_dir, settings.forms_dir
    work = publishing.refresh_in_chunks(database, *folders, publishing_registry())
    for problem in asyncio.run(work).problems:
        logger.warning("%s", problem)
