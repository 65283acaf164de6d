"""Cases: problem reports with their clocks and whoever works on them, and agents' readiness."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.base import json_field, moment_field


class Priority(IntEnum):
    """What is served first: the lower number."""

    URGENT = 1
    HIGH = 2
    NORMAL = 3
    LOW = 4

    @property
    def word(self) -> str:
        """The name that definitions use."""
        return self.name.lower()


class CaseState(StrEnum):
    """Where a case stands. `waiting` is on its customer; the last two are ends."""

    QUEUED = "queued"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in-progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"


WORKED_ON = (CaseState.ASSIGNED, CaseState.IN_PROGRESS, CaseState.WAITING)
"""The states in which a case takes up some of its agent's capacity."""


class Case(SQLModel, table=True):
    """The case of one request, which also gives it its reference.

    `skills` maps each skill it needs to the least level. The clocks count business time of
    `service_level` from `opened_at`; they stand still since `paused_at`, and `paused_seconds` of
    business time have been left out before. `assignment` says why whom, agent by agent. Whoever
    handed the case over last does not get it back. `revision` counts what its workflow has been
    told of it, since news may overtake one another.
    """

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_queue", "state", "group", "priority", "opened_at"),
        Index("ix_case_assignee", "assignee_id", "state"),
    )

    request_id: str = Field(primary_key=True, foreign_key="request.id")
    topic: str
    impact: str
    urgency: str
    priority: int
    group: str
    skills: dict[str, int] = json_field()
    language: str
    state: str = CaseState.QUEUED
    assignee_id: str | None = Field(default=None, foreign_key="account.id")
    assigned_at: datetime | None = moment_field(nullable=True)
    assignment: list[dict[str, Any]] = json_field(default_factory=list)
    handed_over_by: str | None = None
    service_level: dict[str, Any] = json_field()
    opened_at: datetime = moment_field()
    first_response_due: datetime | None = moment_field(nullable=True)
    first_response_at: datetime | None = moment_field(nullable=True)
    resolution_due: datetime | None = moment_field(nullable=True, index=True)
    resolution_at: datetime | None = moment_field(nullable=True)
    paused_at: datetime | None = moment_field(nullable=True)
    paused_seconds: float = 0
    reopened: int = 0
    escalated_at: datetime | None = moment_field(nullable=True)
    closed_at: datetime | None = moment_field(nullable=True)
    revision: int = 0


class AgentProfile(SQLModel, table=True):
    """Whether an agent takes cases now, and how well they know what.

    Groups, skills, languages and capacity are those of the account; a skill is of level 1 unless
    `levels` says more.
    """

    __tablename__ = "agent_profile"

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    present: bool = False
    levels: dict[str, int] = json_field()
    last_assigned_at: datetime | None = moment_field(nullable=True)
