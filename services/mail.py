"""Sending the mails that are owed: claimed with a lease, retried with growing pauses.

Any number of servers may send from one queue. A server that dies between the mail server's yes and
our note of it sends that mail again, under the same Message-ID, by which mail programs know it.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr

import aiosmtplib
from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, select

from ground import clock
from ground.errors import Unavailable
from ground.messages import translate
from services.identity import zone_of
from settings import Settings
from store.database import Database
from store.notifications import MailOut
from store.requests import Request

log = logging.getLogger(__name__)

BATCH = 20
LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
KEPT_FOR = timedelta(days=90)
LOOK_EVERY_SECONDS = 2.0
SMTP_TIMEOUT_SECONDS = 30.0


async def run(
    database: Database, settings: Settings, look_every: float = LOOK_EVERY_SECONDS
) -> None:
    """Send whatever is due, for ever; needs a mail server in the settings."""
    while True:
        try:
            if await deliver_due(database, settings):
                continue
        except Unavailable as error:
            log.warning("mail waits for the database: %s", error.params.get("cause"))
        await asyncio.sleep(look_every)


async def deliver_due(database: Database, settings: Settings) -> int:
    """Send one batch of due mails; returns how many were due."""
    if not await database.read(is_any_due, clock.now()):
        return 0
    mails = await database.write(claim, clock.now())
    if not mails:
        return 0
    client = smtp_client(settings)
    try:
        async with client:
            for mail, reference in mails:
                await deliver(database, settings, client, mail, reference)
    except (aiosmtplib.SMTPException, OSError) as error:
        # The lease would end by itself, but only after minutes.
        log.warning("the mail server %s does not serve: %s", settings.smtp_host, error)
        for mail, _ in mails:
            await database.write(mark_failed, mail.key, str(error), False, clock.now())
    return len(mails)


def smtp_client(settings: Settings) -> aiosmtplib.SMTP:
    """A client that connects and signs in as the settings say."""
    password = settings.smtp_password
    return aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_user or None,
        password=password.get_secret_value() if password else None,
        start_tls=settings.smtp_starttls,
        timeout=SMTP_TIMEOUT_SECONDS,
    )


async def deliver(
    database: Database,
    settings: Settings,
    client: aiosmtplib.SMTP,
    mail: MailOut,
    reference: str | None,
) -> None:
    """Send one mail and note how it went. Raises `SMTPException` when the connection is gone."""
    try:
        message = compose(mail, reference, settings)
    except (ValueError, LookupError, TypeError) as error:
        # A text that wants another parameter, a name with a line break: no reason to stop the rest.
        await database.write(mark_failed, mail.key, repr(error), True, clock.now())
        return
    try:
        await client.send_message(message)
    except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
        await database.write(mark_failed, mail.key, str(error), is_final(error), clock.now())
        return
    await database.write(mark_sent, mail.key, clock.now())


def is_final(error: aiosmtplib.SMTPException) -> bool:
    """Whether the server will never take this mail: a 5xx reply to its recipient or its text.

    What it says of us, the sender, an operator can mend.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(one.code >= 500 for one in error.recipients)
    return isinstance(error, aiosmtplib.SMTPDataError) and error.code >= 500


def compose(mail: MailOut, reference: str | None, settings: Settings) -> EmailMessage:
    """The mail in its reader's language and time zone; `reference` is that of its request."""
    language = mail.language
    about, path = "notifications.mail_subject", "/"
    if reference:
        about, path = "notifications.mail_subject_request", f"/requests/{reference}"
    body = {
        "name": mail.name,
        "text": translate(language, mail.text, mail.params, zone_of(mail.zone)),
        "link": (settings.public_url or settings.portal_url).rstrip("/") + path,
    }
    message = EmailMessage()
    message["From"] = formataddr((settings.brand.sender, parseaddr(settings.smtp_from)[1]))
    message["To"] = formataddr((mail.name, mail.address))
    message["Subject"] = translate(language, about, {"reference": reference})
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = message_id(mail.key, settings.smtp_from)
    # RFC 3834: no out-of-office replies to a machine.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(translate(language, "notifications.mail_body", body))
    message["Content-Language"] = language
    return message


def message_id(key: str, sender: str) -> str:
    """The same for the same mail, however often it is tried."""
    domain = sender.rpartition("@")[2].strip("<> ") or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def is_any_due(session: Session, now: datetime) -> bool:
    """Whether a look at the queue is worth a write."""
    return session.exec(select(MailOut.key).where(*due(now)).limit(1)).first() is not None


def due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(MailOut.sent_at).is_(None),
        col(MailOut.given_up_at).is_(None),
        col(MailOut.not_before) <= now,
    )


def claim(session: Session, now: datetime) -> Sequence[tuple[MailOut, str | None]]:
    """Lease the mails that are due to this sender, each with its request's reference."""
    mails = session.exec(
        select(MailOut, Request.reference)
        .join(Request, col(Request.id) == MailOut.request_id, isouter=True)
        .where(*due(now))
        .order_by(col(MailOut.not_before))
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=MailOut)
    ).all()
    for mail, _ in mails:
        mail.not_before = now + LEASE
        mail.attempts += 1
        session.add(mail)
    return mails


def mark_sent(session: Session, key: str, now: datetime) -> None:
    """Note that the mail server has taken it."""
    session.execute(update(MailOut).where(col(MailOut.key) == key).values(sent_at=now, error=None))


def mark_failed(session: Session, key: str, cause: str, final: bool, now: datetime) -> None:
    """Note why it failed, and when to try again or that there is no use."""
    mail = session.get_one(MailOut, key)
    if mail.sent_at or mail.given_up_at:
        return
    mail.error = cause
    mail.not_before = now + min(FIRST_PAUSE * 2 ** min(mail.attempts - 1, 10), LONGEST_PAUSE)
    if final or now - mail.created_at > GIVE_UP_AFTER:
        mail.given_up_at = now
        log.error("mail %s is given up: %s", key, cause)
    session.add(mail)


def sweep(session: Session, now: datetime) -> None:
    """Drop what is long settled, and what no mail server was there to take in time."""
    settled = col(MailOut.sent_at).is_not(None) | col(MailOut.given_up_at).is_not(None)
    late = (col(MailOut.attempts) == 0) & (col(MailOut.created_at) < now - GIVE_UP_AFTER)
    session.execute(
        delete(MailOut).where(late | (settled & (col(MailOut.created_at) < now - KEPT_FOR)))
    )
