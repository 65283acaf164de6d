"""A real mail server on this machine that keeps what it is sent."""

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.real.processes import free_port, wait_until


@dataclass
class Mailbox:
    """Host and port of the server, and the messages it has accepted so far."""

    host: str
    port: int
    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """What aiosmtpd calls with each message."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append(email.message_from_bytes(content, policy=email.policy.default))
        return "250 OK"

    def wait_for(self, number: int, seconds: float = 5) -> list[EmailMessage]:
        """The messages once there are at least `number` of them."""
        wait_until(lambda: len(self.messages) >= number, seconds, f"mail number {number}")
        return self.messages


@contextmanager
def server() -> Iterator[Mailbox]:
    """A mail server for as long as the block runs."""
    mailbox = Mailbox("127.0.0.1", free_port())
    controller = Controller(mailbox, hostname=mailbox.host, port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
