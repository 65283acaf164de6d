"""Cases: opened with a priority and two clocks in business time, worked on, resolved and closed.

The clocks stand still while a case waits for its customer, and from its resolution until it is
reopened. Who works on a case is decided in `services.assignment`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlmodel import Session, col, select

from catalog.definitions import ServiceLevel
from ground import business_time
from ground.errors import Conflict
from services.assignment import agents, choose, give, locked_case, obstacles, requeue
from store.cases import Case, CaseState, Priority
from store.requests import Request

FIRST_RESPONSE = "first_response"
RESOLUTION = "resolution"


class OpenCase(BaseModel):
    """What a new case is about and needs; `skills` gives each skill its least level."""

    topic: str
    impact: str
    urgency: str
    priority: Priority
    group: str
    skills: dict[str, int] = {}
    language: str
    service_level: ServiceLevel


class Clocks(BaseModel):
    """When a case is late, and when it is about to be; None while a clock stands still."""

    first_response_warning: datetime | None = None
    first_response_due: datetime | None = None
    resolution_warning: datetime | None = None
    resolution_due: datetime | None = None


def priority(impact: str, urgency: str, matrix: Mapping[str, Mapping[str, str]]) -> Priority:
    """The priority of an impact and an urgency by the definition's matrix.

    Raises `ValueError` where the matrix does not say, or says no priority.
    """
    word = matrix.get(impact, {}).get(urgency)
    if word is None:
        raise ValueError(f"no priority is given for impact {impact} and urgency {urgency}")
    try:
        return Priority[word.upper()]
    except KeyError:
        words = ", ".join(each.word for each in Priority)
        raise ValueError(f"{word} is no priority; there are {words}") from None


# From opening to closing


def open_case(session: Session, request_id: str, wants: OpenCase, at: datetime) -> Case:
    """Open the case of a request, queued, and start its clocks. Undone by `close`."""
    case = Case(
        request_id=request_id,
        opened_at=at,
        service_level=wants.service_level.model_dump(mode="json"),
        **wants.model_dump(exclude={"service_level"}),
    )
    reckon(case)
    session.add(case)
    session.flush()
    return case


def first_response(session: Session, request_id: str, at: datetime) -> Case:
    """Somebody has answered: the first time stops that clock. Raises `Conflict` when closed."""
    case = unclosed(session, request_id)
    case.first_response_at = case.first_response_at or at
    if case.state == CaseState.ASSIGNED:
        case.state = CaseState.IN_PROGRESS
    session.flush()
    return case


def pause(session: Session, request_id: str, at: datetime) -> Case:
    """The case waits for its customer; its clocks stand still. Again changes nothing.

    Raises `Conflict` when it is resolved or closed. Undone by `resume`.
    """
    case = unresolved(session, request_id)
    stop_clocks(case, at)
    if case.assignee_id:
        case.state = CaseState.WAITING
    session.flush()
    return case


def resume(session: Session, request_id: str, at: datetime) -> Case:
    """The customer has answered: the clocks go on. Again changes nothing.

    Raises `Conflict` when the case is resolved or closed.
    """
    case = unresolved(session, request_id)
    run_clocks(case, at)
    if case.state == CaseState.WAITING:
        case.state = CaseState.IN_PROGRESS if case.first_response_at else CaseState.ASSIGNED
    session.flush()
    return case


def resolve(session: Session, request_id: str, at: datetime) -> Case:
    """The work is done and its agent free again; the customer may confirm or `reopen`.

    A resolution answers too, so it also stops the clock of the first response. Raises `Conflict`
    when closed.
    """
    case = unclosed(session, request_id)
    if case.state != CaseState.RESOLVED:
        stop_clocks(case, at)
        case.first_response_at = case.first_response_at or at
        case.resolution_at, case.state = at, CaseState.RESOLVED
        session.flush()
    return case


def reopen(session: Session, request_id: str, at: datetime) -> Case:
    """Not resolved after all: back to its agent if they can take it, else to another or the queue.

    Raises `Conflict` unless the case is resolved.
    """
    everyone = agents(session, lock=True)
    case = locked_case(session, request_id)
    if case.state != CaseState.RESOLVED:
        raise Conflict("cases.not_resolved")
    run_clocks(case, at)
    case.resolution_at = None
    case.reopened += 1
    before = [agent for agent in everyone if agent.id == case.assignee_id]
    able = [agent for agent in before if not obstacles(case, agent)]
    requeue(case)
    give(session, case, choose(case, able or everyone), at)
    return case


def close(session: Session, request_id: str, at: datetime) -> Case:
    """Nothing more will be done; whoever had it is free again. Again changes nothing."""
    case = locked_case(session, request_id)
    if case.state != CaseState.CLOSED:
        stop_clocks(case, at)
        case.state, case.closed_at = CaseState.CLOSED, at
        session.flush()
    return case


def escalate(session: Session, request_id: str, group: str, at: datetime) -> Case:
    """A deadline is near: a queued case goes to `group`, to an agent or the head of the queue.

    Whoever works on it keeps it. Raises `Conflict` when it is resolved or closed.
    """
    everyone = agents(session, lock=True)
    case = unresolved(session, request_id)
    case.escalated_at = case.escalated_at or at
    if case.state == CaseState.QUEUED:
        case.group = group
        give(session, case, choose(case, everyone), at)
    session.flush()
    return case


def show_on_request(session: Session, case: Case) -> None:
    """Let the request be of the case's group, whose agents then read it, and due when it is."""
    request = session.get_one(Request, case.request_id)
    request.group, request.due_at = case.group, case.resolution_due


