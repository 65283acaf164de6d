"""Dispatch: waiting and abandoned cases move, their workflows are owed the news, and no more."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from ground import clock
from services import assignment, cases, dispatch
from store.cases import CaseState
from store.database import Database
from store.requests import Delivery, Request
from tests.services.agents import add_agent, add_case, case_of
from tests.services.requests_made import START

LATER = START + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


def owed(session: Session) -> list[tuple[str, str, object, object]]:
    """What is owed to workflows: request, kind and body."""
    rows = session.exec(select(Delivery).order_by(col(Delivery.request_id), col(Delivery.number)))
    return [(r.request_id, r.kind, r.body.get("assignee"), r.body.get("revision")) for r in rows]


async def test_a_queued_case_finds_an_agent_and_its_workflow_hears_of_it(
    database: Database,
) -> None:
    def team(session: Session) -> None:
        add_agent(session, "ana", capacity=1)
        add_case(session, "c1")
        add_case(session, "c2", at=LATER)

    database.write_now(team)
    await dispatch.dispatch(database)
    assert database.read_now(owed) == [("c1", "assignment", "ana", 1)]
    assert database.read_now(case_of, "c1").assigned_at == LATER
    await dispatch.dispatch(database)
    assert len(database.read_now(owed)) == 1


async def test_an_absent_agents_cases_move_to_a_colleague_or_the_queue(database: Database) -> None:
    def team(session: Session) -> None:
        add_agent(session, "ana")
        for name in ("c1", "c2"):
            add_case(session, name)
            assignment.assign(session, name, START)
        add_agent(session, "bea", capacity=1)
        assignment.set_presence(session, "ana", False)

    database.write_now(team)
    await dispatch.dispatch(database)
    assert database.read_now(owed) == [
        ("c1", "assignment", "bea", 1),
        ("c2", "assignment", None, 1),
    ]
    assert database.read_now(case_of, "c2").state == CaseState.QUEUED


async def test_a_case_that_outlived_its_request_is_closed_and_frees_its_agent(
    database: Database,
) -> None:
    def team(session: Session) -> None:
        add_agent(session, "ana", capacity=1)
        add_case(session, "c1")
        assignment.assign(session, "c1", START)
        add_case(session, "c2")
        session.get_one(Request, "c1").closed_at = START

    database.write_now(team)
    await dispatch.dispatch(database)
    assert database.read_now(case_of, "c1").state == CaseState.CLOSED
    assert database.read_now(owed) == [("c2", "assignment", "ana", 1)]


async def test_nothing_is_written_while_nothing_can_move(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def team(session: Session) -> None:
        add_agent(session, "ana", present=False)
        add_case(session, "c1")

    database.write_now(team)

    async def refuse(*args: object) -> None:
        raise AssertionError("a transaction was opened for writing")

    monkeypatch.setattr(database, "write", refuse)
    await dispatch.dispatch(database)


async def test_it_goes_on_until_it_is_stopped(database: Database) -> None:
    running = asyncio.create_task(dispatch.run(database, every=0.01))

    def arrive(session: Session) -> None:
        add_agent(session, "ana")
        add_case(session, "c1")

    database.write_now(arrive)
    async with asyncio.timeout(10):
        while database.read_now(case_of, "c1").state == CaseState.QUEUED:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_two_servers_move_a_case_once(database: Database) -> None:
    def team(session: Session) -> None:
        add_agent(session, "ana", capacity=10)
        for number in range(5):
            add_case(session, f"c{number}")

    database.write_now(team)
    await asyncio.gather(dispatch.dispatch(database), dispatch.dispatch(database))
    told = database.read_now(owed)
    assert [request for request, *_ in told] == [f"c{number}" for number in range(5)]


def test_a_closed_case_is_not_looked_at_again(database: Database) -> None:
    def ended(session: Session) -> None:
        add_case(session, "c1")
        session.get_one(Request, "c1").closed_at = START
        cases.close(session, "c1", START)

    database.write_now(ended)
    assert database.read_now(cases.abandoned) == []
