"""The catalog: immutable versions of items, what is published, and the files it came from."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field, SQLModel

from store.base import json_field, moment_field, only


class Action(StrEnum):
    """What happens to a version in its life."""

    LOADED = "loaded"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    ROLLED_BACK = "rolled-back"
    RETIRED = "retired"
    RESTORED = "restored"
    REMOVED = "removed"


class DefinitionVersion(SQLModel, table=True):
    """One version of an item, for ever. `source` is text: JSONB would forget the order of keys."""

    __tablename__ = "definition_version"

    hash: str = Field(primary_key=True)
    item_id: str = Field(index=True)
    source: str = Field(sa_column=Column(Text, nullable=False))
    loaded_at: datetime = moment_field()


class ItemLife(SQLModel, table=True):
    """Where the versions of an item stand beside the published one.

    Whoever moves one of them holds the lock of this row. `in_review` waits for a second person than
    `submitted_by`, to be published at once or at `wished_at`; `scheduled` will be published at
    `scheduled_at`; `held` is the version in the file that a rollback keeps from publishing itself;
    `retired` was published until the item was taken out of the catalog. `reviewed` says that the
    version published last asks for reviews, so that dropping this is reviewed too.
    """

    __tablename__ = "item_life"
    __table_args__ = (
        Index("ix_item_life_scheduled", "scheduled_at", **only("scheduled_at IS NOT NULL")),
    )

    item_id: str = Field(primary_key=True)
    last_event: int = 0
    reviewed: bool = False
    in_review: str | None = None
    submitted_by: str | None = None
    wished_at: datetime | None = moment_field(nullable=True)
    scheduled: str | None = None
    scheduled_at: datetime | None = moment_field(nullable=True)
    held: str | None = None
    retired: str | None = None


class Publication(SQLModel, table=True):
    """One event in the life of an item's versions, never changed; numbered under the item's lock.

    `actor` is `system`, `console` or the role of the account `actor_id`. `effective_at` is when the
    version is wished to be, or was to be, published.
    """

    __tablename__ = "publication"

    item_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    hash: str = Field(foreign_key="definition_version.hash")
    action: str
    actor: str
    actor_id: str | None = None
    at: datetime = moment_field()
    note: str = ""
    effective_at: datetime | None = moment_field(nullable=True)


class PublishedItem(SQLModel, table=True):
    """The pointer to an item's published version, with what lists need to know of it.

    The six lists say who is allowed and who is denied, as `|customer|agent|`; an empty one says
    nothing. `offered` is where the item is offered unasked, in the same way. `mark` is a number
    made of `hash`: the sum over all items tells whether any has changed, whoever commits first.
    """

    __tablename__ = "published_item"
    __table_args__ = (Index("ix_published_item_mark", "mark"),)

    item_id: str = Field(primary_key=True)
    hash: str = Field(foreign_key="definition_version.hash")
    category: str = Field(index=True)
    icon: str
    allow_roles: str
    allow_countries: str
    allow_segments: str
    deny_roles: str
    deny_countries: str
    deny_segments: str
    offered: str = Field(default="", sa_column_kwargs={"server_default": ""})
    mark: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))


class PublishedText(SQLModel, table=True):
    """A published item in one language; `keywords` are one text."""

    __tablename__ = "published_text"

    item_id: str = Field(primary_key=True)
    language: str = Field(primary_key=True)
    title: str
    summary: str
    keywords: str


class SearchLanguage(SQLModel, table=True):
    """How people of one language search, as its file says; `fingerprint` names that content."""

    __tablename__ = "search_language"

    language: str = Field(primary_key=True)
    fingerprint: str
    words: dict[str, Any] = json_field()


class Favourite(SQLModel, table=True):
    """An item that a person has given a star; it stays while they may not request the item."""

    __tablename__ = "favourite"

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    item_id: str = Field(primary_key=True)
    since: datetime = moment_field()


class CatalogCategory(SQLModel, table=True):
    """A shelf of the catalog; `titles` by language."""

    __tablename__ = "catalog_category"

    id: str = Field(primary_key=True)
    position: int
    icon: str
    titles: dict[str, str] = json_field()


class DefinitionFile(SQLModel, table=True):
    """A definition file as last read. An unchanged `fingerprint` spares reading it again.

    `uses` are the form files it depends on, `hash` its last good version, `problems` what is wrong
    with it now.
    """

    __tablename__ = "definition_file"

    file: str = Field(primary_key=True)
    item_id: str = Field(index=True)
    fingerprint: str
    uses: list[str] = json_field(default_factory=list)
    hash: str | None = None
    problems: list[dict[str, Any]] = json_field(default_factory=list)
