"""A portal's database and application for the benchmarks, in a temporary folder of their own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlmodel import Session

from ground import clock
from processes.setup import set_up
from services import identity
from services.access import Viewer
from settings import Settings
from store.database import Database
from store.identity import Role

CUSTOMER = "customer@example.com"


@contextmanager
def portal() -> Iterator[tuple[Settings, Database]]:
    """A database with the schema, the catalog and the demo people; nothing of it is kept."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data_dir=Path(folder),
            demo_password="demo-password",
            secret_key="only-for-benchmarks",
        )
        database = set_up(settings)
        try:
            yield settings, database
        finally:
            database.close()


def customer(session: Session) -> Viewer:
    """The demo customer."""
    account = identity.account_by_email(session, CUSTOMER)
    assert account
    return identity.viewer_of(session, account.id)


def bearer(database: Database, account_id: str) -> dict[str, str]:
    """The headers of calls by this person, who is signed in by this."""
    opened = database.write_now(identity.open_session, account_id, "bench", clock.now())
    return {"Authorization": f"Bearer {opened.token}"}


def customer_account(session: Session, number: int) -> str:
    """The account of one more customer."""
    email = f"customer-{number}@bench.example.com"
    at, role = clock.now(), Role.CUSTOMER
    return identity.create_account(session, email=email, at=at, name="Customer", role=role).id
