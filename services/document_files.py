"""Where the bytes of documents lie, behind a few verbs: a bucket can take a folder's place."""

import fcntl
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from ground.errors import Conflict


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

    def held(self, key: str) -> int:
        """Bytes of a file, finished or not; none of one that has not begun."""

    def append(self, key: str, offset: int, part: bytes) -> int:
        """Begin an unfinished file, or add a part at its end; how many bytes it has then.

        Raises `Conflict` if the end is not at `offset`: somebody was faster, or it is finished.
        """

    def secure(self, key: str) -> None:
        """What has been appended so far survives a power cut once this returns."""

    def read_unfinished(self, key: str) -> BinaryIO:
        """Read an unfinished file from the beginning, or one that is finished already."""

    def finish(self, key: str) -> None:
        """An unfinished file is stored from now on; one that is stored already stays as it is."""


class FolderFiles:
    """Files in a folder, spread over sub-folders by the end of their key, which is random."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        if not key.isalnum():
            raise ValueError(f"not a document's id: {key!r}")
        return self.folder / key[-2:] / key

    def keep(self, key: str, chunks: Iterator[bytes]) -> None:
        path, draft = self.path(key), self.unfinished(key)
        path.parent.mkdir(parents=True, exist_ok=True)
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
        self.sync_folders(path)

    def open(self, key: str) -> BinaryIO:
        return self.path(key).open("rb")

    def remove(self, key: str) -> None:
        for name in (self.path(key), self.unfinished(key)):
            name.unlink(missing_ok=True)

    def stored(self) -> Iterator[tuple[str, datetime]]:
        for path in self.folder.glob("*/*"):
            yield path.name.removeprefix("."), datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def unfinished(self, key: str) -> Path:
        return self.path(key).with_name(f".{key}")

    def held(self, key: str) -> int:
        for path in (self.unfinished(key), self.path(key)):
            if path.exists():
                return path.stat().st_size
        return 0

    def append(self, key: str, offset: int, part: bytes) -> int:
        path = self.path(key)
        if path.exists():
            raise out_of_step(path.stat().st_size)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.unfinished(key), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            # Two connections may carry the same upload for a while: the old one need not know yet
            # that its sender has given it up.
            fcntl.flock(handle, fcntl.LOCK_EX)
            size = os.fstat(handle).st_size
            if size != offset:
                raise out_of_step(size)
            while part:
                written = os.pwrite(handle, part, size)
                part, size = part[written:], size + written
            return size
        finally:
            os.close(handle)

    def secure(self, key: str) -> None:
        with self.read_unfinished(key) as file:
            os.fsync(file.fileno())

    def read_unfinished(self, key: str) -> BinaryIO:
        try:
            return self.unfinished(key).open("rb")
        except FileNotFoundError:
            return self.open(key)

    def finish(self, key: str) -> None:
        path = self.path(key)
        if not path.exists():
            self.secure(key)
            self.unfinished(key).rename(path)
            self.sync_folders(path)

    def sync_folders(self, path: Path) -> None:
        """Make a new name last."""
        for folder in (path.parent, self.folder):
            sync_folder(folder)


def out_of_step(size: int) -> Conflict:
    """For a part that does not begin where the file ends."""
    return Conflict("documents.out_of_step", offset=size)


def sync_folder(folder: Path) -> None:
    """Make a rename last: the name of a file is in its folder, not in the file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
