"""Uploading and fetching documents."""

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, BinaryIO
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile

from api.deps import CurrentViewer, Db, check_tag
from api.problems import problems
from ground.errors import FieldError, Invalid
from services import documents
from services.document_files import Files
from store.documents import Document, Scan

router = APIRouter(prefix="/api/documents", tags=["documents"])


def document_files(request: Request) -> Files:
    files: Files = request.app.state.files
    return files


DocumentFiles = Annotated[Files, Depends(document_files)]


class DocumentRead(BaseModel):
    """An uploaded document; forms refer to it by its `id`."""

    id: str = Field(examples=["01JD3Z8W4K2T5N7Q9R1S3V5X7Z"])
    name: str = Field(examples=["payslip.pdf"])
    media_type: str = Field(examples=["application/pdf"])
    size: int = Field(description="Bytes", examples=[48213])
    sha256: str = Field(min_length=64, max_length=64)
    created_at: datetime
    scan: Scan = Field(
        description="What is known of viruses: `none` where nothing has looked yet, `clean`, "
        "`infected` (its bytes are gone), `ours` for what the portal has made itself"
    )


def public(document: Document) -> DocumentRead:
    """What callers are shown of a document."""
    return DocumentRead(**document.model_dump(exclude={"owner_id", "scanned_at", "threat"}))


FILE_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "contentMediaType": "application/octet-stream"}
                    },
                }
            }
        },
    }
}


@router.post(
    "",
    status_code=201,
    responses=problems(400, 401, 403, 413, 415, 422),
    openapi_extra=FILE_FORM,
)
async def upload(
    request: Request, response: Response, viewer: CurrentViewer, files: DocumentFiles, database: Db
) -> DocumentRead:
    """Upload one file of at most 10 MB, of a kind that its content shows to be accepted."""
    # Read here, not as a parameter: those are read before anyone has asked who is calling.
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid([FieldError("/file", "documents.missing")], "documents.invalid")
        document = await asyncio.to_thread(
            documents.take_in, files, file.file, file.filename or "", viewer.account_id
        )
    document = await database.write(documents.add, document)
    response.headers["Location"] = f"/api/documents/{document.id}"
    return public(document)


@router.get(
    "/{document_id}",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "The file itself"},
        304: {"description": "The caller has it already"},
        **problems(401, 403, 404, 409),
    },
)
async def download(
    document_id: str,
    request: Request,
    viewer: CurrentViewer,
    files: DocumentFiles,
    database: Db,
) -> StreamingResponse:
    """Fetch a document, to be saved: nothing uploaded is ever shown as a page of ours.

    Where there is a virus scanner, nothing is given away before it has been found clean.
    """
    scanned = bool(request.app.state.settings.scanner)
    document = await database.read(documents.servable, viewer, document_id, scanned)
    tag = f'"{document.sha256}"'
    check_tag(request, Response(), tag)
    file = await asyncio.to_thread(files.open, document.id)
    return StreamingResponse(
        chunks(file),
        media_type=document.media_type,
        headers={
            "Content-Length": str(document.size),
            "Content-Disposition": attachment(document.name),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "ETag": tag,
        },
    )


def chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(documents.CHUNK_BYTES):
            yield chunk


def attachment(name: str) -> str:
    """RFC 6266: the name in plain letters for old programs, and as it is for all others."""
    plain = re.sub(r"[^\w .()-]", "_", name, flags=re.ASCII)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
