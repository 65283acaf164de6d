"""Bringing database, catalog and demo data to the present state before anything is served."""

from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from ground.errors import Unavailable
from processes.errors import StartError
from services import demo
from services.passwords import hash_password
from settings import Settings
from store.database import Database
from store.schema import upgrade


def open_database(settings: Settings) -> Database:
    """The database with the current schema. Raises `StartError` where it cannot be opened."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        upgrade(database)
    except (OperationalError, Unavailable) as error:
        address = make_url(settings.database).render_as_string(hide_password=True)
        raise StartError(
            f"The database {address} (VENTANILLA_DATABASE_URL) cannot be opened: {error}"
        ) from error
    return database


def set_up(settings: Settings) -> Database:
    """The database with the current schema, catalog and demo data; safe to repeat."""
    database = open_database(settings)
    if settings.embedded:
        database.write_now(demo.load, hash_password(settings.demo_secret()))
    return database
