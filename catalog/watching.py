"""Hearing of changed definition files while the server runs."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import Change, awatch

DEBOUNCE_MS = 300
LOOK_EVERY_MS = 60_000
"""Network folders send no notice of changes, so there is a look at this interval in any case."""

log = logging.getLogger(__name__)


async def changes(folder: Path, forms_folder: Path) -> AsyncIterator[None]:
    """Something may have changed in one of the two folders; never ends by itself.

    Where the system has no notices left to give, the folders are polled.
    """
    try:
        async for _ in watched(folder, forms_folder, polling=False):
            yield
    except OSError as error:
        log.warning("Definition files are polled for changes, since watching failed: %s", error)
        async for _ in watched(folder, forms_folder, polling=True):
            yield


async def watched(folder: Path, forms_folder: Path, polling: bool) -> AsyncIterator[None]:
    """A tick for each burst of changes, and one now and then without any."""
    async for _ in awatch(
        folder,
        forms_folder,
        watch_filter=is_definition,
        debounce=DEBOUNCE_MS,
        rust_timeout=LOOK_EVERY_MS,
        yield_on_timeout=True,
        force_polling=polling,
    ):
        yield


def is_definition(_change: Change, path: str) -> bool:
    """Whether a file of that name may be of the catalog; editors leave others about."""
    return path.endswith((".yaml", ".yml", ".json", ".po"))
