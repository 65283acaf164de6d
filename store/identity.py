"""Who uses the portal, the sessions they hold, and how often a log-in has failed."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from ground.ids import new_id
from store.base import json_field, moment_field


class Role(StrEnum):
    """What a person is to this portal; `SYSTEM` is none, but another system or this one."""

    CUSTOMER = "customer"
    AGENT = "agent"
    DESIGNER = "designer"
    OPERATOR = "operator"
    SYSTEM = "system"


class Account(SQLModel, table=True):
    """A person who can sign in. `email` is kept case-folded: unique as people mean it.

    `groups`, `skills`, `languages` (spoken) and `capacity` (cases at a time) are for staff,
    `country` and `segments` for customers. `welcomed_at` is when a person was first shown around,
    or did without.
    """

    __tablename__ = "account"

    id: str = Field(default_factory=new_id, primary_key=True)
    email: str = Field(unique=True)
    name: str
    role: str
    language: str = "en"
    zone: str = "UTC"
    groups: list[str] = json_field(default_factory=list)
    skills: list[str] = json_field(default_factory=list)
    languages: list[str] = json_field(default_factory=list)
    capacity: int = 0
    country: str | None = None
    segments: list[str] = json_field(default_factory=list)
    active: bool = True
    password_hash: str | None = None
    created_at: datetime = moment_field()
    welcomed_at: datetime | None = moment_field(nullable=True)


class LoginSession(SQLModel, table=True):
    """A signed-in device. Only the hash of its token is kept, so a stolen table opens nothing."""

    __tablename__ = "login_session"

    token_hash: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    created_at: datetime = moment_field()
    expires_at: datetime = moment_field(index=True)
    seen_at: datetime = moment_field()
    user_agent: str = ""


class LoginThrottle(SQLModel, table=True):
    """Failed log-ins of one account, one address, or one account from one address (`key`, hashed).

    `known_at` is when that account last signed in from that address.
    """

    __tablename__ = "login_throttle"

    key: str = Field(primary_key=True)
    failures: int = 0
    tried_at: datetime = moment_field(index=True)
    blocked_until: datetime | None = moment_field(nullable=True)
    known_at: datetime | None = moment_field(nullable=True)
