"""A counter with a team of agents, whose people and server live by the engine's clock.

The clock stands at ten on a Monday in February, a month without holidays in Madrid. The calendar of
the item: Monday to Friday 8 to 20, Saturday 9 to 14.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from ground import clock
from services import dispatch, identity
from store.cases import WORKED_ON, Case
from store.notifications import Notification
from store.requests import Delivery, Message, Request
from tests.services.agents import add_agent
from tests.workflows.counter import Counter

ITEM = "case-routing"
MADRID = ZoneInfo("Europe/Madrid")
ANA, BEN, EVA, OLGA = (f"{name}@example.com" for name in ("ana", "ben", "eva", "olga"))
ALL_SKILLS = ("account", "billing", "general", "network", "technical")
TEAM: dict[str, dict[str, Any]] = {
    "ana": {"groups": ("billing", "support"), "skills": ("account", "billing", "general")},
    "ben": {"groups": ("support-technical", "support"), "skills": ("network", "technical")},
}
REPORT = {
    "topic": "invoice",
    "subtopic": "wrong-amount",
    "description": "The invoice shows a charge that I paid in January.",
    "impact": "myself",
    "urgency": "medium",
    "language": "es",
    "contact": "portal",
}


def madrid(year: int, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment by the clock of Madrid."""
    return datetime(year, month, day, hour, minute, tzinfo=MADRID).astimezone(UTC)


def monday() -> datetime:
    """Ten o'clock on the first Monday of next year's February."""
    first = madrid(clock.now().year + 1, 2, 1)
    return first + timedelta(days=-first.astimezone(MADRID).weekday() % 7)


class Desk(Counter):
    """A counter for cases: what agents do there, and what the server does beside."""

    start: datetime
    ahead = timedelta()

    async def open(self, patch: pytest.MonkeyPatch, start: datetime | None = None) -> None:
        """Let all clocks follow the engine's from `start` on, and bring in the team."""
        real = clock.now
        self.start = start or monday()
        patch.setattr(clock, "now", lambda: real() + self.ahead)
        self.real = real
        await self.pass_until(self.start)
        for name, values in TEAM.items():
            self.hire(name, **values)

    def hire(self, name: str, **values: Any) -> None:
        """An agent joins, present and speaking Spanish and English."""
        self.change(lambda session: add_agent(session, name, **values))

    # Time

    async def sleep(self, **duration: float) -> None:
        """Let time pass; the relay delivers what was said meanwhile."""
        await self.environment.sleep(timedelta(**duration))
        await self.follow()

    async def pass_until(self, moment: datetime) -> None:
        """Let time pass until a moment."""
        await self.environment.sleep(moment - await self.environment.get_current_time())
        await self.follow()

    async def follow(self) -> None:
        """Set our clock by the engine's and deliver what is due."""
        self.ahead = await self.environment.get_current_time() - self.real()
        await self.relay.drain()

    async def dispatch(self) -> None:
        """The server looks after queues and absent agents, and workflows hear of it."""
        await dispatch.dispatch(self.database)
        await self.relay.drain()
        await self.sleep(minutes=1)

    # People

    async def report(self, by: str = "customer@example.com", **changes: Any) -> Request:
        """A customer reports a problem."""
        request = await self.submit(ITEM, REPORT | changes, by)
        await self.sleep(minutes=1)
        return request

    async def say(self, request: Request, text: str, by: str = "customer@example.com") -> None:
        """Somebody writes a message."""
        await self.write(request, text, by)
        await self.sleep(minutes=1)

    async def work(self, request: Request, decision: str, by: str = ANA, **more: Any) -> None:
        """The agent says how the case goes on."""
        given = {"decision": decision, "note": "A note."} | more
        await self.answer(request, "case-resolution", by, **given)
        await self.sleep(minutes=1)

    async def reply(self, request: Request, note: str = "Yes.") -> None:
        """The customer answers the agent's question."""
        await self.answer(request, "case-question", "customer@example.com", note=note)
        await self.sleep(minutes=1)

    async def confirm(self, request: Request) -> None:
        """The customer agrees that the problem is resolved."""
        await self.answer(request, "case-confirmation", "customer@example.com", decision="confirm")

    async def reopen(self, request: Request, note: str = "Still wrong.") -> None:
        """The customer does not agree."""
        await self.answer(
            request, "case-confirmation", "customer@example.com", decision="reopen", note=note
        )
        await self.sleep(minutes=1)

    async def leave(self, email: str) -> None:
        """An agent signs out everywhere, and the server sees to their cases."""
        token = self.sign_in(email)
        self.change(lambda session: identity.close_session(session, token))
        await self.dispatch()

    def sign_in(self, email: str) -> str:
        """An agent signs in; the token of the session."""
        account_id = self.viewer(email).account_id
        opened = self.change(
            lambda session: identity.open_session(session, account_id, "test", clock.now())
        )
        return opened.token

    # What there is to see

    def case(self, request: Request) -> Case:
        """The case as it stands."""
        return self.look(lambda session: session.get_one(Case, request.id))

    def messages(self, request: Request, visible: str) -> list[str]:
        """The texts that this audience may read, of those that only it may."""
        query = select(Message).where(Message.request_id == request.id)
        found = self.look(lambda session: session.exec(query.order_by(col(Message.at))).all())
        return [message.text for message in found if message.visible == visible]

    def load(self, agent: str) -> int:
        """How many cases an agent has."""
        query = select(Case).where(Case.assignee_id == agent)
        found = self.look(lambda session: session.exec(query).all())
        return sum(case.state in WORKED_ON for case in found)

    def notified(self, email: str) -> list[str]:
        """What somebody has been notified of."""
        account_id = self.viewer(email).account_id
        query = select(Notification.key).where(Notification.account_id == account_id)
        return self.look(lambda session: list(session.exec(query)))

    def owed(self, request: Request) -> list[str]:
        """The kinds of what the request's workflow has been told, in order."""
        query = (
            select(Delivery.kind)
            .where(Delivery.request_id == request.id)
            .order_by(col(Delivery.number))
        )
        return self.look(lambda session: list(session.exec(query)))
