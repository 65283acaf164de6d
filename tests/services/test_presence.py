"""An agent is present, and takes cases, as long as they are signed in somewhere."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from ground import clock
from services import assignment, demo, identity
from store.cases import AgentProfile
from store.database import Database
from store.identity import Account, Role
from tests.services.requests_made import START


@pytest.fixture(autouse=True)
def _start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: START)


def add_account(session: Session, name: str, role: Role = Role.AGENT) -> None:
    session.add(
        Account(id=name, email=f"{name}@example.com", name=name, role=role, created_at=START)
    )


def signed_in(database: Database, name: str, after: timedelta = timedelta()) -> str:
    """The token of a new session."""
    return database.write_now(identity.open_session, name, "a browser", START + after).token


def present(database: Database, name: str) -> bool | None:
    """Whether an agent takes cases; None for somebody who never does."""
    profile = database.read_now(lambda session: session.get(AgentProfile, name))
    return profile.present if profile else None


@pytest.mark.parametrize("role", [Role.AGENT, Role.OPERATOR])
def test_staff_are_present_from_signing_in_to_signing_out(database: Database, role: Role) -> None:
    database.write_now(add_account, "ana", role)
    token = signed_in(database, "ana")
    assert present(database, "ana") is True
    database.write_now(identity.close_session, token)
    assert present(database, "ana") is False
    signed_in(database, "ana")
    assert present(database, "ana") is True


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.DESIGNER])
def test_nobody_else_is(database: Database, role: Role) -> None:
    database.write_now(add_account, "clara", role)
    database.write_now(identity.close_session, signed_in(database, "clara"))
    assert present(database, "clara") is None


def test_only_the_last_session_ends_presence(database: Database) -> None:
    database.write_now(add_account, "ana")
    first, second = signed_in(database, "ana"), signed_in(database, "ana")
    database.write_now(identity.close_session, first)
    assert present(database, "ana") is True
    database.write_now(identity.close_session, second)
    assert present(database, "ana") is False


def test_signed_out_everywhere_is_absent(database: Database) -> None:
    database.write_now(add_account, "ana")
    for _ in range(2):
        signed_in(database, "ana")
    database.write_now(identity.close_sessions, "ana")
    assert present(database, "ana") is False


def test_the_sweep_ends_the_presence_of_those_whose_sessions_have_run_out(
    database: Database,
) -> None:
    for name in ("ana", "bea"):
        database.write_now(add_account, name)
        signed_in(database, name)
    signed_in(database, "bea", after=identity.IDLE)
    database.write_now(identity.sweep, START + identity.IDLE + timedelta(minutes=1))
    assert (present(database, "ana"), present(database, "bea")) == (False, True)


def test_a_token_nobody_holds_ends_nothing(database: Database) -> None:
    database.write_now(add_account, "ana")
    signed_in(database, "ana")
    database.write_now(identity.close_session, "no such token")
    assert present(database, "ana") is True


def test_demo_agents_take_cases_until_they_have_signed_in_and_out_again(
    database: Database,
) -> None:
    database.write_now(demo.load, "a hash")
    everyone = database.read_now(assignment.agents)
    assert len(everyone) == len(demo.LEVELS)
    assert all(agent.present and agent.capacity > 0 for agent in everyone)
    skills = {skill: level for agent in everyone for skill, level in agent.skills.items()}
    assert (skills["billing"], skills["network"], skills["general"]) == (3, 3, 1)
    agent = everyone[0].id
    database.write_now(identity.close_session, signed_in(database, agent))
    database.write_now(demo.load, "a hash")
    assert present(database, agent) is False


def test_members_of_a_group_are_its_active_staff(database: Database) -> None:
    def team(session: Session) -> None:
        for name, role, active in (
            ("ana", Role.AGENT, True),
            ("olga", Role.OPERATOR, True),
            ("gone", Role.AGENT, False),
            ("clara", Role.CUSTOMER, True),
        ):
            add_account(session, name, role)
            account = session.get_one(Account, name)
            account.groups, account.active = ["support"], active
        add_account(session, "bea")

    database.write_now(team)
    assert sorted(database.read_now(identity.members, "support")) == ["ana", "olga"]
