"""What happens to definition versions: who did it, when and why, under the lock of their item."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from ground.errors import Forbidden
from services.access import Viewer
from store.catalog import Action, ItemLife, Publication
from store.identity import Role
from store.upserts import insert_new

DESIGNERS = (Role.DESIGNER, Role.OPERATOR)
"""Who may see and publish definitions."""


@dataclass(frozen=True)
class By:
    """Who acts: `system`, `console`, or a role with its account."""

    actor: str
    account_id: str | None = None


SYSTEM = By("system")
CONSOLE = By("console")
"""Whoever runs commands on the server, and has not said who that is."""


def by(viewer: Viewer | None) -> By:
    """A person who may publish; None is the console. Raises `Forbidden` for any other role."""
    if viewer is None:
        return CONSOLE
    if viewer.role not in DESIGNERS:
        raise Forbidden("definitions.not_your_role")
    return By(viewer.role.value, viewer.account_id)


def locked(session: Session, item_ids: Collection[str]) -> dict[str, ItemLife]:
    """The lives of these items, begun where there is none, locked until the transaction ends."""
    ids = sorted(set(item_ids))
    insert_new(
        session, ItemLife, [{"item_id": id, "last_event": 0, "reviewed": False} for id in ids]
    )
    rows = session.exec(
        select(ItemLife)
        .where(col(ItemLife.item_id).in_(ids))
        .order_by(col(ItemLife.item_id))
        .with_for_update(),
        execution_options={"populate_existing": True},
    )
    return {life.item_id: life for life in rows}


def tell(
    session: Session,
    life: ItemLife,
    action: Action,
    hash: str,
    who: By,
    at: datetime,
    note: str = "",
    effective_at: datetime | None = None,
) -> None:
    """Write down what happens to a version of a locked item."""
    life.last_event += 1
    session.add(life)
    session.add(
        Publication(
            item_id=life.item_id,
            number=life.last_event,
            hash=hash,
            action=action,
            actor=who.actor,
            actor_id=who.account_id,
            at=at,
            note=note,
            effective_at=effective_at,
        )
    )


def events(session: Session, item_id: str) -> list[Publication]:
    """Everything that has happened to the versions of an item, the latest last."""
    query = select(Publication).where(Publication.item_id == item_id)
    return list(session.exec(query.order_by(col(Publication.number))))
