"""Definition files on disk: what is there, what has changed, and a bounded look inside."""

import inspect
import os
from collections.abc import Iterable
from functools import cache
from glob import glob
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG

import orjson

from catalog.registry import Registry
from catalog.yaml12 import LARGEST_FILE, Unreadable

Stat = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds."""


def stats(folder: Path, pattern: str) -> dict[str, Stat]:
    """The files below `folder` that match, by their path relative to it."""
    found: dict[str, Stat] = {}
    for name in sorted(glob(pattern, root_dir=folder, recursive=True, include_hidden=True)):
        try:
            status = os.stat(os.path.join(folder, name))
        except FileNotFoundError:
            continue
        if S_ISREG(status.st_mode):
            found[name.replace(os.sep, "/")] = (status.st_size, status.st_mtime_ns)
    return found


def content(path: Path) -> bytes:
    """What the file holds, at most one byte more than is allowed. Raises `Unreadable`."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        hint = "Check that the file exists and that its owner lets this program read it"
        raise Unreadable(f"the file cannot be read: {error.strerror}", hint) from None


def digest(parts: Iterable[object]) -> str:
    """A short name for the sum of `parts`, which JSON can carry."""
    return sha256(orjson.dumps(list(parts))).hexdigest()[:32]


def rules(registry: Registry) -> str:
    """A name for everything but files that decides whether a definition is right.

    It changes with the code of the catalog and of the settings models, so that a new release reads
    every definition again.
    """
    models = [model for model in registry.workflow_settings.values() if model]
    return digest(
        [
            own_code(),
            sorted(file_digest(inspect.getfile(model)) for model in models),
            sorted(registry.workflow_settings),
            sorted((name, sorted(stages)) for name, stages in registry.workflow_stages.items()),
            sorted(registry.option_sources),
            sorted(registry.computed),
            sorted(registry.groups or ()),
            sorted(registry.icons or ()),
            [file_digest(path) for path in registry.more_code],
        ]
    )


@cache
def own_code() -> str:
    """A name for the code of this package."""
    here = Path(__file__).parent
    return digest(file_digest(str(path)) for path in sorted(here.rglob("*.py")))


def file_digest(path: str) -> str:
    return sha256(Path(path).read_bytes()).hexdigest()
