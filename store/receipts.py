"""The public keys by which our receipts are checked, those of former times too."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from store.base import moment_field


class ReceiptKey(SQLModel, table=True):
    """A key that has signed receipts: its RFC 7638 thumbprint and its 32 bytes in base64url.

    The private half is never in the database: whoever copies that must not be able to sign.
    """

    __tablename__ = "receipt_key"

    id: str = Field(primary_key=True)
    public_key: str
    first_used_at: datetime = moment_field()
