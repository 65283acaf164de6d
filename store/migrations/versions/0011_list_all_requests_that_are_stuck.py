"""List the requests whose process cannot go on in their order, whatever they are for."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels: Any = None
depends_on: Any = None


def upgrade() -> None:
    stuck: dict[str, Any] = {"sqlite_where": STUCK, "postgresql_where": STUCK}
    op.create_index("ix_request_stuck", "request", ["id"], **stuck)


STUCK = sa.text("trouble IS NOT NULL")
