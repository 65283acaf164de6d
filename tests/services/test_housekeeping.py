"""Housekeeping: everything that has had its time goes in one round, and a failure is no end."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel, func, select

from ground import clock
from ground.errors import NotFound, Unavailable
from services import background, housekeeping, mail, notifications, throttle, uploads
from services.document_files import FolderFiles
from store.database import Database
from store.documents import Document
from store.identity import LoginSession, LoginThrottle
from store.notifications import MailOut
from tests.people import demo_people
from tests.services.test_access import document_of


def count(database: Database, table: type[SQLModel]) -> int:
    query = select(func.count()).select_from(table)
    return database.read_now(lambda session: session.exec(query).one())


async def test_one_round_clears_everything_away(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = demo_people(database)

    def leave_things_lying(session: Session) -> None:
        account_id = people["customer"].account_id
        session.add(document_of(people["customer"]))
        notifications.notify(session, account_id, "common.not_found", {}, None, clock.now())
        keys = throttle.keys_for("x@example.com", "192.0.2.1")
        throttle.count_try(session, keys, clock.now())

    database.write_now(leave_things_lying)
    tables = (LoginSession, LoginThrottle, MailOut, Document)
    files = FolderFiles(tmp_path)
    await housekeeping.clear(database, files)
    assert all(count(database, table) for table in tables)
    later = clock.now() + mail.KEPT_FOR + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    await housekeeping.clear(database, files)
    assert [count(database, table) for table in tables] == [0, 0, 0, 0]


async def test_an_upload_that_takes_too_long_is_swept_away_with_its_bytes(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = demo_people(database)["customer"]
    files = FolderFiles(tmp_path)
    late = database.write_now(uploads.begin, customer, "a.pdf", 10, "")
    files.append(late.id, 0, b"half")
    soon = clock.now() + uploads.UNFINISHED_FOR + timedelta(minutes=1)
    await housekeeping.clear(database, files)
    assert files.held(late.id) == 4
    monkeypatch.setattr(clock, "now", lambda: soon)
    fresh = database.write_now(uploads.begin, customer, "a.pdf", 10, "")
    files.append(fresh.id, 0, b"half")
    await housekeeping.clear(database, files)
    assert (files.held(late.id), files.held(fresh.id)) == (0, 4)
    assert database.read_now(uploads.find, customer, fresh.id)
    with pytest.raises(NotFound):
        database.read_now(uploads.find, customer, late.id)


async def test_a_failed_round_is_told_and_followed_by_the_next(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rounds = 0
    third = asyncio.Event()

    async def clear(*_: object) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise Unavailable("common.database_unavailable", cause="locked")
        if rounds == 3:
            third.set()

    monkeypatch.setattr(housekeeping, "clear", clear)
    async with (
        asyncio.timeout(5),
        background.running(lambda: housekeeping.run(database, FolderFiles(tmp_path), 0.01)),
    ):
        await third.wait()
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert errors[0].exc_info
