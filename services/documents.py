"""Documents: uploading, reading, belonging to a request, and going when nobody needs them."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import ColumnElement, Exists, delete, exists, or_
from sqlmodel import Session, col, select

from catalog.forms import DocumentAnswer
from ground import clock, ids
from ground.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
    UnsupportedType,
)
from services import access
from services.access import Viewer
from services.document_files import Files
from services.document_types import fits, media_type_of, names_of, tidy_name
from store.database import Database
from store.documents import Attachment, Document, Scan, Upload
from store.requests import Request
from store.tasks import Audience

LARGEST = 10 * 1024 * 1024
"""Bytes of one document."""
MOST_UNATTACHED = 50
"""Documents that one person may have waiting to be part of a request."""
UNATTACHED_FOR = timedelta(days=7)
"""How long an upload waits to become part of a request; long enough to finish a form."""
CHUNK_BYTES = 256 * 1024
SWEEP_KEYS = 500
LOOKED_UP_AT_ONCE = 1000
"""Databases take no list of any length."""


@dataclass
class Measured:
    """Reads a file in chunks and knows its size and hash afterwards. Raises `TooLarge`."""

    file: BinaryIO
    size: int = 0
    sha256: str = ""

    def chunks(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        self.file.seek(0)
        while chunk := self.file.read(CHUNK_BYTES):
            self.size += len(chunk)
            if self.size > LARGEST:
                raise TooLarge("documents.too_large", limit_mb=LARGEST // 1024**2)
            digest.update(chunk)
            yield chunk
        self.sha256 = digest.hexdigest()


def take_in(files: Files, file: BinaryIO, name: str, owner_id: str) -> Document:
    """Judge and store the bytes of an upload; blocks, so call it in a thread.

    The row that this returns is still to be written: bytes without a row are swept away later, a
    row without bytes would be a broken promise. Raises `UnsupportedType`, `TooLarge`, or `Invalid`
    if the file is empty.
    """
    media_type = accepted_kind(file)
    document = Document(
        id=ids.new_id(),
        owner_id=owner_id,
        name=tidy_name(name, media_type),
        media_type=media_type,
        size=0,
        sha256="",
        created_at=clock.now(),
    )
    measured = Measured(file)
    files.keep(document.id, measured.chunks())
    document.size, document.sha256 = measured.size, measured.sha256
    return document


def accepted_kind(file: BinaryIO) -> str:
    """The media type that the content shows. Raises `UnsupportedType`, or `Invalid` if empty."""
    file.seek(0)
    if not file.read(1):
        raise Invalid([FieldError("/file", "documents.empty")], "documents.invalid")
    media_type = media_type_of(file)
    if media_type is None:
        raise UnsupportedType("documents.kind_not_accepted", kinds=names_of())
    return media_type


def add(session: Session, document: Document) -> Document:
    """Write the row of an upload. Raises `TooLarge` when its owner has too many lying about."""
    room_for(session, document.owner_id)
    session.add(document)
    return document


def room_for(session: Session, owner_id: str) -> None:
    """Raises `TooLarge` where an account has too many files that are part of nothing."""
    loose = select(Document.id).where(Document.owner_id == owner_id, ~is_attached())
    under_way = select(Upload.id).where(Upload.owner_id == owner_id)
    found = [session.exec(one.limit(MOST_UNATTACHED)).all() for one in (loose, under_way)]
    if sum(map(len, found)) >= MOST_UNATTACHED:
        raise TooLarge("documents.too_many", limit=MOST_UNATTACHED)


def readable(session: Session, viewer: Viewer, document_id: str) -> Document:
    """The document, if the viewer may read it. Raises `NotFound`."""
    document = session.exec(
        select(Document).where(Document.id == document_id, access.readable_documents(viewer))
    ).one_or_none()
    if document is None:
        raise NotFound("common.not_found")
    return document


def readable_among(
    session: Session, viewer: Viewer, wanted: Sequence[DocumentAnswer]
) -> dict[str, Document]:
    """The documents of answers that the viewer may read, by id."""
    return among(session, wanted, access.readable_documents(viewer))


def usable_among(session: Session, viewer: Viewer, wanted: Sequence[DocumentAnswer]) -> set[str]:
    """The ids of the documents that the viewer may read and whose bytes are still there."""
    found = readable_among(session, viewer, wanted).values()
    return {document.id for document in found if document.scan != Scan.INFECTED}


def among(
    session: Session, wanted: Sequence[DocumentAnswer], *conditions: ColumnElement[bool]
) -> dict[str, Document]:
    """The documents of answers by id, as far as they meet the conditions."""
    found: dict[str, Document] = {}
    document_ids = list(dict.fromkeys(one.document_id for one in wanted))
    for start in range(0, len(document_ids), LOOKED_UP_AT_ONCE):
        here = col(Document.id).in_(document_ids[start : start + LOOKED_UP_AT_ONCE])
        found |= {one.id: one for one in session.exec(select(Document).where(here, *conditions))}
    return found


def servable(session: Session, viewer: Viewer, document_id: str, scanned: bool) -> Document:
    """The document, if its bytes may be given to the viewer; `scanned` says whether files are.

    Raises `NotFound`, `Forbidden` for an infected one, `Conflict` for one that is being checked.
    """
    document = readable(session, viewer, document_id)
    if document.scan == Scan.INFECTED:
        raise Forbidden("documents.infected", name=document.name)
    if scanned and document.scan == Scan.NONE:
        raise Conflict("documents.being_checked", name=document.name)
    return document


def wrong(session: Session, viewer: Viewer, wanted: Sequence[DocumentAnswer]) -> list[FieldError]:
    """What is wrong with the documents of answers that are still being given."""
    known = readable_among(session, viewer, wanted)
    return list(problems_with(known, wanted))


def accept(
    session: Session,
    request: Request,
    giver_id: str,
    wanted: Sequence[DocumentAnswer],
    at: datetime,
    visible: Audience = Audience.CUSTOMER,
) -> None:
    """Make the documents of answers part of a request.

    One may give only what one has uploaded or what the request already has. Raises `Invalid` with
    an error for each answer that refers to anything else, or to a kind or size the form refuses.
    """
    if not wanted:
        return
    held = select(Attachment.document_id).where(Attachment.request_id == request.id)
    there = set(session.exec(held))
    own = or_(col(Document.owner_id) == giver_id, col(Document.id).in_(held))
    known = among(session, wanted, own)
    if errors := list(problems_with(known, wanted)):
        raise Invalid(errors)
    session.add_all(
        Attachment(document_id=document_id, request_id=request.id, visible=visible, attached_at=at)
        for document_id in known
        if document_id not in there
    )


def problems_with(
    known: Mapping[str, Document], wanted: Sequence[DocumentAnswer]
) -> Iterator[FieldError]:
    """What is wrong with documents as answers; those that are not known are of nobody's."""
    for one in wanted:
        document = known.get(one.document_id)
        if document is None:
            yield FieldError(one.pointer, "documents.unknown")
        elif problem := problem_with(document, one):
            yield FieldError(one.pointer, *problem)


