"""Find items by what people mean, and keep their favourites."""

from typing import Any
from zlib import crc32

import sqlalchemy as sa
from alembic import op

from store.base import Json, Moment

revision = "0008"
down_revision = "0007"
branch_labels: Any = None
depends_on: Any = None

ITEM = sa.table(
    "published_item",
    sa.column("item_id", sa.String()),
    sa.column("hash", sa.String()),
    sa.column("mark", sa.BigInteger()),
)


def upgrade() -> None:
    offered = sa.Column("offered", sa.String(), nullable=False, server_default="")
    op.add_column("published_item", offered)
    op.add_column(
        "published_item", sa.Column("mark", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_index("ix_published_item_mark", "published_item", ["mark"], unique=False)
    set_marks()
    # The words of an item that is not read anew at once are found as if all were keywords.
    op.execute("ALTER TABLE published_text RENAME COLUMN words TO keywords")
    op.drop_column("published_text", "title_words")
    op.drop_column("published_text", "sort_title")
    op.create_table(
        "search_language",
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("words", Json, nullable=False),
        sa.PrimaryKeyConstraint("language", name=op.f("pk_search_language")),
    )
    op.create_table(
        "favourite",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_favourite_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "item_id", name=op.f("pk_favourite")),
    )


def set_marks() -> None:
    """A number made of each hash, as publishing makes it."""
    connection = op.get_bind()
    for item_id, hash in connection.execute(sa.select(ITEM.c.item_id, ITEM.c.hash)).all():
        mark = crc32(hash.encode())
        connection.execute(sa.update(ITEM).where(ITEM.c.item_id == item_id).values(mark=mark))
