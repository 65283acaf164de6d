"""Bringing a database to the current schema, by migrations."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

import store.tables  # noqa: F401
from store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_281_113
"""Any number of our own: the PostgreSQL advisory lock that lets one process migrate at a time."""


def upgrade(database: Database) -> None:
    """Run the migrations that the database lacks. Processes that start together take turns."""
    with database.write_engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        command.upgrade(config(connection), "head")


def revise(database: Database, message: str) -> None:
    """Write a new migration for what the tables have and the database lacks; for developers."""
    with database.write_engine.begin() as connection:
        command.revision(config(connection), message, autogenerate=True, rev_id=next_number())


def next_number() -> str:
    """Migrations are numbered in the order they run."""
    return f"{len(list((MIGRATIONS / 'versions').glob('*.py'))) + 1:04}"


def differences(database: Database) -> list[object]:
    """What the tables have and the database lacks, or the reverse; empty when they agree."""
    with database.write_engine.begin() as connection:
        context = MigrationContext.configure(connection)
        return list(compare_metadata(context, SQLModel.metadata))


def config(connection: Connection) -> Config:
    """Alembic's configuration on an open connection."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["connection"] = connection
    return settings
