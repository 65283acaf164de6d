"""One `server.py` per data folder, and the knowledge whether the last one ended well."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ground import clock
from processes.errors import StartError
from settings import make_folder

LOCK = "lock"
RUNNING = "running"


@dataclass(frozen=True)
class DataFolder:
    """A data folder that this process holds alone."""

    path: Path
    was_clean: bool
    """Whether the process that held it last put everything away before it ended."""


@contextmanager
def hold(path: Path, portal_url: str) -> Iterator[DataFolder]:
    """Hold the data folder; raises `StartError` that names its holder if there is one.

    The end counts as clean when the block ends without an exception, or before anything began.
    """
    make_folder(path)
    # The kernel lets go of the lock with the process, however that ends.
    with open(path / LOCK, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StartError(held(path, file.read())) from None
        file.truncate(0)
        json.dump(
            {"pid": os.getpid(), "portal": portal_url, "since": clock.now().isoformat()}, file
        )
        file.flush()
        marker = path / RUNNING
        was_clean = not marker.exists()
        marker.touch()
        try:
            yield DataFolder(path, was_clean)
        except StartError:
            if was_clean:
                marker.unlink()
            raise
        marker.unlink()


def held(path: Path, note: str) -> str:
    """The sentence that names the holder of a data folder."""
    try:
        holder = json.loads(note)
        who = f"process {holder['pid']} ({holder['portal']}, since {holder['since'][:19]} UTC)"
    except (ValueError, KeyError):
        who = "a process that is just starting"
    return (
        f"The data folder {path} is in use by {who}. Stop that one first, or choose another "
        "folder and other ports with VENTANILLA_DATA_DIR, VENTANILLA_PORT, "
        "VENTANILLA_TEMPORAL_PORT and VENTANILLA_TEMPORAL_UI_PORT."
    )