def problem_with(document: Document, one: DocumentAnswer) -> tuple[str, dict[str, object]] | None:
    """The message key and parameters of what is wrong with a document as an answer."""
    if document.scan == Scan.INFECTED:
        return "documents.infected", {"name": document.name}
    if one.types and not any(fits(document.media_type, wanted) for wanted in one.types):
        return "documents.wrong_kind", {"name": document.name, "kinds": names_of(one.types)}
    if one.max_bytes is not None and document.size > one.max_bytes:
        return "documents.larger_than", {"name": document.name, "limit_kb": one.max_bytes // 1024}
    return None


def keep_made(
    session: Session, request: Request, name: str, media_type: str, content: bytes, at: datetime
) -> Document:
    """Keep a file that we have made as a document of a request, for its customer to read.

    Its bytes go where `session.info["files"]` says; without its row they are swept away later.
    """
    document = Document(
        id=ids.new_id(),
        owner_id=request.customer_id,
        name=tidy_name(name, media_type),
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        created_at=at,
        scan=Scan.OURS,
    )
    files: Files = session.info["files"]
    files.keep(document.id, iter([content]))
    session.add(document)
    session.flush()
    session.add(
        Attachment(
            document_id=document.id,
            request_id=request.id,
            visible=Audience.CUSTOMER,
            attached_at=at,
        )
    )
    return document


def drop(session: Session, document_id: str) -> None:
    """Forget a document; its bytes are swept away later."""
    session.execute(delete(Attachment).where(col(Attachment.document_id) == document_id))
    session.execute(delete(Document).where(col(Document.id) == document_id))


def of_request(session: Session, viewer: Viewer, request_id: str) -> Sequence[Document]:
    """The documents of a request that the viewer may read, in the order they came."""
    return session.exec(
        select(Document)
        .join(Attachment, col(Attachment.document_id) == Document.id)
        .where(Attachment.request_id == request_id, access.readable_documents(viewer))
        .order_by(col(Attachment.attached_at), col(Document.id))
    ).all()


def is_attached() -> Exists:
    return exists().where(col(Attachment.document_id) == col(Document.id))


async def sweep(database: Database, files: Files) -> None:
    """Drop uploads that never became part of a request, and bytes that have no row."""
    before = clock.now() - UNATTACHED_FOR
    await database.write(drop_unattached, before)
    stored = await asyncio.to_thread(lambda: [key for key, at in files.stored() if at < before])
    for start in range(0, len(stored), SWEEP_KEYS):
        keys = stored[start : start + SWEEP_KEYS]
        known = await database.read(known_ids, keys)
        for key in set(keys) - known:
            await asyncio.to_thread(files.remove, key)


def drop_unattached(session: Session, before: datetime) -> None:
    """Forget the rows of uploads from before that time that no request has."""
    session.execute(delete(Document).where(col(Document.created_at) < before, ~is_attached()))


def known_ids(session: Session, keys: Sequence[str]) -> set[str]:
    """Those of the keys whose bytes are needed: of documents, infected ones left out."""
    needed = col(Document.id).in_(keys), Document.scan != Scan.INFECTED
    return set(session.exec(select(Document.id).where(*needed)))
