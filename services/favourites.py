"""The items that a person has given a star."""

from collections.abc import Collection

from sqlalchemy import delete
from sqlmodel import Session, col, select

from ground import clock
from services import catalog
from services.access import Viewer
from store.catalog import Favourite
from store.upserts import insert_new


def add(session: Session, viewer: Viewer, item_id: str) -> None:
    """Give an item a star; again is the same. Raises `NotFound` unless they may request it."""
    catalog.published(session, item_id, viewer)
    star = {"account_id": viewer.account_id, "item_id": item_id, "since": clock.now()}
    insert_new(session, Favourite, [star])


def remove(session: Session, viewer: Viewer, item_id: str) -> None:
    """Take the star away, if there is one."""
    session.execute(
        delete(Favourite).where(
            col(Favourite.account_id) == viewer.account_id, col(Favourite.item_id) == item_id
        )
    )


def of(session: Session, viewer: Viewer) -> list[str]:
    """The items with a star, the latest first; some may not be for the viewer any longer."""
    rows = select(Favourite.item_id).where(Favourite.account_id == viewer.account_id)
    return list(session.exec(rows.order_by(col(Favourite.since).desc(), col(Favourite.item_id))))


def among(session: Session, viewer: Viewer, item_ids: Collection[str]) -> set[str]:
    """Those of the items that have a star."""
    rows = select(Favourite.item_id).where(
        Favourite.account_id == viewer.account_id, col(Favourite.item_id).in_(item_ids)
    )
    return set(session.exec(rows))
