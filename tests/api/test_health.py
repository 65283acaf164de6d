"""Liveness and readiness."""

import asyncio
import resource
import shutil
import time
from collections import namedtuple
from datetime import timedelta

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import sql
from sqlalchemy import text

from ground import clock
from services import health
from settings import Settings
from store.database import Database
from store.requests import Delivery
from tests.people import demo_people
from tests.services.test_access import add, request_of


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    """An application whose Temporal answers."""

    async def answers() -> None: ...

    app.state.temporal_check = answers
    return app


def failing(client: TestClient) -> dict[str, str]:
    """The checks that are not ok, with their details."""
    response = client.get("/health/ready")
    body = response.json()
    bad = {name: check["detail"] for name, check in body["checks"].items() if not check["ok"]}
    assert response.status_code == (503 if bad else 200)
    assert body["status"] == ("not ready" if bad else "ready")
    assert set(body["checks"]) == {"database", "disk", "temporal", "outbox"}
    assert response.headers["cache-control"] == "no-store"
    return bad


def test_a_running_process_is_live(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}


def test_everything_in_order_is_ready(client: TestClient) -> None:
    assert failing(client) == {}


def test_a_temporal_that_does_not_answer_is_named(app: FastAPI, client: TestClient) -> None:
    async def refused() -> None:
        raise RuntimeError("connection refused")

    app.state.temporal_check = refused
    assert failing(client) == {"temporal": "does not answer: connection refused"}


def test_a_temporal_that_hangs_does_not_hang_us(
    app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs() -> None:
        await asyncio.sleep(60)

    app.state.temporal_check = hangs
    monkeypatch.setattr(health, "PATIENCE", 0.2)
    start = time.perf_counter()
    assert failing(client) == {"temporal": "no answer within 0.2 s"}
    assert time.perf_counter() - start < 5


def test_no_temporal_at_all_is_not_ready(app: FastAPI, client: TestClient) -> None:
    app.state.temporal_check = None
    assert "temporal" in failing(client)


def test_undelivered_rows_that_grow_old_are_named(client: TestClient, database: Database) -> None:
    people = demo_people(database)
    request = request_of(people["customer"])
    old = clock.now() - health.LONGEST_LAG - timedelta(seconds=5)
    row = Delivery(request_id=request.id, number=1, kind="start", created_at=old, not_before=old)
    add(database, request, row)
    assert list(failing(client)) == ["outbox"]


def test_a_disk_that_fills_up_is_named(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 50 * 1024**2))
    assert failing(client) == {"disk": "50 MB free in the data folder"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_named(client: TestClient) -> None:
    assert failing(client) == {}
    client.app.state.readiness.answer = None  # type: ignore[attr-defined]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        bad = failing(client)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(bad) == ["database"]
    assert bad["database"].startswith("cannot write: ")
    client.app.state.readiness.answer = None  # type: ignore[attr-defined]
    assert failing(client) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_that_cannot_be_written_is_named(client: TestClient, database: Database) -> None:
    database.write_now(lambda session: session.exec(text("PRAGMA query_only=on")).close())  # type: ignore[call-overload]
    bad = failing(client)
    assert list(bad) == ["database"]
    assert "readonly" in bad["database"]


def test_a_server_that_only_reads_is_named(settings: Settings, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(
                sql.Identifier(server.info.dbname)
            )
        )
    database = Database(postgres_url)
    finding = asyncio.run(health.check_database(database))
    database.close()
    assert not finding.ok
    assert "read-only transaction" in finding.detail


def test_the_answer_is_shared_for_a_second(
    app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    async def counted() -> None:
        nonlocal calls
        calls += 1

    app.state.temporal_check = counted
    for _ in range(5):
        failing(client)
    assert calls == 1
    app.state.readiness.at -= 1.1
    failing(client)
    assert calls == 2


def test_settings_name_the_folder_that_is_watched(settings: Settings, client: TestClient) -> None:
    shutil.rmtree(settings.data_dir)
    assert list(failing(client)) == ["disk"]
