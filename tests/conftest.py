"""The servers that tests share; each is real, and says how to get it where it is missing."""

import gc
import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from processes.leaving import leave
from settings import PREFIX, ROOT, TEST_PREFIX, Settings
from tests.real import postgres as real_postgres

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from temporalio.client import Client
    from temporalio.testing import WorkflowEnvironment

    from store.database import Database
    from tests.real.installation import Installation
    from tests.real.mail import Mailbox

IN_CI = os.environ.get("CI") == "true"


# How a test run begins and ends


MEMORY = Path("/dev/shm")
ENOUGH_MEMORY = 4 * 1024**3


def pytest_configure(config: pytest.Config) -> None:
    """The developer's own settings must not change what the tests see."""
    for name in list(os.environ):
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX):
            del os.environ[name]
    keep_files_in_memory()


def keep_files_in_memory() -> None:
    """Temporary files lie in memory where there is room: each database is some hundred files.

    On a disk they take half of the processor's time. A `TMPDIR` of the developer's own counts.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ENOUGH_MEMORY:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Thousands of tests are many objects: let none of them be looked at by garbage collection."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """A skipped test, by a mark, a fixture or itself."""
    return refused_in_ci((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    """A skipped module."""
    return refused_in_ci((yield))


def refused_in_ci(report: Any) -> Any:
    """In CI nothing may be skipped: what a test needs must be there."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.longrepr[2]}, which CI does not allow"
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep the session, whose exit code may still change."""
    session.config.stash[SESSION] = session


SESSION = pytest.StashKey[pytest.Session]()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave with the tests' own exit code, before Temporal's exit can change it."""
    session = config.stash.get(SESSION, None)
    if session is not None:
        leave(int(session.exitstatus))


# Databases


@pytest.fixture(scope="session")
def postgres() -> Iterator[real_postgres.Postgres]:
    """A PostgreSQL server with a template that has the current schema."""
    with real_postgres.available() as url:
        if url is None:
            pytest.skip(real_postgres.HOW_TO_GET)
        server = real_postgres.Postgres(url)
        server.create_template(with_schema)
        yield server
        server.close()


@pytest.fixture
def postgres_url(postgres: real_postgres.Postgres) -> Iterator[str]:
    """A PostgreSQL database of one's own, with the current schema."""
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the current schema."""
    path = tmp_path_factory.mktemp("template") / "ventanilla.db"
    with_schema(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(truncate)")
    connection.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A SQLite file of one's own, with the current schema."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'ventanilla.db')}"


@pytest.fixture(scope="session")
def delivered_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the catalog as it is delivered."""
    path = tmp_path_factory.mktemp("delivered") / "ventanilla.db"
    return with_catalog(Path(shutil.copy(sqlite_template, path)))


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs on both databases."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator["Database"]:
    """An open, empty database of one's own, on each of the two kinds."""
    from store.database import Database

    database = Database(database_url)
    yield database
    database.close()


def with_schema(url: str) -> None:
    """Bring the database at `url` to the current schema."""
    from store.database import Database
    from store.schema import upgrade

    database = Database(url)
    upgrade(database)
    database.close()


def with_catalog(
    path: Path, definitions: Path = ROOT / "catalog_defs", forms: Path = ROOT / "forms"
) -> Path:
    """Publish a catalog in the SQLite file."""
    from services import publishing
    from store.database import Database
    from workflows.registry import definition_registry

    database = Database(f"sqlite:///{path}")
    refreshed = database.write_now(publishing.refresh, definitions, forms, definition_registry())
    assert not refreshed.problems, refreshed.problems
    database.close()
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a data folder of one's own."""
    return Settings(data_dir=tmp_path / "var", secret_key="only-for-tests-0123456789")


# Temporal

NAMESPACES = count(1)


@pytest.fixture(scope="session")
def temporal_dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Temporal dev server."""
    from tests.real.temporal import dev_server

    with dev_server(tmp_path_factory.mktemp("temporal")) as address:
        yield address


@pytest.fixture
async def temporal(temporal_dev: str, settings: Settings) -> "Client":
    """A client of a namespace of one's own on the dev server, prepared as ours are."""
    from services.temporal import connect, create_namespace, prepare

    ours = settings.model_copy(
        update={"temporal_address": temporal_dev, "temporal_namespace": f"test-{next(NAMESPACES)}"}
    )
    client = await connect(ours)
    # The server remembers for a second that it was asked for a name that was not there.
    await create_namespace(client, timedelta(days=1))
    assert await prepare(client, ours) == []
    return client


@pytest.fixture
async def time_skipping() -> "AsyncIterator[WorkflowEnvironment]":
    """A Temporal server of one's own whose clock leaps over whatever nobody waits for."""
    from temporalio.testing import WorkflowEnvironment

    from services.temporal import data_converter
    from tests.real import temporal as real_temporal

    program = real_temporal.time_skipping_binary()
    if program is None:
        pytest.skip(real_temporal.HOW_TO_GET)
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(program), data_converter=data_converter()
    )
    async with environment:
        await real_temporal.add_search_attributes(environment.client)
        yield environment


# Browser, mail, and Ventanilla itself


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A browser for the plain (not async) tests of one module; each opens its own context."""
    from tests.real import browser as real_browser

    with real_browser.launched() as browser:
        if browser is None:
            pytest.skip(real_browser.HOW_TO_GET)
        yield browser


@pytest.fixture
def smtp() -> "Iterator[Mailbox]":
    """A mail server of one's own."""
    from tests.real.mail import server

    with server() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def installations(
    tmp_path_factory: pytest.TempPathFactory,
) -> "Iterator[Callable[..., Installation]]":
    """Makes installations of Ventanilla, not yet started, that end with the module."""
    from tests.real.installation import Installation

    made: list[Installation] = []

    def make(**environ: str) -> Installation:
        made.append(Installation(tmp_path_factory.mktemp("installation"), environ))
        return made[-1]

    yield make
    for installation in made:
        installation.end()
