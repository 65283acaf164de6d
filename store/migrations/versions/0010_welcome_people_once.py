"""Welcome people once; those who are there already know their way."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from store.base import Moment

revision = "0010"
down_revision = "0009"
branch_labels: Any = None
depends_on: Any = None


def upgrade() -> None:
    op.add_column("account", sa.Column("welcomed_at", Moment(), nullable=True))
    op.execute("update account set welcomed_at = created_at")
