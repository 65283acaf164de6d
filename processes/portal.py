"""The portal's HTTP server inside a process that has its own idea of signals."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from processes.errors import StartError

DRAIN_SECONDS = 2
"""How long an open answer may take once the portal is asked to stop."""

KEEP_ALIVE_SECONDS = 30


class Portal(uvicorn.Server):
    """uvicorn that leaves signals to its process, and says so where the app cannot start."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            raise StartError("The portal could not start; the reason is above.") from None
        self.listening.set()


@asynccontextmanager
async def serving(app: FastAPI, listener: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    """Serve the app for as long as the block runs; event streams end first, so nothing hangs.

    The app watches the event `app.state.stopping` in whatever answer has no end of its own.
    """
    portal = Portal(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
    )
    app.state.stopping = asyncio.Event()
    task = asyncio.create_task(portal.serve([listener]), name="portal")
    try:
        listening = asyncio.create_task(portal.listening.wait())
        await asyncio.wait([task, listening], return_when=asyncio.FIRST_COMPLETED)
        yield task
    finally:
        app.state.stopping.set()
        portal.should_exit = True
        await task
