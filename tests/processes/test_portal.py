"""The portal's HTTP server stops although answers without an end are open."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from processes import portal
from processes.errors import StartError
from processes.portal import serving


def listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def app_with_streams() -> FastAPI:
    app = FastAPI()

    async def events() -> AsyncIterator[str]:
        yield "data: first\n\n"
        await app.state.stopping.wait()
        yield "data: last\n\n"

    async def endless() -> AsyncIterator[str]:
        while True:
            yield "data: again\n\n"
            await asyncio.sleep(0.05)

    app.get("/events")(lambda: StreamingResponse(events()))
    app.get("/endless")(lambda: StreamingResponse(endless()))
    return app


async def open_stream(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readuntil(b"data: ")
    return reader, writer


async def test_event_streams_end_by_themselves_when_the_portal_stops() -> None:
    own = listener()
    port = own.getsockname()[1]
    async with serving(app_with_streams(), own):
        reader, writer = await open_stream(port, "/events")
        began = time.monotonic()
    rest = await reader.read()
    writer.close()
    assert b"data: last" in rest
    assert rest.endswith(b"0\r\n\r\n")
    assert time.monotonic() - began < 1


async def test_an_answer_that_does_not_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal, "DRAIN_SECONDS", 1)
    own = listener()
    port = own.getsockname()[1]
    async with serving(app_with_streams(), own):
        _, writer = await open_stream(port, "/endless")
        began = time.monotonic()
    writer.close()
    assert 0.9 < time.monotonic() - began < 3


async def test_an_app_that_cannot_start_is_an_error_for_people() -> None:
    async def fails(_: FastAPI) -> AsyncIterator[None]:
        raise ValueError("no way")
        yield

    app = FastAPI(lifespan=asynccontextmanager(fails))
    with listener() as own, pytest.raises(StartError, match="could not start"):
        async with serving(app, own) as task:
            await task
