"""Notifications: one row for the portal and one mail, read by their own account only."""

from datetime import timedelta

import pytest
from sqlmodel import select

from ground import clock
from ground.errors import NotFound
from services import notifications
from store.database import Database
from store.notifications import MailOut
from tests.people import People, demo_people
from tests.services.test_access import add, request_of


@pytest.fixture
def people(database: Database) -> People:
    return demo_people(database)


def tell(database: Database, account_id: str, text: str = "requests.submitted") -> str:
    return database.write_now(
        notifications.notify, account_id, text, {"item": "x"}, None, clock.now()
    )


def test_telling_somebody_owes_one_mail_in_their_language(
    database: Database, people: People
) -> None:
    request = request_of(people["customer"])
    add(database, request)
    told = database.write_now(
        notifications.notify,
        people["customer"].account_id,
        "requests.submitted",
        {"item": "x"},
        request.id,
        clock.now(),
    )
    (mail,) = database.read_now(lambda session: session.exec(select(MailOut)).all())
    assert (mail.key, mail.address, mail.language) == (told, "customer@example.com", "en")
    assert (mail.text, mail.params, mail.request_id) == (
        "requests.submitted",
        {"item": "x"},
        request.id,
    )


def test_a_mail_is_owed_once_for_each_key(database: Database) -> None:
    for text in ("first", "second"):
        database.write_now(
            notifications.queue_mail,
            "request-1/old-address",
            to="old@example.com",
            name="Old",
            language="es",
            zone="UTC",
            text=text,
            params={},
            request_id=None,
            at=clock.now(),
        )
    (mail,) = database.read_now(lambda session: session.exec(select(MailOut)).all())
    assert mail.text == "first"


def test_the_list_is_ones_own_latest_first_in_parts(database: Database, people: People) -> None:
    mine = [tell(database, people["customer"].account_id) for _ in range(5)]
    tell(database, people["customer2"].account_id)
    first, unread = database.read_now(notifications.page, people["customer"], None, 3)
    assert [row.id for row in first] == sorted(mine, reverse=True)[:3]
    assert unread == 5
    rest, _ = database.read_now(notifications.page, people["customer"], first[-1].id, 3)
    assert [row.id for row in rest] == sorted(mine, reverse=True)[3:]


def test_reading_counts_once_and_only_for_its_account(database: Database, people: People) -> None:
    told = tell(database, people["customer"].account_id)
    at = clock.now()
    with pytest.raises(NotFound):
        database.write_now(notifications.mark_read, people["customer2"], told, at)
    for later in range(2):
        row = database.write_now(
            notifications.mark_read, people["customer"], told, at + timedelta(hours=later)
        )
        assert row.read_at == at
    assert database.read_now(notifications.unread, people["customer"]) == 0


def test_everything_can_be_marked_read_at_once(database: Database, people: People) -> None:
    for name in ("customer", "customer", "customer2"):
        tell(database, people[name].account_id)
    database.write_now(notifications.mark_all_read, people["customer"], clock.now())
    assert database.read_now(notifications.unread, people["customer"]) == 0
    assert database.read_now(notifications.unread, people["customer2"]) == 1
