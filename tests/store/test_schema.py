"""Migrations bring every database to the tables of the code."""

import threading

from sqlalchemy import text
from sqlmodel import Session

from store.database import Database
from store.schema import differences, upgrade


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


def drops(session: Session) -> list[str]:
    """What empties the database."""
    if session.get_bind().dialect.name == "postgresql":
        return ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"]
    names = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
    return ["PRAGMA defer_foreign_keys=on", *(f'DROP TABLE "{name}"' for name in names)]
