"""Units of work: durable together, failing alone, whatever kind of statement they use."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from ground.errors import NotFound, Unavailable
from store import database as database_module
from store.database import Database
from store.identity import Account, LoginSession
from store.plain import Plain
from store.requests import RequestStage
from tests.services.requests_made import START, add_request

INSERT_STAGE = Plain.inserting(RequestStage)


def stage(session: Session, request_id: str, name: str) -> None:
    """A row by a plain statement."""
    INSERT_STAGE(session, request_id=request_id, stage=name, state="done", started_at=START)


def stages(database: Database) -> list[str]:
    query = select(RequestStage.stage).order_by(RequestStage.stage)
    return database.read_now(lambda session: list(session.exec(query)))


@pytest.fixture
def request_id(database: Database) -> str:
    return database.write_now(add_request, "r1")


def together(database: Database, *works: Any) -> list[Future[Any]]:
    """Queue units while the writer is busy, so that one commit serves them all."""
    held, go = threading.Event(), threading.Event()

    def hold(_session: Session) -> None:
        held.set()
        go.wait(10)

    database.writer.submit(hold)
    held.wait(10)
    waiting = [database.writer.submit(work) for work in works]
    go.set()
    return waiting


class TestAUnitThatFails:
    def test_leaves_its_neighbours_alone(self, database: Database, request_id: str) -> None:
        def fail(session: Session) -> None:
            stage(session, request_id, "b")
            session.add(
                RequestStage(request_id=request_id, stage="b2", state="x", started_at=START)
            )
            session.flush()
            raise NotFound("common.not_found")

        first, second, third = together(
            database,
            lambda session: stage(session, request_id, "a"),
            fail,
            lambda session: stage(session, request_id, "c"),
        )
        first.result(10)
        third.result(10)
        with pytest.raises(NotFound):
            second.result(10)
        assert stages(database) == ["a", "c"]

    def test_at_its_end_undoes_its_plain_statements_too(
        self, database: Database, request_id: str
    ) -> None:
        def twice(session: Session) -> None:
            stage(session, request_id, "a")
            for key in ("same", "same"):
                session.add(
                    Account(id=key, email=f"{key}@example.com", name="", role="customer",
                            created_at=START)
                )  # fmt: skip

        first, second = together(database, twice, lambda s: stage(s, request_id, "z"))
        with pytest.raises(IntegrityError):
            first.result(10)
        second.result(10)
        assert stages(database) == ["z"]

    def test_can_be_followed_by_a_better_try(self, database: Database, request_id: str) -> None:
        with pytest.raises(ZeroDivisionError):
            database.write_now(lambda _session: 1 // 0)
        database.write_now(stage, request_id, "a")
        assert stages(database) == ["a"]


def test_a_lost_table_is_the_database_s_trouble_not_the_caller_s(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    database.write_now(
        lambda session: session.connection().exec_driver_sql("DROP TABLE request_stage")
    )
    with pytest.raises(Unavailable):
        database.write_now(stage, "r1", "a")
    database.close()


class TestALockedDatabase:
    @pytest.fixture
    def locked(self, sqlite_url: str) -> Iterator[tuple[Database, sqlite3.Connection]]:
        """A database that another process is just writing to."""
        database = Database(sqlite_url)
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield database, other
        other.close()
        database.close()

    def test_is_waited_for(self, locked: tuple[Database, sqlite3.Connection]) -> None:
        database, other = locked
        waiting = database.writer.submit(lambda session: add_request(session, "r1"))
        with pytest.raises(TimeoutError):
            waiting.result(0.2)
        other.execute("COMMIT")
        assert waiting.result(5) == "r1"

    def test_is_given_up_in_the_end_and_works_again_later(
        self, locked: tuple[Database, sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database, other = locked
        monkeypatch.setattr(database_module, "LOCK_WAIT_MS", 100)
        with pytest.raises(Unavailable):
            database.write_now(add_request, "r1")
        other.execute("COMMIT")
        assert database.write_now(add_request, "r1") == "r1"


class TestPlain:
    def test_reads_what_a_model_has_written(self, database: Database) -> None:
        at = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)
        find = Plain(select(Account.name, Account.groups, Account.country, Account.created_at))
        database.write_now(
            lambda session: session.add(
                Account(id="a", email="a@example.com", name="Ana", role="agent",
                        groups=["x", "y"], created_at=at)
            )
        )  # fmt: skip
        (row,) = database.read_now(find)
        assert (row.name, row.groups, row.country, row.created_at) == ("Ana", ["x", "y"], None, at)

    def test_writes_what_a_model_reads(self, database: Database) -> None:
        at = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)
        insert = Plain.inserting(LoginSession)
        database.write_now(
            lambda session: session.add(
                Account(id="a", email="a@example.com", name="", role="agent", created_at=at)
            )
        )
        database.write_now(
            insert,
            token_hash="t",
            account_id="a",
            created_at=at,
            expires_at=at,
            seen_at=at,
            user_agent="",
        )
        assert database.read_now(lambda s: s.get_one(LoginSession, "t")).seen_at == at

    def test_tells_of_a_value_that_is_missing(self, database: Database) -> None:
        with pytest.raises(Exception, match="stage"):
            database.write_now(INSERT_STAGE, request_id="r1", state="done", started_at=START)


class TestGlance:
    async def test_sees_each_commit_and_changes_nothing(self, database: Database) -> None:
        def names(session: Session) -> list[str]:
            return [account.name for account in session.exec(select(Account))]

        def rename(session: Session) -> None:
            session.exec(select(Account)).one().name = "Eva"
            session.flush()

        assert await database.glance(names) == []
        for name in ("Ana", "Bea"):
            await database.write(
                lambda session, name=name: session.merge(  # type: ignore[misc]
                    Account(id="a", email="a@example.com", name=name, role="agent",
                            created_at=START)
                )
            )  # fmt: skip
            assert await database.glance(names) == [name]
        if database.is_sqlite:
            with pytest.raises(Unavailable):
                await database.glance(rename)
        assert await database.glance(names) == ["Bea"]