def abandoned(session: Session) -> Sequence[Case]:
    """Open cases whose requests have ended without them, as when an operator ends a workflow."""
    return session.exec(
        select(Case)
        .join(Request, col(Request.id) == Case.request_id)
        .where(Case.state != CaseState.CLOSED, col(Request.closed_at).is_not(None))
    ).all()


# The clocks


def clocks(case: Case, warn_percent: int) -> Clocks:
    """When the case's running clocks run out, and when `warn_percent` of their time has passed."""
    if case.paused_at:
        return Clocks()
    answered = case.first_response_at is not None
    return Clocks(
        first_response_warning=None if answered else warning(case, FIRST_RESPONSE, warn_percent),
        first_response_due=None if answered else case.first_response_due,
        resolution_warning=warning(case, RESOLUTION, warn_percent),
        resolution_due=case.resolution_due,
    )


def reckon(case: Case) -> None:
    """Work out anew when the case falls due; a first response once given stays judged as it was."""
    if case.first_response_at is None:
        case.first_response_due = due(case, FIRST_RESPONSE)
    case.resolution_due = due(case, RESOLUTION)


def due(case: Case, target: str) -> datetime | None:
    """The moment a target is missed, pauses left out; None where the definition promises none."""
    level = level_of(case)
    promised = level.due(target, case.opened_at, Priority(case.priority).word)
    return promised and business_time.add(level.calendar, promised, paused(case))


def warning(case: Case, target: str, percent: int) -> datetime | None:
    """The moment at which a percentage of a target's business time has passed, pauses left out."""
    level = level_of(case)
    promised = level.due(target, case.opened_at, Priority(case.priority).word)
    if promised is None:
        return None
    allowed = business_time.between(level.calendar, case.opened_at, promised)
    spent = allowed * percent / 100 + paused(case)
    return business_time.add(level.calendar, case.opened_at, spent)


def stop_clocks(case: Case, at: datetime) -> None:
    """Let the clocks stand still from now on."""
    case.paused_at = case.paused_at or at


def run_clocks(case: Case, at: datetime) -> None:
    """Let the clocks go on; the business time since they stopped does not count."""
    if case.paused_at:
        left_out = business_time.between(level_of(case).calendar, case.paused_at, at)
        case.paused_seconds += left_out.total_seconds()
        case.paused_at = None
        reckon(case)


def paused(case: Case) -> timedelta:
    """The business time of all pauses that have ended."""
    return timedelta(seconds=case.paused_seconds)


def level_of(case: Case) -> ServiceLevel:
    """The service level that the case was opened with."""
    return ServiceLevel.model_validate(case.service_level, strict=False)


# Behind it


def unclosed(session: Session, request_id: str) -> Case:
    """The locked case, if it is not closed. Raises `Conflict`."""
    case = locked_case(session, request_id)
    if case.state == CaseState.CLOSED:
        raise Conflict("cases.closed")
    return case


def unresolved(session: Session, request_id: str) -> Case:
    """The locked case, if it is neither resolved nor closed. Raises `Conflict`."""
    case = unclosed(session, request_id)
    if case.state == CaseState.RESOLVED:
        raise Conflict("cases.resolved")
    return case
