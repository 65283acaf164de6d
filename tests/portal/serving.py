"""The application behind a real port, in a thread, for tests with a real browser."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from processes.portal import serving
from tests.real.processes import answers, wait_until


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address at which the application answers for as long as the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    loop = asyncio.new_event_loop()
    enough = asyncio.Event()

    async def serve() -> None:
        async with serving(app, listener):
            await enough.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    try:
        wait_until(lambda: answers(port), 20, "the start of the portal")
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(enough.set)
        thread.join()
        loop.close()
        listener.close()
