"""A database as it was, so that every run begins with the same subscriptions and balances."""

import sqlite3
from contextlib import closing

from store.database import Database


class Snapshot:
    """What a SQLite database holds at this moment; nothing may be under way in it."""

    def __init__(self, database: Database) -> None:
        self.file = str(database.write_engine.url.database)
        with closing(sqlite3.connect(self.file)) as source:
            self.kept = source.serialize()

    def restore(self) -> None:
        """Make the database what it was."""
        with (
            closing(sqlite3.connect(":memory:")) as source,
            closing(sqlite3.connect(self.file)) as target,
        ):
            source.deserialize(self.kept)
            source.backup(target)
