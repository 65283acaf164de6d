"""Let people act for one another, and keep long lists of requests fast."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from store.base import Moment

revision = "0007"
down_revision = "0006"
branch_labels: Any = None
depends_on: Any = None


def only(condition: str) -> dict[str, Any]:
    return {f"{dialect}_where": sa.text(condition) for dialect in ("sqlite", "postgresql")}


def upgrade() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("delegate_id", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["account.id"], name=op.f("fk_delegation_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"], ["account.id"], name=op.f("fk_delegation_delegate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    current = only("revoked_at IS NULL")
    who, whom = ["delegate_id", "customer_id"], ["customer_id", "email"]
    op.create_index("ix_delegation_delegate", "delegation", who, **current)
    op.create_index("uq_delegation_current", "delegation", whom, unique=True, **current)
    op.create_index("ix_delegation_given", "delegation", ["customer_id", "id"])
    still_open = only("closed_at IS NULL")
    op.create_index("ix_request_customer_open", "request", ["customer_id", "id"], **still_open)
    updated = ["customer_id", "updated_at", "id"]
    op.create_index("ix_request_customer_updated", "request", updated)
    op.create_index("ix_request_group", "request", ["group", "id"])
    op.drop_index("ix_request_group_open", "request")
    op.create_index("ix_request_group_open", "request", ["group", "id"], **still_open)
    op.create_index("ix_request_status", "request", ["status", "id"])
    op.create_index("ix_request_item", "request", ["item_id", "id"])
    op.create_index("ix_task_group_request", "task", ["group", "request_id"])
    op.create_index("ix_task_assignee_request", "task", ["assignee_id", "request_id"])
    escalated = only("escalated_to IS NOT NULL")
    op.create_index("ix_task_escalated", "task", ["escalated_to", "request_id"], **escalated)
