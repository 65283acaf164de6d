"""Bringing a database to the current schema."""

from sqlmodel import SQLModel

import store.tables  # noqa: F401
from store.database import Database


def upgrade(database: Database) -> None:
    """Create what is missing. Existing rows stay."""
    SQLModel.metadata.create_all(database.write_engine)
