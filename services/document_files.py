"""Where the bytes of documents lie, behind four verbs: a bucket can take a folder's place."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol


class Files(Protocol):
    """Bytes by document id. What `keep` has returned from survives a power cut."""

    def keep(self, key: str, chunks: Iterator[bytes]) -> None:
        """Store everything under a new key, or nothing if `chunks` fails."""

    def open(self, key: str) -> BinaryIO:
        """Read from the beginning. Raises `FileNotFoundError`."""

    def remove(self, key: str) -> None:
        """Delete; a key that is not there is no error."""

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every key, half-stored ones too, with the time when it was stored."""


class FolderFiles:
    """Files in a folder, spread over sub-folders by the end of their key, which is random."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        if not key.isalnum():
            raise ValueError(f"not a document's id: {key!r}")
        return self.folder / key[-2:] / key

    def keep(self, key: str, chunks: Iterator[bytes]) -> None:
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{key}")
        try:
            with draft.open("xb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        for folder in (path.parent, self.folder):
            sync_folder(folder)

    def open(self, key: str) -> BinaryIO:
        return self.path(key).open("rb")

    def remove(self, key: str) -> None:
        path = self.path(key)
        for name in (path, path.with_name(f".{key}")):
            name.unlink(missing_ok=True)

    def stored(self) -> Iterator[tuple[str, datetime]]:
        for path in self.folder.glob("*/*"):
            yield path.name.removeprefix("."), datetime.fromtimestamp(path.stat().st_mtime, UTC)


def sync_folder(folder: Path) -> None:
    """Make a rename last: the name of a file is in its folder, not in the file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
