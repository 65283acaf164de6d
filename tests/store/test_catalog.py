"""What the catalog's tables promise on both databases."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from ground import clock
from store.catalog import DefinitionVersion, Publication, PublishedItem
from store.database import Database

SOURCE = '{"item":{"z":1,"a":2},"forms":{"tea":{"sort":{},"day":{},"title":"Té \\u0000"}}}'
SIDES, KINDS = ("allow", "deny"), ("roles", "countries", "segments")
EVERYBODY: dict[str, Any] = {f"{side}_{kind}": "" for side in SIDES for kind in KINDS}


def keep(session: Session) -> None:
    session.add(DefinitionVersion(hash="h", item_id="tea", source=SOURCE, loaded_at=clock.now()))


def test_a_source_comes_back_byte_for_byte(database: Database) -> None:
    database.write_now(keep)

    stored = database.read_now(lambda session: session.get_one(DefinitionVersion, "h"))

    assert stored.source == SOURCE


def test_nothing_is_published_without_its_version(database: Database) -> None:
    def point(session: Session) -> None:
        row = PublishedItem(item_id="tea", hash="missing", category="c", icon="i", **EVERYBODY)
        session.add(row)
        session.flush()

    with pytest.raises(IntegrityError):
        database.write_now(point)


@pytest.mark.parametrize("change", ["UPDATE publication SET note = 'x'", "DELETE FROM publication"])
def test_what_has_happened_to_a_version_stays_written(database: Database, change: str) -> None:
    def tell(session: Session) -> None:
        keep(session)
        session.flush()
        event: Any = {"item_id": "tea", "number": 1, "hash": "h", "action": "loaded"}
        session.add(Publication(**event, actor="system", at=clock.now()))

    database.write_now(tell)

    with pytest.raises(DBAPIError, match="append-only"):
        database.write_now(lambda session: session.execute(text(change)))
