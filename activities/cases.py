"""Cases as workflows know them: each effect tells how its case stands afterwards."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from activities.effects import Call, Undo, effect, undo
from catalog.definitions import ServiceLevel
from ground.messages import moment
from services import assignment, cases, identity, notifications, tasks, timeline
from services.cases import Clocks
from store.cases import Case, Priority
from store.tasks import Audience, Task


class Way(BaseModel):
    """Where the cases of a topic go: a group, and the least level of each skill they take."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    group: str
    """The group."""
    skills: dict[str, int] = Field(default={})
    """The least level of each skill."""


class OnCase(BaseModel):
    """What every effect on a case is told: after which percentage of the time to warn.

    `at` is when a person did it; without, it is the workflow's time.
    """

    warn_percent: int
    at: datetime | None = None


class OpenCase(OnCase):
    """How the case is judged and sent: priorities by impact and urgency, ways by topic.

    Topic, impact and urgency are those given here, else those of the answers. Without a matrix the
    priority is the one given, without a way the group and the skills.
    """

    topic: str | None = None
    impact: str | None = None
    urgency: str | None = None
    priority: str = "normal"
    priorities: dict[str, dict[str, str]] = {}
    ways: dict[str, Way] = {}
    way: Way
    service_level: ServiceLevel

    def priority_by(self, impact: str, urgency: str) -> Priority:
        """The priority of the case. Raises `ValueError` where the matrix does not say."""
        if not self.priorities:
            return Priority[self.priority.upper()]
        return cases.priority(impact, urgency, self.priorities)


class Escalate(OnCase):
    """Which group is to look, since a clock is about to run out, with the message for it."""

    group: str
    text: str
    due: datetime


class HandOver(OnCase):
    """The answered task in which somebody passes the case on, and the ways by topic."""

    task: str
    by: str
    ways: dict[str, Way]


class CaseFacts(BaseModel):
    """How a case stands; a higher revision is later news, clocks that stand still are None."""

    revision: int
    priority: str
    group: str
    assignee: str | None
    responded: bool
    clocks: Clocks


@effect
def open_case(session: Session, call: Call[OpenCase]) -> CaseFacts:
    """Open the case of a request, as its answers say; nobody has it yet."""
    request, wants = timeline.locked(session, call.request), call.body
    given = {name: getattr(wants, name) for name in ("topic", "impact", "urgency")}
    said = request.answers | {name: value for name, value in given.items() if value}
    topic, impact, urgency = (said.get(name, "") for name in given)
    way = wants.ways[topic] if wants.ways else wants.way
    opened = cases.OpenCase(
        topic=topic or request.item_id,
        impact=impact,
        urgency=urgency,
        priority=wants.priority_by(impact, urgency),
        group=way.group,
        skills=way.skills,
        language=said.get("language", request.language),
        service_level=wants.service_level,
    )
    case = cases.open_case(session, request.id, opened, call.at)
    return facts(session, case, wants)


@undo(of=open_case)
def withdraw_case(session: Session, call: Call[Undo], did: CaseFacts) -> None:
    """Nothing more is done; whoever had the case is free for another."""
    cases.close(session, call.request, call.at)


@effect
def assign(session: Session, call: Call[OnCase]) -> CaseFacts:
    """Give a queued case to an agent, if one can take it."""
    return facts(session, assignment.assign(session, call.request, when(call)), call.body)


@effect
def first_response(session: Session, call: Call[OnCase]) -> CaseFacts:
    """Somebody has answered the customer."""
    return facts(session, cases.first_response(session, call.request, when(call)), call.body)


@effect
def pause(session: Session, call: Call[OnCase]) -> CaseFacts:
    """The case waits for its customer."""
    return facts(session, cases.pause(session, call.request, when(call)), call.body)


@effect
def resume(session: Session, call: Call[OnCase]) -> CaseFacts:
    """The customer has answered."""
    return facts(session, cases.resume(session, call.request, when(call)), call.body)


@effect
def resolve(session: Session, call: Call[OnCase]) -> CaseFacts:
    """The work is done, if the customer agrees."""
    return facts(session, cases.resolve(session, call.request, when(call)), call.body)


@effect
def reopen(session: Session, call: Call[OnCase]) -> CaseFacts:
    """The customer does not agree: back to whoever had it, to another, or to the queue."""
    return facts(session, cases.reopen(session, call.request, when(call)), call.body)


@effect
def close(session: Session, call: Call[OnCase]) -> CaseFacts:
    """Nothing more will be done."""
    return facts(session, cases.close(session, call.request, when(call)), call.body)


@effect
def hand_over(session: Session, call: Call[HandOver]) -> CaseFacts:
    """Send the case the way of the topic chosen, to another agent, who reads the note left."""
    wants = call.body
    present = session.get_one(Case, call.request)
    topic = (session.get_one(Task, wants.task).answers or {}).get("topic", present.topic)
    way = wants.ways.get(topic) or Way(group=present.group, skills=present.skills)
    tasks.pass_on_note(session, wants.task, visible="staff")
    case = assignment.hand_over(
        session,
        call.request,
        when(call),
        by=wants.by,
        topic=topic,
        group=way.group,
        skills=way.skills,
    )
    return facts(session, case, wants)


@effect
def escalate(session: Session, call: Call[Escalate]) -> CaseFacts:
    """A clock is about to run out: a further group sees the case, and has it if nobody does."""
    wants = call.body
    request = timeline.locked(session, call.request)
    for task in tasks.open_tasks(session, request.id, Audience.STAFF):
        tasks.escalate(session, task.id, wants.group, call.at)
    case = cases.escalate(session, request.id, wants.group, call.at)
    params = {"due": moment(wants.due), "group": wants.group}
    for account_id in identity.members(session, wants.group):
        notifications.notify(session, account_id, wants.text, params, request.id, call.at)
    return facts(session, case, wants)


def when(call: Call[Any]) -> datetime:
    """The moment at which a person did it, else the workflow's."""
    return call.body.at or call.at


def facts(session: Session, case: Case, wants: OnCase) -> CaseFacts:
    """How the case stands, for its workflow and for lists of requests."""
    cases.show_on_request(session, case)
    case.revision += 1
    return CaseFacts(
        revision=case.revision,
        priority=Priority(case.priority).word,
        group=case.group,
        assignee=case.assignee_id,
        responded=case.first_response_at is not None,
        clocks=cases.clocks(case, wants.warn_percent),
    )
