"""Rows that may be there already, in the dialect of the session's database."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert(session: Session, table: type[SQLModel]) -> Any:
    """An INSERT that knows ON CONFLICT."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def insert_new(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Insert the rows whose primary key is not taken yet."""
    if rows:
        session.execute(insert(session, table).on_conflict_do_nothing(), rows)


def upsert(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Insert the rows, or bring those with the same primary key up to date."""
    if not rows:
        return
    statement = insert(session, table)
    keys = [column.name for column in table.__table__.primary_key]  # type: ignore[attr-defined]
    news = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=news), rows)
