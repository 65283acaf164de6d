"""List the requests whose process cannot go on without reading all others."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels: Any = None
depends_on: Any = None


def upgrade() -> None:
    stuck: dict[str, Any] = {"sqlite_where": STUCK, "postgresql_where": STUCK}
    op.create_index("ix_request_trouble", "request", ["item_id", "id"], **stuck)


STUCK = sa.text("trouble IS NOT NULL")
