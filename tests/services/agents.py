"""Agents and cases to test with."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from catalog.definitions import ServiceLevel
from services import assignment, cases
from services.cases import OpenCase
from store.cases import Case, Priority
from store.identity import Account
from tests.services.requests_made import START, add_request

OFFICE = ["09:00-14:00", "15:00-18:00"]
SERVICE_LEVEL = ServiceLevel.model_validate(
    {
        "calendar": {
            "zone": "Europe/Madrid",
            "country": "ES",
            "subdivision": "MD",
            "hours": dict.fromkeys(["monday", "tuesday", "wednesday", "thursday"], OFFICE)
            | {"friday": ["09:00-15:00"]},
        },
        "targets": {
            "first_response": {"default": "PT4H", "urgent": "PT1H"},
            "resolution": {"default": "P2D", "urgent": "PT8H"},
        },
    },
    strict=False,
)


def add_agent(
    session: Session,
    name: str,
    *,
    groups: tuple[str, ...] = ("support",),
    skills: tuple[str, ...] = ("billing",),
    levels: dict[str, int] | None = None,
    languages: tuple[str, ...] = ("es", "en"),
    capacity: int = 2,
    present: bool = True,
) -> str:
    """An agent who could take a case; the name is the id."""
    session.add(
        Account(
            id=name,
            email=f"{name}@example.com",
            name=name.title(),
            role="agent",
            groups=list(groups),
            skills=list(skills),
            languages=list(languages),
            capacity=capacity,
            created_at=START,
        )
    )
    session.flush()
    assignment.set_levels(session, name, levels or {})
    assignment.set_presence(session, name, present)
    return name


def add_case(session: Session, name: str, /, at: datetime = START, **values: Any) -> str:
    """A queued case in Spanish that needs somebody for billing; the name is its request's id."""
    add_request(session, name)
    wants: dict[str, Any] = {
        "topic": "invoice",
        "impact": "myself",
        "urgency": "low",
        "priority": Priority.NORMAL,
        "group": "support",
        "skills": {"billing": 1},
        "language": "es",
        "service_level": SERVICE_LEVEL,
    }
    cases.open_case(session, name, OpenCase(**wants | values), at)
    return name


def case_of(session: Session, name: str) -> Case:
    """The case as it is stored."""
    return session.get_one(Case, name)
