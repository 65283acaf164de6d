"""What has happened to definition versions, as people read it."""

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import Session, col, select

from ground.errors import NotFound
from ground.messages import moment, translate
from services import publications, version_lookup
from services.access import Viewer
from services.identity import zone_of
from store.catalog import Action, ItemLife, Publication
from store.identity import Account


class EventView(BaseModel):
    """One thing that happened to a version; `text` says it whole, `by` is who did it."""

    number: int
    action: Action
    version: str
    short: str
    at: datetime
    by: str
    by_account: str | None
    note: str
    effective_at: datetime | None
    text: str


def history(
    session: Session, viewer: Viewer | None, item_id: str, language: str
) -> list[EventView]:
    """What has happened to the versions of an item, the latest first. Raises as `readable`."""
    readable(session, viewer, item_id)
    return Teller(session, language, viewer).told(publications.events(session, item_id))


def readable(session: Session, viewer: Viewer | None, item_id: str) -> ItemLife:
    """The life of an item, for whoever may read it. Raises `NotFound` and `Forbidden`."""
    publications.by(viewer)
    life = session.get(ItemLife, item_id)
    if life is None:
        raise NotFound("definitions.no_item", item=item_id)
    return life


class Teller:
    """Tells events in the reader's language and zone, with the names of people."""

    def __init__(self, session: Session, language: str, viewer: Viewer | None) -> None:
        self.session, self.language = session, language
        self.zone = zone_of(viewer.zone if viewer else "UTC")

    def told(self, events: list[Publication]) -> list[EventView]:
        """The events, the latest first."""
        whose = self.whose(events)
        return [self.event(one, whose[one.number]) for one in reversed(events)]

    def event(self, event: Publication, who: str) -> EventView:
        """One event by somebody of that name."""
        params = {
            "who": who,
            "version": version_lookup.short(event.hash),
            "moment": moment(event.effective_at or event.at),
        }
        key = f"definitions.did_{event.action.replace('-', '_')}"
        return EventView(
            number=event.number,
            action=Action(event.action),
            version=event.hash,
            short=params["version"],
            at=event.at,
            by=who,
            by_account=event.actor_id,
            note=event.note,
            effective_at=event.effective_at,
            text=translate(self.language, key, params, self.zone),
        )

    def whose(self, events: Collection[Publication]) -> dict[int, str]:
        """Who did each of the events, by its number."""
        names = self.names({event.actor_id for event in events})
        return {
            event.number: names.get(event.actor_id or "") or self.nobody(event) for event in events
        }

    def names(self, account_ids: Collection[str | None]) -> dict[str, str]:
        """The names of accounts."""
        known = [account_id for account_id in account_ids if account_id]
        if not known:
            return {}
        rows = select(Account.id, Account.name).where(col(Account.id).in_(known))
        return dict(self.session.exec(rows).all())

    def nobody(self, event: Publication) -> str:
        """What to call whoever has no account, or no longer."""
        known = event.actor if event.actor in ("system", "console") else "somebody"
        return translate(self.language, f"definitions.by_{known}")
