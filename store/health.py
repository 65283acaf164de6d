"""A row to write on, so that readiness means that writing works."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from store.base import moment_field


class Probe(SQLModel, table=True):
    """The only row: when this installation last proved that it can write."""

    __tablename__ = "health_probe"

    id: int = Field(default=1, primary_key=True)
    at: datetime = moment_field()
