"""Keep the life of definition versions."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from store.base import Moment

revision = "0002"
down_revision = "0001"
branch_labels: Any = None
depends_on: Any = None

VERSION = sa.table(
    "definition_version",
    sa.column("hash", sa.String()),
    sa.column("item_id", sa.String()),
    sa.column("source", sa.Text()),
    sa.column("loaded_at", Moment()),
)
PUBLISHED = sa.table("published_item", sa.column("hash", sa.String()))


def upgrade() -> None:
    life = op.create_table(
        "item_life",
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("last_event", sa.Integer(), nullable=False),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.Column("in_review", sa.String(), nullable=True),
        sa.Column("submitted_by", sa.String(), nullable=True),
        sa.Column("wished_at", Moment(), nullable=True),
        sa.Column("scheduled", sa.String(), nullable=True),
        sa.Column("scheduled_at", Moment(), nullable=True),
        sa.Column("held", sa.String(), nullable=True),
        sa.Column("retired", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_life")),
    )
    op.create_index(
        "ix_item_life_scheduled",
        "item_life",
        ["scheduled_at"],
        unique=False,
        sqlite_where=sa.text("scheduled_at IS NOT NULL"),
        postgresql_where=sa.text("scheduled_at IS NOT NULL"),
    )
    publication = op.create_table(
        "publication",
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("effective_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["hash"], ["definition_version.hash"], name=op.f("fk_publication_hash")
        ),
        sa.PrimaryKeyConstraint("item_id", "number", name=op.f("pk_publication")),
    )
    op.create_index(
        op.f("ix_definition_file_item_id"), "definition_file", ["item_id"], unique=False
    )
    op.create_index("ix_draft_version", "draft", ["version", "subject", "updated_at"], unique=False)
    op.create_index(
        "ix_request_version", "request", ["version", "status", "stage", "id"], unique=False
    )
    tell_what_was(life, publication)
    append_only("publication")


def tell_what_was(life: sa.Table, publication: sa.Table) -> None:
    """Write the events of the versions there are: until now, what was valid was published, unless
    its definition asked for a review."""
    connection = op.get_bind()
    published = set(connection.execute(sa.select(PUBLISHED.c.hash)).scalars())
    numbers: dict[str, int] = {}
    reviewed: set[str] = set()
    events: list[dict[str, Any]] = []
    for row in connection.execute(sa.select(VERSION).order_by(VERSION.c.loaded_at)):
        by_itself = json.loads(row.source)["item"].get("publish", "auto") == "auto"
        if row.hash in published and not by_itself:
            reviewed.add(row.item_id)
        actions = ["loaded", *(["published"] if by_itself or row.hash in published else [])]
        for action in actions:
            numbers[row.item_id] = numbers.get(row.item_id, 0) + 1
            events.append(
                {
                    "item_id": row.item_id,
                    "number": numbers[row.item_id],
                    "hash": row.hash,
                    "action": action,
                    "actor": "system",
                    "at": row.loaded_at,
                    "note": "",
                }
            )
    if events:
        op.bulk_insert(publication, events)
        lives = [
            {"item_id": item, "last_event": last, "reviewed": item in reviewed}
            for item, last in numbers.items()
        ]
        op.bulk_insert(life, lives)


def append_only(table: str) -> None:
    """Have the database refuse to update or delete the rows of a table."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for change in ("UPDATE", "DELETE"):
        refuse = (
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            if sqlite
            else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} {refuse}"
        )
