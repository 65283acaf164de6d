"""What a server does beside answering: relay, live feed, reconciliation, mail, catalog files."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

log = logging.getLogger(__name__)

Work = Callable[[], Coroutine[Any, Any, None]]
RESTART_SECONDS = 5.0


@asynccontextmanager
async def running(*works: Work) -> AsyncIterator[None]:
    """Keep every work going for as long as the block runs."""
    tasks = [asyncio.create_task(keep_going(work)) for work in works]
    try:
        yield
    finally:
        await stop(tasks)


async def stop(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until all have ended: a library that swallows one cancellation hears the next."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1)


async def keep_going(work: Work) -> None:
    """Run a work that should never end; if it fails, say so and begin it again."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("Background work failed; it starts again in %s s", RESTART_SECONDS)
        await asyncio.sleep(RESTART_SECONDS)
