"""A service counter inside the measuring process: database, catalog, engine and customers."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session
from temporalio.client import Client

from ground import clock
from processes.embedded import temporal
from services import catalog, demo, identity, profiles, publishing, requests
from services.access import Viewer
from services.addresses import normalise_address
from services.requests import Submission
from services.temporal import connect, create_namespace, prepare
from settings import ROOT, Settings
from store.database import Database
from store.identity import Role
from store.profiles import Customer
from store.requests import Request
from store.schema import upgrade
from tests.real.processes import answers, free_port, spawn, wait_until
from workflows.registry import definition_registry

SINCE = datetime(2024, 1, 1, tzinfo=UTC)
HOME = {"lines": "Calle de Atocha 27", "postal_code": "28012", "city": "Madrid", "region": "Madrid"}
NAMESPACE = "bench"


@dataclass
class Counter:
    """What a measurement needs at hand."""

    database: Database
    client: Client
    settings: Settings
    customers: int = 0

    def new_customer(self) -> Viewer:
        """Somebody who lives in Madrid and has never moved."""
        self.customers += 1
        return self.database.write_now(add_customer, self.customers)

    def submit(self, viewer: Viewer, item: str, answers: dict[str, Any]) -> Request:
        """A request that is only written, not started."""
        submission = Submission(item=item, answers=answers, channel="bench")
        return self.database.write_now(requests.submit, viewer, submission)

    def published(self, viewer: Viewer, item: str) -> Any:
        """The published version of an item."""
        return self.database.read_now(catalog.published, item, viewer)


def add_customer(session: Session, number: int) -> Viewer:
    """A customer with an address for each use."""
    email = f"customer-{number}@bench.example.com"
    account = identity.create_account(
        session, email=email, name=f"Customer {number}", role=Role.CUSTOMER, country="ES", at=SINCE
    )
    session.add(
        Customer(
            account_id=account.id,
            name=account.name,
            email=email,
            phone="+34600111222",
            customer_since=date(2024, 1, 1),
            country="ES",
            zone="Europe/Madrid",
        )
    )
    session.flush()
    home = normalise_address("ES", HOME)
    for update in (
        profiles.update_home_address,
        profiles.update_billing_address,
        profiles.update_delivery_address,
    ):
        update(session, account.id, home, SINCE)
    return identity.viewer_of(session, account.id)


def move(viewer: Viewer, days: int = 0) -> dict[str, Any]:
    """The answers of a change of address that asks nothing of anybody."""
    return {
        "address": {
            "country": "ES",
            "lines": "Calle de Alcalá 50",
            "postal_code": "28014",
            "city": "Madrid",
            "region": "M",
        },
        "effective_date": f"{(clock.now() + timedelta(days=days)).date():%Y-%m-%d}",
        "follow": ["billing", "delivery"],
        "email": viewer.email,
        "phone": "+34600111222",
        "reason": "moved",
        "consent": True,
    }


@contextmanager
def engine(folder: Path) -> Iterator[str]:
    """The dev server as the embedded default runs it: a file in WAL with full sync."""
    port, ui = free_port(), free_port()
    settings = Settings(data_dir=folder, temporal_port=port, temporal_ui_port=ui)
    with open(folder / "temporal.log", "wb") as log:
        process = spawn(
            temporal(settings).command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: answers(port), 20, "the start of Temporal")
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def open_counter(
    folder: Path, address: str, catalog_dir: Path = ROOT / "catalog_defs"
) -> AsyncIterator[Counter]:
    """A counter with the real catalog, or another one, and the demo data."""
    settings = Settings(
        data_dir=folder,
        secret_key="only-for-measuring-01234567",
        temporal_address=address,
        temporal_namespace=NAMESPACE,
    )
    database = Database(settings.database)
    upgrade(database)
    database.write_now(demo.load, "no password fits")
    found = database.write_now(
        publishing.refresh, catalog_dir, ROOT / "forms", definition_registry()
    )
    if found.problems:
        raise SystemExit("\n".join(map(str, found.problems)))
    client = await connect(settings)
    await create_namespace(client, timedelta(days=1))
    await prepare(client, settings)
    async with database:
        yield Counter(database, client, settings)
