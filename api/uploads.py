"""Uploads that can be interrupted and go on: the core of tus 1.0, with creation and termination.

Announce a file with POST, send its bytes with PATCH, ask with HEAD how many have arrived, and go on
from there. Once all have, the upload is the document with the same id. https://tus.io says more.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from email.utils import format_datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Request, Response
from starlette.requests import ClientDisconnect

from api.deps import CurrentViewer, Db
from api.documents import DocumentFiles
from api.problems import BrokenRequest, problems
from ground.errors import TooLarge, UnsupportedType
from services import documents, uploads
from services.document_files import Files, out_of_step
from store.documents import Document, Upload

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration"
CONTENT_TYPE = "application/offset+octet-stream"
PART_BYTES = 256 * 1024


def spoken(tus_resumable: Annotated[str, Header(description="The protocol")] = VERSION) -> None:
    """Raises `HTTPException` for another version of the protocol."""
    if tus_resumable != VERSION:
        raise HTTPException(412, headers={"Tus-Version": VERSION})


router = APIRouter(prefix="/api/uploads", tags=["documents"], dependencies=[Depends(spoken)])

UploadKey = Annotated[str, Path(max_length=40, pattern="^[0-9A-Za-z]+$")]
Offset = Annotated[int, Header(ge=0, description="Where the bytes begin", examples=[0])]
Length = Annotated[int, Header(ge=0, description="Bytes of the whole file", examples=[48213])]
Metadata = Annotated[
    str,
    Header(
        max_length=4000,
        description="`filename` and, to have the bytes checked in the end, `sha256` (hexadecimal), "
        "each followed by a space and its value in Base64; pairs have commas between them",
        examples=["filename cGF5c2xpcC5wZGY="],
    ),
]


@router.options("", status_code=204)
async def about() -> Response:
    """What this server can do, and how large a file may be."""
    headers = {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(documents.LARGEST),
    }
    return Response(status_code=204, headers=headers)


@router.post("", status_code=201, responses=problems(400, 401, 403, 413, 422))
async def create(
    viewer: CurrentViewer,
    database: Db,
    upload_length: Length,
    upload_metadata: Metadata = "",
) -> Response:
    """Announce a file. `Location` says where its bytes go."""
    said = metadata(upload_metadata)
    name, sha256 = said.get("filename", ""), said.get("sha256", "")
    upload = await database.write(uploads.begin, viewer, name, upload_length, sha256)
    headers = {"Location": f"/api/uploads/{upload.id}"}
    return Response(status_code=201, headers=headers | state(upload, 0))


@router.head("/{upload_id}", responses=problems(401, 404))
async def ask(
    upload_id: UploadKey, viewer: CurrentViewer, files: DocumentFiles, database: Db
) -> Response:
    """How many bytes have arrived."""
    upload = await database.read(uploads.find, viewer, upload_id)
    if upload is None:
        return arrived(await database.read(documents.readable, viewer, upload_id))
    held = await asyncio.to_thread(files.held, upload_id)
    return Response(headers=state(upload, held) | {"Cache-Control": "no-store"})


@router.patch(
    "/{upload_id}",
    status_code=204,
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
    openapi_extra={"requestBody": {"content": {CONTENT_TYPE: {}}}},
)
async def send(
    upload_id: UploadKey,
    request: Request,
    viewer: CurrentViewer,
    files: DocumentFiles,
    database: Db,
    upload_offset: Offset,
) -> Response:
    """Send bytes from an offset on. With the last one the upload becomes a document.

    What arrives before an interruption is kept. `Upload-Offset` must be what HEAD tells. To send
    nothing at the end of a file asks for its verdict once more.
    """
    if request.headers.get("content-type", "") != CONTENT_TYPE:
        raise UnsupportedType("documents.send_bytes", kind=CONTENT_TYPE)
    upload = await database.read(uploads.find, viewer, upload_id)
    if upload is None:
        return arrived(await database.read(documents.readable, viewer, upload_id))
    held = await take(request, files, upload, upload_offset)
    if held == upload.size:
        document = await asyncio.to_thread(uploads.finished, files, upload)
        await database.write(uploads.complete, document)
    return Response(status_code=204, headers=state(upload, held))


async def take(request: Request, files: Files, upload: Upload, offset: int) -> int:
    """Write what arrives as it arrives; where the file ends then. Raises `Conflict`, `TooLarge`."""
    end = offset
    try:
        async for part in parts(request):
            if end + len(part) > upload.size:
                raise TooLarge("documents.more_than_announced", size=upload.size)
            end = await asyncio.to_thread(files.append, upload.id, end, part)
    finally:
        if end > offset:
            await asyncio.to_thread(files.secure, upload.id)
    if end == offset and end != await asyncio.to_thread(files.held, upload.id):
        raise out_of_step(await asyncio.to_thread(files.held, upload.id))
    return end


async def parts(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces worth a write each; where it breaks off, so does this, without a fault."""
    gathered = bytearray()
    try:
        async for chunk in request.stream():
            gathered += chunk
            if len(gathered) >= PART_BYTES:
                yield bytes(gathered)
                gathered.clear()
    except ClientDisconnect:
        # Whoever has gone comes back and asks how far we are.
        pass
    if gathered:
        yield bytes(gathered)


@router.delete("/{upload_id}", status_code=204, responses=problems(401, 403, 404))
async def give_up(
    upload_id: UploadKey, viewer: CurrentViewer, files: DocumentFiles, database: Db
) -> Response:
    """Give an upload up; one that is a document already stays."""
    if await database.read(uploads.find, viewer, upload_id):
        await database.write(uploads.drop, upload_id)
        await asyncio.to_thread(files.remove, upload_id)
    return Response(status_code=204, headers={"Tus-Resumable": VERSION})


def state(upload: Upload, held: int) -> dict[str, str]:
    """Headers that say how far an upload is, and until when it may go on."""
    return {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(held),
        "Upload-Length": str(upload.size),
        "Upload-Expires": format_datetime(upload.created_at + uploads.UNFINISHED_FOR, usegmt=True),
    }


def arrived(document: Document) -> Response:
    """For an upload that has become a document."""
    headers = {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(document.size),
        "Upload-Length": str(document.size),
        "Cache-Control": "no-store",
    }
    return Response(status_code=204, headers=headers)


def metadata(text: str) -> dict[str, str]:
    """The pairs of `Upload-Metadata`. Raises `BrokenRequest`."""
    pairs = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        name, _, value = pair.partition(" ")
        try:
            pairs[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise BrokenRequest("api.broken_request") from error
    return pairs
