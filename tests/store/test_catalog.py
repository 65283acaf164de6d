"""What the catalog's tables promise on both databases."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from ground import clock
from store.catalog import DefinitionVersion, PublishedItem
from store.database import Database

SOURCE = '{"item":{"z":1,"a":2},"forms":{"tea":{"sort":{},"day":{},"title":"Té \\u0000"}}}'
SIDES, KINDS = ("allow", "deny"), ("roles", "countries", "segments")
EVERYBODY = {f"{side}_{kind}": "" for side in SIDES for kind in KINDS}


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
