"""What people have uploaded. The bytes lie elsewhere, under the document's id."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.base import moment_field, only


class Scan(StrEnum):
    """What is known of viruses in a file; `OURS` are those that we have made."""

    NONE = "none"
    CLEAN = "clean"
    INFECTED = "infected"
    OURS = "ours"


class Document(SQLModel, table=True):
    """One file, unchanged since it was uploaded. `media_type` is what its content shows.

    Of an infected one only this row is left; `threat` is what the scanner calls it.
    """

    __tablename__ = "document"
    __table_args__ = (Index("ix_document_unscanned", "id", **only("scan = 'none'")),)

    id: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="account.id", index=True)
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime = moment_field(index=True)
    scan: str = Scan.NONE
    scanned_at: datetime | None = moment_field(nullable=True)
    threat: str | None = None


class Upload(SQLModel, table=True):
    """A file that arrives in parts, and becomes the document with the same id.

    `size` is what it will have in the end; `sha256` is what its sender says, or empty.
    """

    __tablename__ = "upload"

    id: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="account.id", index=True)
    name: str
    size: int
    sha256: str
    created_at: datetime = moment_field(index=True)


class Attachment(SQLModel, table=True):
    """A document that is part of a request, `visible` to its customer too or only to staff."""

    __tablename__ = "attachment"

    document_id: str = Field(primary_key=True, foreign_key="document.id")
    request_id: str = Field(primary_key=True, foreign_key="request.id", index=True)
    visible: str
    attached_at: datetime = moment_field()
