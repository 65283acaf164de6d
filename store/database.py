"""The database as the floors above see it: units of work, run in threads.

A unit of work is a plain function whose first argument is a `Session`. It never commits: `write`
gives it one transaction, `read` a snapshot. On SQLite every write of a process passes one writer
thread, which commits whatever has queued up meanwhile together (group commit), each unit in a
savepoint of its own. On PostgreSQL each write has its own connection and transaction.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from ground.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")
Work = Callable[Concatenate[Session, P], T]

READERS = 16
LOCK_WAIT_MS = 10_000
LOCK_POLL_SECONDS = 0.001
LARGEST_GROUP = 64
CHANNEL = "ventanilla"
"""The PostgreSQL notification channel that tells every process of a change."""


class Database:
    """One database, SQLite or PostgreSQL, by its SQLAlchemy address."""

    def __init__(self, url: str) -> None:
        self.url = normalise(url)
        self.is_sqlite = self.url.startswith("sqlite")
        self.readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self.nearby: Session | None = None
        if self.is_sqlite:
            self.engine = sqlite_engine(self.url, read_only=True)
            self.write_engine = sqlite_engine(self.url, read_only=False)
            self.writer: Writer = GroupCommitWriter(self.write_engine)
        else:
            self.engine = create_engine(self.url, pool_size=READERS, max_overflow=READERS)
            self.write_engine = self.engine
            self.writer = PooledWriter(self.engine)

    async def read(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` on a snapshot, in a thread; what it changes is thrown away."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self.readers, lambda: self.read_now(work, *args, **kwargs)
        )

    async def glance(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`read` for work that looks a few rows up by their keys, and is called all the time.

        SQLite answers that on this very thread in less time than it takes to wake another.
        """
        if not self.is_sqlite:
            return await self.read(work, *args, **kwargs)
        if self.nearby is None:
            self.nearby = Session(self.engine.connect(), expire_on_commit=False)
        try:
            with busy_is_unavailable():
                return work(self.nearby, *args, **kwargs)
        finally:
            if self.nearby.in_transaction():
                self.nearby.close()

    async def write(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one transaction and return after its commit; any exception undoes it."""
        return await self.writer.run(lambda s: work(s, *args, **kwargs))

    def read_now(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`read` for callers outside an event loop."""
        with busy_is_unavailable(), Session(self.engine, expire_on_commit=False) as session:
            return work(session, *args, **kwargs)

    def write_now(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` for callers outside an event loop."""
        return self.writer.submit(lambda s: work(s, *args, **kwargs)).result()

    def close(self) -> None:
        """Finish what has been submitted, then let go of every connection."""
        self.writer.close()
        self.readers.shutdown()
        if self.nearby:
            self.nearby.connection().close()
        self.engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)


def normalise(url: str) -> str:
    """The same address with the driver this project uses for PostgreSQL."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def notify(session: Session) -> None:
    """Mark this unit of work as one that other processes must hear of at once."""
    session.info["notify"] = True


@contextmanager
def busy_is_unavailable() -> Iterator[None]:
    """Turn a lock that outlasted the wait, or a lost connection, into a plain `Unavailable`."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable("common.database_unavailable", cause=str(error.orig)) from error
    except sqlite3.OperationalError as error:
        raise Unavailable("common.database_unavailable", cause=str(error)) from error


class Writer:
    """What `Database.write` needs of a writer; `written` counts the units it has done."""

    written = 0

    def submit(self, work: Callable[[Session], T]) -> Future[T]:
        """Queue a unit of work; the future has its result after the commit."""
        raise NotImplementedError

    async def run(self, work: Callable[[Session], T]) -> T:
        """The result of a unit of work, after its commit."""
        return await asyncio.wrap_future(self.submit(work))

    def close(self) -> None:
        raise NotImplementedError


class PooledWriter(Writer):
    """PostgreSQL: a thread, a connection and a transaction for each unit of work."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.threads = ThreadPoolExecutor(READERS, thread_name_prefix="writer")

    def submit(self, work: Callable[[Session], T]) -> Future[T]:
        return self.threads.submit(self._run, work)

    def _run(self, work: Callable[[Session], T]) -> T:
        with (
            busy_is_unavailable(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            result = work(session)
            if session.info.get("notify"):
                session.flush()
                session.execute(text("select pg_notify(:channel, '')"), {"channel": CHANNEL})
            self.written += 1
            return result

    def close(self) -> None:
        self.threads.shutdown()


@dataclass
class Job:
    """One queued unit of work and who waits for it, on an event loop or in a thread."""

    work: Callable[[Session], Any]
    waiting: Future[Any] | asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def run(self, connection: Connection) -> None:
        """Do the work inside a savepoint, so that its failure is its own.

        The session makes a savepoint as well once it is used, for its own idea of a transaction;
        this one covers plain statements too, at a fiftieth of the price.
        """
        cursor = connection.connection.cursor()
        cursor.execute("SAVEPOINT unit")
        session = Session(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )
        try:
            with busy_is_unavailable():
                self.result = self.work(session)
                if session.in_transaction():
                    session.commit()
        except BaseException as error:
            self.error = error
        finally:
            session.close()
        if self.error:
            cursor.execute("ROLLBACK TO unit")
        cursor.execute("RELEASE unit")

    def settle(self) -> None:
        """Tell whoever still waits."""
        if self.waiting.done():
            return
        if self.error is None:
            self.waiting.set_result(self.result)
        else:
            self.waiting.set_exception(self.error)


def settle(group: list[Job]) -> None:
    """Tell everyone who waits; an event loop is woken once for all of its jobs."""
    of_loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in group:
        if isinstance(job.waiting, Future):
            job.settle()
        else:
            of_loops.setdefault(job.waiting.get_loop(), []).append(job)
    for loop, jobs in of_loops.items():
        # Nobody waits on a loop that has been closed.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle_here, jobs)


def settle_here(jobs: list[Job]) -> None:
    """Tell those who wait on this loop."""
    for job in jobs:
        job.settle()


class GroupCommitWriter(Writer):
    """SQLite: one thread writes, and one commit serves all units that were waiting."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self.closing = False
        self.thread = threading.Thread(target=self._serve, name="sqlite-writer", daemon=True)
        self.thread.start()

    def submit(self, work: Callable[[Session], T]) -> Future[T]:
        waiting: Future[T] = Future()
        waiting.set_running_or_notify_cancel()
        self.jobs.put(Job(work, waiting))
        return waiting

    async def run(self, work: Callable[[Session], T]) -> T:
        waiting: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.jobs.put(Job(work, waiting))
        return await waiting

    def close(self) -> None:
        self.jobs.put(None)
        self.thread.join()
        self.engine.dispose()

    def _serve(self) -> None:
        while not self.closing:
            group = self._next_group()
            if group:
                self._commit_together(group)

    def _next_group(self) -> list[Job]:
        group: list[Job] = []
        job = self.jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == LARGEST_GROUP:
                return group
            try:
                job = self.jobs.get_nowait()
            except queue.Empty:
                return group
        self.closing = True
        return group

    def _commit_together(self, group: list[Job]) -> None:
        try:
            with busy_is_unavailable(), self.engine.begin() as connection:
                for job in group:
                    job.run(connection)
        except BaseException as error:
            for job in group:
                job.error = error
        self.written += len(group)
        settle(group)


def sqlite_engine(url: str, *, read_only: bool) -> Engine:
    """An engine for a SQLite file in WAL mode with full sync, for readers or for the writer."""
    engine = create_engine(url, pool_size=READERS if read_only else 1)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver must not begin by itself: a deferred transaction can fail to become a writer.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={LOCK_WAIT_MS}",
            "journal_mode=wal",
            "synchronous=full",
            "foreign_keys=on",
            "cache_size=-32000",
            # Else what a savepoint may have to bring back goes to a file.
            "temp_store=memory",
            f"query_only={'on' if read_only else 'off'}",
            f"busy_timeout={LOCK_WAIT_MS if read_only else 0}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        if read_only:
            connection.exec_driver_sql("BEGIN")
        else:
            begin_writing(connection)

    return engine


def begin_writing(connection: Connection) -> None:
    """Begin as the one writer of all processes, once the others let us.

    SQLite's own waiting sleeps ever longer, up to 100 ms at a time, and so loses the lock again and
    again to whoever comes by in between.
    """
    deadline = time.monotonic() + LOCK_WAIT_MS / 1000
    while True:
        try:
            connection.connection.cursor().execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(LOCK_POLL_SECONDS)
