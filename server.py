"""Starts the portal and, where no outside Temporal is set, Temporal and the worker with it."""

import asyncio
import gc
import socket
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NoReturn

import uvloop

from processes import embedded, logs
from processes.children import running
from processes.errors import StartError
from processes.leaving import leave, stop_signal
from processes.lock import DataFolder, hold
from processes.ports import listen, require_free
from settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from temporalio.client import Client

    from store.database import Database


def main() -> NoReturn:
    """Serve until somebody asks to stop."""
    leave(run())


def run() -> int:
    """Serve until somebody asks to stop; returns the exit code."""
    logs.configure()
    try:
        settings = load()
        with hold(settings.data_dir, settings.portal_url) as folder:
            listener = listen(settings.host, settings.port, "VENTANILLA_PORT")
            if settings.embedded:
                require_free(settings.temporal_port, "VENTANILLA_TEMPORAL_PORT")
                require_free(settings.temporal_ui_port, "VENTANILLA_TEMPORAL_UI_PORT")
            return uvloop.new_event_loop().run_until_complete(serve(settings, folder, listener))
    except (SettingsError, StartError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2


async def serve(settings: Settings, folder: DataFolder, listener: socket.socket) -> int:
    """Start everything in its order, wait for the signal, and stop in the reverse order."""
    stopping = asyncio.create_task(stop_signal().wait())
    async with AsyncExitStack() as stack:
        if settings.embedded:
            await stack.enter_async_context(running(embedded.temporal(settings)))
        opening = asyncio.create_task(asyncio.to_thread(import_and_set_up, settings))
        await asyncio.wait([stopping, opening], return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            return 0
        database = await stack.enter_async_context(opening.result())
        portal = await open_portal(stack, settings, folder, listener, database)
        await asyncio.wait([stopping, portal], return_when=asyncio.FIRST_COMPLETED)
        return 0 if stopping.done() else 1


def import_and_set_up(settings: Settings) -> "Database":
    """Import the rest, which takes about as long as Temporal needs to start; open the database."""
    import processes.namespace
    import processes.portal  # noqa: F401
    from processes.setup import set_up

    return set_up(settings)


async def open_portal(
    stack: AsyncExitStack,
    settings: Settings,
    folder: DataFolder,
    listener: socket.socket,
    database: "Database",
) -> asyncio.Task[None]:
    """Start the worker and the portal; both end with `stack`."""
    from api.app import create_app
    from processes.portal import serving
    from services import search
    from services.temporal import connect

    if settings.embedded:
        await stack.enter_async_context(running(embedded.worker()))
    temporal = await connect(settings, lazy=True)
    app = create_app(settings, database, temporal)
    app.state.was_clean = folder.was_clean
    portal = await stack.enter_async_context(serving(app, listener))
    await database.read(search.prepare)
    # What is loaded by now stays. Looking through it for garbage made one answer in a hundred late.
    gc.collect()
    gc.freeze()
    announcing = asyncio.create_task(announce(settings, temporal))
    stack.callback(announcing.cancel)
    return portal


async def announce(settings: Settings, temporal: "Client") -> None:
    """Print the banner once Temporal is ready too, or once it is plainly late."""
    from processes.banner import banner
    from processes.namespace import PATIENCE_SECONDS, prepare_namespace

    preparing = asyncio.create_task(prepare_namespace(temporal, settings))
    await asyncio.wait([preparing], timeout=PATIENCE_SECONDS)
    print(banner(settings), flush=True)  # noqa: T201
    await preparing


if __name__ == "__main__":
    main()
