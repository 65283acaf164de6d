"""A database as it was, so that every run begins with the same subscriptions and balances."""

import sqlite3
from contextlib import closing

from store.database import Database


class Snapshot:
    """What a SQLite database holds at this moment, kept until `close`.

    Nothing may be under way in the database while it is taken or restored.
    """

    def __init__(self, database: Database) -> None:
        self.file = str(database.write_engine.url.database)
        self.kept = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(self.file)) as source:
            source.backup(self.kept)

    def restore(self) -> None:
        """Make the database what it was."""
        with closing(sqlite3.connect(self.file)) as target:
            self.kept.backup(target)

    def close(self) -> None:
        """Forget what was kept."""
        self.kept.close()
