"""Uploads in parts: a file that arrives in pieces and may be interrupted at any byte.

The bytes that lie on the disk say how far an upload has come, so that nothing is counted that a
fallen server had not written. Once all are there, the upload becomes the document with its id.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import delete
from sqlmodel import Session, col, select

from ground import clock, ids
from ground.errors import FieldError, Invalid, NotFound, TooLarge
from services import documents
from services.access import Viewer
from services.document_files import Files
from services.document_types import tidy_name
from store.documents import Document, Upload

UNFINISHED_FOR = timedelta(days=1)
"""How long an upload may take, with all its interruptions."""
LONGEST_NAME = 500


def begin(session: Session, viewer: Viewer, name: str, size: int, sha256: str) -> Upload:
    """Announce a file of so many bytes; room for them is made by `Files.begin`.

    `sha256` is checked in the end, unless it is empty. Raises `Invalid` for an empty file,
    `TooLarge` for one beyond the limit, or when too many lie about already.
    """
    if size < 1:
        raise Invalid([FieldError("/file", "documents.empty")], "documents.invalid")
    if size > documents.LARGEST:
        raise TooLarge("documents.too_large", limit_mb=documents.LARGEST // 1024**2)
    documents.room_for(session, viewer.account_id)
    upload = Upload(
        id=ids.new_id(),
        owner_id=viewer.account_id,
        name=name[:LONGEST_NAME],
        size=size,
        sha256=sha256.lower(),
        created_at=clock.now(),
    )
    session.add(upload)
    return upload


def find(session: Session, viewer: Viewer, upload_id: str) -> Upload | None:
    """The viewer's upload; None where it has become a document. Raises `NotFound`."""
    upload = session.get(Upload, upload_id)
    if upload and upload.owner_id == viewer.account_id:
        return upload
    document = session.get(Document, upload_id)
    if document is None or document.owner_id != viewer.account_id:
        raise NotFound("common.not_found")
    return None


def finished(files: Files, upload: Upload) -> Document:
    """Judge the bytes of an upload that has them all; blocks, so call it in a thread.

    Doing it again does no harm. Raises `UnsupportedType`, and `Invalid` where the bytes are not
    those that their sender had announced.
    """
    with files.read_unfinished(upload.id) as file:
        media_type = documents.accepted_kind(file)
        sha256 = digest(file)
    if upload.sha256 and upload.sha256 != sha256:
        raise Invalid([FieldError("/file", "documents.garbled")], "documents.invalid")
    files.finish(upload.id)
    return Document(
        id=upload.id,
        owner_id=upload.owner_id,
        name=tidy_name(upload.name, media_type),
        media_type=media_type,
        size=upload.size,
        sha256=sha256,
        created_at=clock.now(),
    )


def digest(file: BinaryIO) -> str:
    """The SHA-256 of an open file, in hexadecimal digits."""
    file.seek(0)
    read = hashlib.sha256()
    while chunk := file.read(documents.CHUNK_BYTES):
        read.update(chunk)
    return read.hexdigest()


def complete(session: Session, document: Document) -> None:
    """An upload is a document from now on; it may have become one meanwhile."""
    if session.get(Document, document.id) is None:
        session.add(document)
    drop(session, document.id)


def drop(session: Session, upload_id: str) -> None:
    """Forget an upload; its bytes are for the caller to remove."""
    session.execute(delete(Upload).where(col(Upload.id) == upload_id))


def sweep(session: Session, at: datetime) -> Sequence[str]:
    """Forget the uploads that have taken too long; the keys whose bytes are no longer needed."""
    late = session.exec(select(Upload.id).where(col(Upload.created_at) < at - UNFINISHED_FOR)).all()
    session.execute(delete(Upload).where(col(Upload.id).in_(late)))
    return late
