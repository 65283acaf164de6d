"""A database can be made again what it was, while it stays open."""

from contextlib import closing
from pathlib import Path

from sqlmodel import Session, select

from services import demo, identity
from store.billing import Subscription, SubscriptionStatus
from store.database import Database
from store.schema import upgrade
from studio.snapshot import Snapshot


def end_all(session: Session) -> None:
    for subscription in session.exec(select(Subscription)):
        subscription.status = SubscriptionStatus.ENDED


def statuses(session: Session) -> set[str]:
    return set(session.exec(select(Subscription.status)))


def test_a_database_becomes_what_it_was(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/v.db")
    upgrade(database)
    database.write_now(identity.load_demo_accounts, "nobody signs in")
    database.write_now(demo.load_customers)

    with closing(database), closing(Snapshot(database)) as snapshot:
        for _ in range(2):
            database.write_now(end_all)
            assert database.read_now(statuses) == {"ended"}
            snapshot.restore()
            assert database.read_now(statuses) == {"active"}
