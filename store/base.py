"""Column types that SQLite and PostgreSQL read alike."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def only(condition: str) -> dict[str, Any]:
    """What makes an index partial, on either database."""
    return {f"{dialect}_where": text(condition) for dialect in ("sqlite", "postgresql")}


Json = JSON().with_variant(JSONB(), "postgresql")


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite, which keeps no zone, stores it as naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone: {value.isoformat()}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def moment_field(*, index: bool = False, nullable: bool = False, **kwargs: Any) -> Any:
    """A SQLModel field that holds a `Moment`."""
    if nullable:
        kwargs.setdefault("default", None)
    return Field(sa_type=Moment, index=index, nullable=nullable, **kwargs)


def json_field(**kwargs: Any) -> Any:
    """A SQLModel field that holds any JSON value, an empty object unless told otherwise."""
    if "default" not in kwargs:
        kwargs.setdefault("default_factory", dict)
    return Field(sa_column=Column(Json, nullable=kwargs.get("default", ...) is None), **kwargs)
