"""Keep events and schedules."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from store.base import Json, Moment

revision = "0004"
down_revision = "0003"
branch_labels: Any = None
depends_on: Any = None


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("event", Json, nullable=False),
        sa.Column("published_at", Moment(), nullable=False),
        sa.Column("spread_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_event")),
    )
    op.create_index(
        "ix_event_to_spread",
        "event",
        ["key"],
        unique=False,
        sqlite_where=sa.text("spread_at IS NULL"),
        postgresql_where=sa.text("spread_at IS NULL"),
    )
    op.create_index("uq_event_source", "event", ["source", "event_id"], unique=True)
    op.create_table(
        "item_schedule",
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("schedule", Json, nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_schedule")),
    )
    op.create_index(
        "ix_item_schedule_kind",
        "item_schedule",
        ["kind"],
        unique=False,
        sqlite_where=sa.text("kind <> ''"),
        postgresql_where=sa.text("kind <> ''"),
    )
    op.create_table(
        "event_subscription",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("attributes", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_event_subscription_request_id")
        ),
        sa.PrimaryKeyConstraint("key", "number", name=op.f("pk_event_subscription")),
    )
    op.create_index(
        op.f("ix_event_subscription_request_id"), "event_subscription", ["request_id"], unique=False
    )
    op.create_index(
        "ix_event_subscription_type", "event_subscription", ["type", "source"], unique=False
    )
