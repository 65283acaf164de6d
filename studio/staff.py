"""The staff of a simulation: enough people in each group that a definition names."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session

from catalog.definitions import LANGUAGES
from catalog.versions import Version
from ground import clock
from services import assignment, identity
from services.access import Viewer
from store.identity import Role

OF_A_GROUP = 3
"""Colleagues of each group, so that four eyes find each other and a case can be passed on."""
CAPACITY = 10
"""Cases that one of them works on at once."""
BEST = 5
"""A level of a skill that no case asks more than."""


def hire(session: Session, version: Version) -> None:
    """Have people in every group that a version names, present and able to do what it asks."""
    sources = [version.process or {}, version.item.settings]
    groups = {version.item.group, *named(sources, "group"), *named(sources, "escalation_group")}
    skills = {skill: BEST for found in under(sources, "skills") for skill in words(found)}
    for group in sorted(groups):
        for email in colleagues(group):
            agent = colleague(session, email, group, sorted(skills))
            assignment.set_levels(session, agent.account_id, skills)
            assignment.set_presence(session, agent.account_id, True)


def colleagues(group: str) -> list[str]:
    """The e-mail addresses of a group's simulated people."""
    return [f"{group}-{number}@simulated.example" for number in range(1, OF_A_GROUP + 1)]


def colleague(
    session: Session, email: str, group: str | None = None, skills: list[str] | None = None
) -> Viewer:
    """The person with an address; a new agent of the group where there is none."""
    account = identity.account_by_email(session, email)
    if account is None:
        account = identity.create_account(
            session,
            email=email,
            at=clock.now(),
            name=email.partition("@")[0],
            role=Role.AGENT,
            groups=[group] if group else [],
            skills=skills or [],
            languages=list(LANGUAGES),
            capacity=CAPACITY,
        )
    return identity.viewer_of(session, account.id)


def named(value: Any, key: str) -> Iterator[str]:
    """Every name that stands under a key somewhere in a value; expressions are none."""
    return (one for one in under(value, key) if isinstance(one, str) and "${" not in one)


def words(value: Any) -> list[str]:
    """The names in a mapping or a list of them."""
    return (
        [one for one in value if isinstance(one, str)] if isinstance(value, Mapping | list) else []
    )


def under(value: Any, key: str) -> Iterator[Any]:
    """Whatever stands under a key somewhere in a value."""
    if isinstance(value, Mapping):
        if key in value:
            yield value[key]
        for inner in value.values():
            yield from under(inner, key)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from under(inner, key)
