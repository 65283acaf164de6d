"""Looking for viruses in what people upload, beside the requests that brought it.

Without a scanner nothing is claimed of any file. With one, a file is given to nobody before it has
been found clean; of an infected one only the row is left, and its owner is told.
"""

import asyncio
import logging
import socket
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol

from sqlmodel import Session, col, select

from ground import clock
from ground.errors import Unavailable
from services import notifications, timeline
from services.document_files import Files
from services.timeline import Entry
from store.changes import Changes
from store.database import Database
from store.documents import Attachment, Document, Scan
from store.tasks import Audience

log = logging.getLogger(__name__)

AT_ONCE = 20
LOOK_SECONDS = 30.0
"""How long to wait for news of a commit before looking all the same."""
PAUSE_SECONDS = 10.0
"""How long to leave a scanner alone that does not answer."""
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 120.0
CHUNK_BYTES = 64 * 1024
LONGEST_ANSWER = 4096


class NoVerdict(Exception):
    """The scanner answers, but it cannot say anything of this file."""


class Scanner(Protocol):
    """Whatever can tell whether a file is infected."""

    def scan(self, file: BinaryIO) -> str | None:
        """The name of the threat in a file; None for a clean one.

        Raises `Unavailable` where the scanner does not answer, `NoVerdict` for this file alone.
        """


class Clamd:
    """The ClamAV daemon, over TCP (`host:port`) or a Unix socket (`/path`), by its INSTREAM."""

    def __init__(self, address: str) -> None:
        self.address = address

    def scan(self, file: BinaryIO) -> str | None:
        file.seek(0)
        try:
            with self.connected() as connection:
                connection.sendall(b"zINSTREAM\0")
                while chunk := file.read(CHUNK_BYTES):
                    connection.sendall(len(chunk).to_bytes(4, "big") + chunk)
                connection.sendall(bytes(4))
                said = answer_of(connection)
        except OSError as error:
            raise Unavailable("documents.scanner_silent", cause=str(error)) from error
        return threat_in(said)

    def connected(self) -> socket.socket:
        """A connection to the daemon, which answers within a while or fails."""
        if self.address.startswith("/"):
            connection = at_path(self.address)
        else:
            host, _, port = self.address.rpartition(":")
            connection = socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS)
        connection.settimeout(ANSWER_SECONDS)
        return connection


def at_path(path: str) -> socket.socket:
    """A connection to a Unix socket. Raises `OSError`."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def answer_of(connection: socket.socket) -> str:
    """What the daemon says, up to its closing NUL."""
    said = b""
    while b"\0" not in said and len(said) < LONGEST_ANSWER:
        part = connection.recv(LONGEST_ANSWER)
        if not part:
            break
        said += part
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def threat_in(said: str) -> str | None:
    """The threat that an answer names. Raises `NoVerdict` for one that is none."""
    if said == "stream: OK":
        return None
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        return said.removeprefix("stream: ").removesuffix(" FOUND")
    raise NoVerdict(said or "no answer")


class Scanning:
    """Scans whatever has not been scanned, the latest first since people wait for that.

    A file that the scanner cannot judge stays unscanned, and is tried again after a restart.
    """

    def __init__(self, database: Database, files: Files, scanner: Scanner) -> None:
        self.database, self.files, self.scanner = database, files, scanner
        self.left: set[str] = set()

    async def run(self, changes: Changes) -> None:
        """Scan for ever. A scanner that does not answer is tried again."""
        seen = -1
        while True:
            try:
                done = await self.scan_some()
            except Unavailable as refusal:
                log.warning("The virus scanner does not answer: %s", refusal.params)
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if not done:
                seen = await changes.wait(seen, LOOK_SECONDS)

    async def scan_some(self) -> int:
        """Scan a few files; how many those were. Raises `Unavailable`."""
        waiting = await self.database.read(unscanned, self.left)
        for document_id in waiting:
            try:
                threat = await asyncio.to_thread(look_into, self.files, self.scanner, document_id)
            except (NoVerdict, FileNotFoundError) as error:
                log.error("The document %s cannot be scanned: %s", document_id, error)
                self.left.add(document_id)
                continue
            await self.database.write(note, document_id, threat, clock.now())
            if threat:
                await asyncio.to_thread(self.files.remove, document_id)
        return len(waiting)


def look_into(files: Files, scanner: Scanner, document_id: str) -> str | None:
    """The threat in a stored file. Raises what `Scanner.scan` raises, and `FileNotFoundError`."""
    with files.open(document_id) as file:
        return scanner.scan(file)


def unscanned(session: Session, left: Collection[str]) -> Sequence[str]:
    """Some documents that have not been scanned, but for those that cannot be."""
    query = select(Document.id).where(Document.scan == Scan.NONE, col(Document.id).not_in(left))
    return session.exec(query.order_by(col(Document.id).desc()).limit(AT_ONCE)).all()


def note(session: Session, document_id: str, threat: str | None, at: datetime) -> None:
    """Write down what was found; of a threat the owner is told, and every request that has it."""
    document = session.get(Document, document_id, with_for_update=True)
    if document is None or document.scan != Scan.NONE:
        return
    document.scan, document.scanned_at = Scan.INFECTED if threat else Scan.CLEAN, at
    document.threat = threat
    session.add(document)
    if threat:
        tell(session, document, at)


def tell(session: Session, document: Document, at: datetime) -> None:
    """Say that a document was infected and is gone, to its owner and on its requests."""
    params = {"name": document.name}
    attached = session.exec(select(Attachment).where(Attachment.document_id == document.id)).all()
    first = attached[0].request_id if attached else None
    notifications.notify(session, document.owner_id, "documents.infected_told", params, first, at)
    for one in attached:
        entry = Entry(
            key=f"infected/{document.id}",
            at=at,
            text="documents.infected_told",
            params=params,
            visible="customer" if one.visible == Audience.CUSTOMER else "staff",
        )
        timeline.record(session, timeline.locked(session, one.request_id), [entry])
