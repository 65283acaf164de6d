"""The live feed: wakes whoever follows a request once its timeline has grown.

One look at the database serves all readers of a process, and readers never hold state of their own
beyond a cursor, so a reader may come back to another server and miss nothing.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from services import timeline
from store.changes import Changes
from store.database import Database

SWEEP_SECONDS = 5.0


class Follower:
    """One reader of one request: `wait` returns once the timeline has gone beyond `position`."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.position = -1
        self.grown = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """True when there is something new, False after so many seconds without."""
        try:
            async with asyncio.timeout(seconds):
                await self.grown.wait()
        except TimeoutError:
            return False
        self.grown.clear()
        return True


class Feed:
    """Every follower in this process."""

    def __init__(self, database: Database, changes: Changes) -> None:
        self.database, self.changes = database, changes
        self.followers: dict[str, set[Follower]] = defaultdict(set)

    @contextmanager
    def following(self, request_id: str) -> Iterator[Follower]:
        """Follow a request for as long as the block runs; the first look finds what is there."""
        follower = Follower(request_id)
        follower.grown.set()
        self.followers[request_id].add(follower)
        try:
            yield follower
        finally:
            self.followers[request_id].discard(follower)
            if not self.followers[request_id]:
                del self.followers[request_id]

    async def run(self) -> None:
        """Look after every change, for ever."""
        seen = -1
        while True:
            seen = await self.changes.wait(seen, SWEEP_SECONDS)
            if self.followers:
                await self.look()

    async def wake_all_at(self, stopping: asyncio.Event) -> None:
        """Wake everybody once the server stops, so that streams end and nobody waits for them."""
        await stopping.wait()
        for followers in self.followers.values():
            for follower in followers:
                follower.grown.set()

    async def look(self) -> None:
        """Wake the followers of requests whose timeline has grown."""
        positions = await self.database.read(timeline.positions, list(self.followers))
        for request_id, position in positions.items():
            for follower in self.followers.get(request_id, ()):
                if position > follower.position:
                    follower.position = position
                    follower.grown.set()
