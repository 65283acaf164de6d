"""Migrations bring every database to the tables of the code."""

import json
import threading
from datetime import UTC, datetime
from typing import Any

from alembic import command
from sqlalchemy import column, insert, table, text
from sqlmodel import Session, select

from store.catalog import DefinitionVersion, ItemLife, Publication
from store.database import Database
from store.schema import config, differences, upgrade
from tests.store.test_catalog import EVERYBODY


def test_migrations_agree_with_the_tables(database: Database) -> None:
    assert differences(database) == []


def test_upgrading_again_changes_nothing(database: Database) -> None:
    upgrade(database)
    assert differences(database) == []


def test_processes_that_start_together_take_turns(database: Database) -> None:
    def empty(session: Session) -> None:
        for statement in drops(session):
            session.execute(text(statement))

    database.write_now(empty)
    faults: list[BaseException] = []

    def start() -> None:
        try:
            upgrade(database)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert differences(database) == []


def test_versions_that_were_there_before_their_life_was_kept_get_one(database: Database) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)

    def empty(session: Session) -> None:
        for statement in drops(session):
            session.execute(text(statement))

    def versions(session: Session) -> None:
        for hash, publish in (("old", {}), ("new", {}), ("waiting", {"publish": "review"})):
            source = json.dumps({"item": publish, "forms": {}})
            row = {"hash": hash, "item_id": "tea", "source": source, "loaded_at": at}
            session.execute(insert(DefinitionVersion), row)
        pointer = {"item_id": "tea", "hash": "new", "category": "c", "icon": "i"}
        published: dict[str, Any] = pointer | EVERYBODY
        session.execute(insert(table("published_item", *map(column, published))).values(published))

    def events(session: Session) -> list[tuple[str, str]]:
        rows = session.exec(select(Publication)).all()
        assert session.get_one(ItemLife, "tea").last_event == 5
        return sorted((row.hash, row.action) for row in rows if row.at == at)

    database.write_now(empty)
    with database.write_engine.begin() as connection:
        command.upgrade(config(connection), "0001")
    database.write_now(versions)
    upgrade(database)

    assert database.read_now(events) == [
        ("new", "loaded"),
        ("new", "published"),
        ("old", "loaded"),
        ("old", "published"),
        ("waiting", "loaded"),
    ]


def drops(session: Session) -> list[str]:
    """What empties the database."""
    if session.get_bind().dialect.name == "postgresql":
        return ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"]
    names = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
    return ["PRAGMA defer_foreign_keys=on", *(f'DROP TABLE "{name}"' for name in names)]
