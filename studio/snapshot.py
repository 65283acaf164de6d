"""A database as it was, so that every run begins with the same subscriptions and balances."""

import sqlite3
from contextlib import closing

from store.database import Database


class Snapshot:
    """What a simulation's SQLite database holds at this moment."""

    def __init__(self, database: Database) -> None:
        self.file = str(database.write_engine.url.database)
        self.kept = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(self.file)) as source:
            source.backup(self.kept)

    def restore(self) -> None:
        """Make the database what it was; nothing may be under way in it."""
        with closing(sqlite3.connect(self.file)) as target:
            self.kept.backup(target)
