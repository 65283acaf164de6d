"""Hearing of commits, whichever process made them.

SQLite has no notification, so one watcher per process asks `PRAGMA data_version` (a counter that
moves when another connection commits); PostgreSQL sends NOTIFY on the channel of `store.database`.
"""

import asyncio
import contextlib
import sqlite3
from typing import Self

import psycopg

from store.database import CHANNEL, Database

POLL_SECONDS = 0.025
RECONNECT_SECONDS = 1.0


class Changes:
    """A counter that moves when the database has changed; `wait` sleeps until it does."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.version = 0
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        watch = self._watch_sqlite if self.database.is_sqlite else self._watch_postgres
        self._task = asyncio.create_task(watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def touch(self) -> None:
        """Wake everyone who waits."""
        self.version += 1
        self._moved.set()
        self._moved = asyncio.Event()

    async def wait(self, seen: int, seconds: float) -> int:
        """The counter once it differs from `seen`, or after so many seconds at the latest."""
        if self.version == seen:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._moved.wait()
        return self.version

    async def _watch_sqlite(self) -> None:
        path = self.database.engine.url.database or ""
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            seen = connection.execute("PRAGMA data_version").fetchone()
            while True:
                await asyncio.sleep(POLL_SECONDS)
                current = connection.execute("PRAGMA data_version").fetchone()
                if current != seen:
                    seen = current
                    self.touch()
        finally:
            connection.close()

    async def _watch_postgres(self) -> None:
        address = self.database.url.replace("postgresql+psycopg://", "postgresql://")
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                await self._listen(address)
            # Whatever was said while nobody listened must still be looked at.
            self.touch()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self, address: str) -> None:
        connection = await psycopg.AsyncConnection.connect(address, autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.touch()
            async for _ in connection.notifies():
                self.touch()
