"""What people have uploaded. The bytes lie elsewhere, under the document's id."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from store.base import moment_field


class Document(SQLModel, table=True):
    """One file, unchanged since it was uploaded. `media_type` is what its content shows."""

    __tablename__ = "document"

    id: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="account.id", index=True)
    name: str
    media_type: str
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
