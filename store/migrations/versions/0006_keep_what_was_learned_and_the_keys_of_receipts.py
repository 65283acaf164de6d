"""Keep what was learned of items, and the keys of receipts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from store.base import Json, Moment

revision = "0006"
down_revision = "0005"
branch_labels: Any = None
depends_on: Any = None


def upgrade() -> None:
    op.create_table(
        "item_expectation",
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("tried_at", Moment(), nullable=False),
        sa.Column("last_end", Moment(), nullable=True),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("coverage", sa.Float(), nullable=True),
        sa.Column("error_seconds", sa.Float(), nullable=True),
        sa.Column("median_error_seconds", sa.Float(), nullable=True),
        sa.Column("experience", Json, nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_expectation")),
    )
    op.create_table(
        "receipt_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("first_used_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_key")),
    )
