"""Mails: sent once each, by any number of servers, through whatever the mail server does."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from sqlmodel import Session, col, select

from ground import clock
from services import background, mail, notifications
from settings import Settings
from store.database import Database
from store.notifications import MailOut
from tests.people import People, demo_people
from tests.real.mail import Mailbox
from tests.real.processes import free_port
from tests.services.test_access import add, request_of

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Clock:
    """The time, which only tests move on."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    held = Clock()
    monkeypatch.setattr(clock, "now", held)
    return held


class Moody:
    """What a mail server may say to a recipient or a text, and how often it said it."""

    def __init__(self) -> None:
        self.to_recipient = "250 OK"
        self.to_text = "250 OK"
        self.asked = 0

    async def handle_RCPT(
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, _: object
    ) -> str:
        self.asked += 1
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, *_: object) -> str:
        return self.to_text


def settings_for(settings: Settings, port: int) -> Settings:
    return settings.model_copy(
        update={
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_from": "help@example.org",
            "smtp_starttls": False,
            "public_url": "https://portal.example.com/",
        }
    )


@pytest.fixture
def moody() -> Iterator[tuple[Moody, int]]:
    handler, port = Moody(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def owe(database: Database, number: int = 1, **values: object) -> list[str]:
    """Queue mails; returns their keys."""
    keys = [f"key-{index}" for index in range(number)]

    def work(session: Session) -> None:
        for key in keys:
            mail_to: dict[str, object] = {
                "to": f"{key}@example.com",
                "name": "Ana",
                "language": "en",
                "zone": "UTC",
                "text": "A text without a key",
                "params": {},
                "request_id": None,
                "at": clock.now(),
            }
            notifications.queue_mail(session, key, **(mail_to | values))  # type: ignore[arg-type]

    database.write_now(work)
    return keys


def rows(database: Database) -> dict[str, MailOut]:
    found = database.read_now(lambda session: session.exec(select(MailOut)).all())
    return {row.key: row for row in found}


def sending(*senders: tuple[Database, Settings]) -> AbstractAsyncContextManager[None]:
    """As many servers' loops at once."""
    return background.running(*(partial(mail.run, *sender, 0.02) for sender in senders))


async def until_settled(database: Database, number: int) -> None:
    async with asyncio.timeout(20):
        while True:
            settled = [row for row in rows(database).values() if row.sent_at or row.given_up_at]
            if len(settled) == number:
                return
            await asyncio.sleep(0.02)


async def test_a_notification_arrives_in_its_readers_language_and_zone(
    database: Database, settings: Settings, smtp: Mailbox
) -> None:
    people: People = demo_people(database)
    request = request_of(people["customer"])
    add(database, request)
    owe(
        database,
        to="clara@example.com",
        name="Clara Romero",
        language="es",
        zone="Europe/Madrid",
        text="identity.too_many_tries",
        params={"retry_after": {"$moment": START.isoformat()}},
        request_id=request.id,
    )
    assert await mail.deliver_due(database, settings_for(settings, smtp.port)) == 1
    (message,) = smtp.wait_for(1)
    assert message["To"] == "Clara Romero <clara@example.com>"
    assert message["From"] == "Ventanilla <help@example.org>"
    assert message["Subject"] == f"Novedades sobre su solicitud {request.reference}"
    assert message["Content-Language"] == "es"
    assert message["Auto-Submitted"] == "auto-generated"
    body = message.get_content()
    assert "Hola, Clara Romero" in body
    assert "10:30" in body
    assert f"https://portal.example.com/requests/{request.reference}" in body


async def test_many_servers_send_each_mail_once(
    database_url: str, database: Database, settings: Settings, smtp: Mailbox
) -> None:
    keys = owe(database, 100)
    other = Database(database_url)
    ours = settings_for(settings, smtp.port)
    async with sending((database, ours), (other, ours), (database, ours)):
        await until_settled(database, 100)
    await asyncio.to_thread(other.close)
    assert sorted(str(message["To"]) for message in smtp.messages) == sorted(
        f"Ana <{key}@example.com>" for key in keys
    )
    assert all(row.attempts == 1 for row in rows(database).values())


async def test_a_mail_server_that_is_down_is_asked_again_later_and_later(
    database: Database, settings: Settings, now: Clock
) -> None:
    owe(database)
    ours = settings_for(settings, free_port())
    pauses = []
    for _ in range(10):
        assert await mail.deliver_due(database, ours) == 1
        row = rows(database)["key-0"]
        assert row.error
        pauses.append((row.not_before - now.at).total_seconds())
        assert await mail.deliver_due(database, ours) == 0
        now.at = row.not_before
    assert pauses == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert rows(database)["key-0"].given_up_at is None


async def test_it_is_sent_once_the_mail_server_is_back(
    database: Database, settings: Settings, smtp: Mailbox, now: Clock
) -> None:
    owe(database, 3)
    await mail.deliver_due(database, settings_for(settings, free_port()))
    now.at += timedelta(seconds=15)
    assert await mail.deliver_due(database, settings_for(settings, smtp.port)) == 3
    assert len(smtp.wait_for(3)) == 3
    assert all(row.sent_at and row.error is None for row in rows(database).values())


@pytest.mark.parametrize("answer", ["to_recipient", "to_text"])
async def test_a_no_for_good_is_taken_as_such(
    database: Database, settings: Settings, moody: tuple[Moody, int], answer: str
) -> None:
    handler, port = moody
    setattr(handler, answer, "550 no such user")
    owe(database)
    await mail.deliver_due(database, settings_for(settings, port))
    row = rows(database)["key-0"]
    assert row.given_up_at
    assert "no such user" in (row.error or "")
    assert await mail.deliver_due(database, settings_for(settings, port)) == 0


@pytest.mark.parametrize("answer", ["to_recipient", "to_text"])
async def test_a_no_for_now_is_tried_again_until_it_is_too_late(
    database: Database, settings: Settings, moody: tuple[Moody, int], now: Clock, answer: str
) -> None:
    handler, port = moody
    setattr(handler, answer, "451 try again later")
    owe(database)
    ours = settings_for(settings, port)
    while rows(database)["key-0"].given_up_at is None:
        now.at = rows(database)["key-0"].not_before
        assert await mail.deliver_due(database, ours) == 1
        assert now.at < START + mail.GIVE_UP_AFTER + timedelta(hours=2)
    assert now.at > START + mail.GIVE_UP_AFTER
    assert handler.asked > 70


async def test_one_bad_address_does_not_keep_the_others_from_their_mail(
    database: Database, settings: Settings, moody: tuple[Moody, int]
) -> None:
    handler, port = moody
    owe(database, 3)

    async def refuse_one(
        _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, _: object
    ) -> str:
        if address.startswith("key-1@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    handler.handle_RCPT = refuse_one  # type: ignore[method-assign]
    await mail.deliver_due(database, settings_for(settings, port))
    found = rows(database)
    assert [bool(found[f"key-{number}"].sent_at) for number in range(3)] == [True, False, True]


@pytest.mark.parametrize(
    "broken",
    [{"name": "Ana\r\nBcc: all@example.com"}, {"params": {"at": {"$moment": "never"}}}],
)
async def test_a_mail_that_cannot_be_written_does_not_stop_the_others(
    database: Database, settings: Settings, smtp: Mailbox, broken: dict[str, object]
) -> None:
    owe(database, 1, **broken)
    owe(database, 2)
    await mail.deliver_due(database, settings_for(settings, smtp.port))
    found = rows(database)
    assert [bool(found[f"key-{number}"].sent_at) for number in range(2)] == [False, True]
    assert found["key-0"].given_up_at
    assert len(smtp.wait_for(1)) == 1


async def test_a_sender_that_dies_leaves_its_mail_to_the_others_after_the_lease(
    database: Database, settings: Settings, smtp: Mailbox, now: Clock
) -> None:
    owe(database)
    assert len(database.write_now(mail.claim, clock.now())) == 1
    ours = settings_for(settings, smtp.port)
    assert await mail.deliver_due(database, ours) == 0
    now.at += mail.LEASE
    assert await mail.deliver_due(database, ours) == 1
    smtp.wait_for(1)


def test_the_same_mail_has_the_same_message_id(settings: Settings) -> None:
    first, second = (mail.message_id(key, "Help <help@example.org>") for key in ("key-1", "key-2"))
    assert first == mail.message_id("key-1", "Help <help@example.org>")
    assert first != second
    assert first.endswith("@example.org>")


async def test_sweeping_drops_what_is_settled_or_was_never_taken(
    database: Database, now: Clock
) -> None:
    owe(database, 4)

    def settle(session: Session) -> None:
        sent, failed, _never, tried = session.exec(select(MailOut).order_by(col(MailOut.key))).all()
        sent.sent_at = failed.given_up_at = START
        for row in (sent, failed, tried):
            row.attempts = 1

    database.write_now(settle)
    now.at = START + mail.GIVE_UP_AFTER + timedelta(hours=1)
    database.write_now(mail.sweep, clock.now())
    assert sorted(rows(database)) == ["key-0", "key-1", "key-3"]
    now.at = START + mail.KEPT_FOR + timedelta(hours=1)
    database.write_now(mail.sweep, clock.now())
    assert sorted(rows(database)) == ["key-3"]
