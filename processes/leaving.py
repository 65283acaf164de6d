"""How a process of ours ends."""

import asyncio
import logging
import os
import signal
import sys
from typing import NoReturn


def stop_signal() -> asyncio.Event:
    """An event that is set once somebody asks this process to end."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopping.set)
    return stopping


def leave(code: int) -> NoReturn:
    """End this process with everything printed.

    The interpreter's own exit can crash in Temporal's native threads (temporalio/sdk-python#300),
    which would turn a good exit code into a bad one.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
