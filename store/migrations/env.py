"""Alembic's entry: migrations run on the connection that `store.schema` hands over."""

from typing import Any, Literal, cast

import sqlalchemy as sa
from alembic import context
from sqlmodel import AutoString, SQLModel

import store.tables  # noqa: F401
from store.base import Json, Moment
from store.lending import Exact


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """How our own column types are written into a new migration."""
    if kind == "type" and isinstance(item, Moment):
        return "Moment()"
    if kind == "type" and item is Json:
        return "Json"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, Exact):
        return f"sa.String(length={cast(sa.String, item.impl_instance).length})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_item=render,
    transactional_ddl=True,
)
context.run_migrations()
