"""Keep uploads in parts, what scans find, and where the answers of drafts came from."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from store.base import Json, Moment

revision = "0005"
down_revision = "0004"
branch_labels: Any = None
depends_on: Any = None


def upgrade() -> None:
    op.add_column("draft", sa.Column("origin", Json, nullable=False, server_default="{}"))
    op.add_column("draft", sa.Column("before", Json, nullable=True))
    op.add_column("document", sa.Column("scan", sa.String(), nullable=False, server_default="none"))
    op.add_column("document", sa.Column("scanned_at", Moment(), nullable=True))
    op.add_column("document", sa.Column("threat", sa.String(), nullable=True))
    op.create_index(
        "ix_document_unscanned",
        "document",
        ["id"],
        unique=False,
        sqlite_where=sa.text("scan = 'none'"),
        postgresql_where=sa.text("scan = 'none'"),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_upload_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_created_at"), "upload", ["created_at"], unique=False)
    op.create_index(op.f("ix_upload_owner_id"), "upload", ["owner_id"], unique=False)
