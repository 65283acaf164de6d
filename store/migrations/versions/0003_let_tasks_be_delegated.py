"""Let tasks be delegated."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels: Any = None
depends_on: Any = None


def upgrade() -> None:
    op.add_column(
        "task",
        sa.Column("may_delegate", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
