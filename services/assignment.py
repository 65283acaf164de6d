"""Who gets which case: an agent of its group who is present, able, understood, and free.

Assigning locks every agent's row, in order, before any case, so that two who assign at once cannot
fill one place twice. Whoever also holds requests has locked them before the agents.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from ground.errors import NotFound
from ground.messages import ref
from store.cases import WORKED_ON, AgentProfile, Case, CaseState
from store.identity import Account
from store.requests import Request

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Agent:
    """An agent as assignment sees them; `load` is how many cases they have now."""

    id: str
    groups: frozenset[str]
    skills: dict[str, int]
    languages: frozenset[str]
    capacity: int
    present: bool
    last_assigned_at: datetime | None
    load: int

    @property
    def order(self) -> tuple[Fraction, datetime, str]:
        """The smallest comes first: least loaded for their capacity, longest without a new case."""
        return Fraction(self.load, self.capacity), self.last_assigned_at or NEVER, self.id


@dataclass(frozen=True)
class Choice:
    """Whom a case goes to, and for each agent of its group the reasons why (not), as messages."""

    agent: Agent | None
    explanation: list[dict[str, Any]]


def choose(case: Case, agents: Iterable[Agent]) -> Choice:
    """Choose among the agents of the case's group."""
    ours = [agent for agent in agents if case.group in agent.groups]
    hindered = {agent.id: obstacles(case, agent) for agent in ours}
    best = min((a for a in ours if not hindered[a.id]), key=lambda a: a.order, default=None)
    return Choice(
        best,
        [
            {
                "agent": agent.id,
                "chosen": agent is best,
                "reasons": hindered[agent.id] or [compared(agent, best)],
            }
            for agent in ours
        ],
    )


def obstacles(case: Case, agent: Agent) -> list[dict[str, Any]]:
    """Why an agent cannot take a case, as messages; nothing when they can."""
    reasons = [] if agent.present else [ref("cases.agent_absent")]
    for skill, level in case.skills.items():
        if agent.skills.get(skill, 0) < level:
            reasons.append(ref("cases.agent_lacks_skill", skill=skill, level=level))
    if case.language not in agent.languages:
        reasons.append(ref("cases.agent_lacks_language", language=case.language))
    if agent.id == case.handed_over_by:
        reasons.append(ref("cases.agent_handed_it_over"))
    if agent.load >= agent.capacity:
        reasons.append(ref("cases.agent_full", load=agent.load, capacity=agent.capacity))
    return reasons


def compared(agent: Agent, best: Agent | None) -> dict[str, Any]:
    """Why one able agent was preferred to another, as a message."""
    if best is None or agent is best:
        key = "cases.agent_chosen"
    elif agent.order[0] > best.order[0]:
        key = "cases.agent_busier"
    else:
        key = "cases.agent_served_later"
    return ref(key, load=agent.load, capacity=agent.capacity)


def choose_agent(session: Session, case: Case) -> Choice:
    """Whom a case would go to now."""
    return choose(case, agents(session))


def assign(session: Session, request_id: str, at: datetime) -> Case:
    """Give a queued case to the best agent, or leave it in the queue; either way say why.

    A case that is not queued stays as it is. Undone by `release`. Raises `NotFound`.
    """
    everyone = agents(session, lock=True)
    case = locked_case(session, request_id)
    if case.state == CaseState.QUEUED:
        give(session, case, choose(case, everyone), at)
    return case


def release(session: Session, request_id: str) -> Case:
    """Put a case that somebody works on back into the queue. Raises `NotFound`."""
    case = locked_case(session, request_id)
    if case.state in WORKED_ON:
        requeue(case)
        session.flush()
    return case


def hand_over(
    session: Session,
    request_id: str,
    at: datetime,
    *,
    by: str,
    topic: str,
    group: str,
    skills: Mapping[str, int],
) -> Case:
    """Send a case that the account `by` had to somebody else of that group, or to the queue.

    Raises `NotFound`.
    """
    everyone = agents(session, lock=True)
    case = locked_case(session, request_id)
    case.topic, case.group, case.skills = topic, group, dict(skills)
    case.handed_over_by = by
    requeue(case)
    give(session, case, choose(case, everyone), at)
    return case


def work_is_due(session: Session, at: datetime) -> bool:
    """Whether `drain_queue` or `reassign_absent` would move any case now; locks nothing."""
    if session.exec(abandoned().limit(1)).first():
        return True
    return any(True for _ in matches(queued(session, None), agents(session), at))


def drain_queue(
    session: Session, at: datetime, groups: Collection[str] | None = None
) -> list[Case]:
    """Assign what can be of the queues of these groups (or all); the newly assigned cases.

    Escalated cases come first, then by priority, then the oldest. The requests of those cases are
    locked for the caller, who tells their workflows; call it as a unit of work of its own.
    """
    hopeful = [case.request_id for case, _ in matches(queued(session, groups), agents(session), at)]
    lock_requests(session, hopeful)
    everyone = agents(session, lock=True)
    found = list(matches(queued(session, groups, hopeful), everyone, at))
    for case, choice in found:
        give(session, case, choice, at)
    return [case for case, _ in found]


def reassign_absent(session: Session, at: datetime) -> list[Case]:
    """Take the unresolved cases of absent agents from them and assign what can be; those cases.

    Locks their requests for the caller, as `drain_queue` does.
    """
    lock_requests(session, [case.request_id for case in session.exec(abandoned())])
    everyone = agents(session, lock=True)
    cases = session.exec(
        abandoned().with_for_update(of=Case).execution_options(populate_existing=True)
    ).all()
    for case in cases:
        requeue(case)
        choice = choose(case, everyone)
        give(session, case, choice, at)
        if choice.agent:
            take(choice.agent, at)
    return list(cases)


def set_presence(session: Session, account_id: str, present: bool) -> AgentProfile:
    """Note whether an agent takes cases. Raises `NotFound` without such an account.

    Then, as a further unit of work, `drain_queue` gives them work or `reassign_absent` takes it.
    """
    profile = profile_of(session, account_id)
    profile.present = present
    session.flush()
    return profile


def set_levels(session: Session, account_id: str, levels: dict[str, int]) -> AgentProfile:
    """Note how well an agent knows what, where it is more than level 1. Raises `NotFound`."""
    profile = profile_of(session, account_id)
    profile.levels = dict(levels)
    session.flush()
    return profile


def profile_of(session: Session, account_id: str) -> AgentProfile:
    """An agent's profile, locked; a new one if there is none."""
    if session.get(Account, account_id) is None:
        raise NotFound("common.not_found")
    # The same agent may sign in twice at once.
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    empty = {"account_id": account_id, "present": False, "levels": {}}
    session.execute(dialect.insert(AgentProfile).values(empty).on_conflict_do_nothing())
    return session.get_one(AgentProfile, account_id, with_for_update=True, populate_existing=True)


# Behind it


def agents(session: Session, lock: bool = False) -> list[Agent]:
    """Every active agent with a profile, by id; `lock` keeps others from assigning meanwhile."""
    query = (
        select(Account, AgentProfile)
        .join(AgentProfile, col(AgentProfile.account_id) == col(Account.id))
        .where(col(Account.active))
        .order_by(col(AgentProfile.account_id))
        .execution_options(populate_existing=True)
    )
    if lock:
        query = query.with_for_update(of=AgentProfile)
    found = session.exec(query).all()
    # Only now, when nobody else can assign any more, does the count hold.
    loads = dict(
        session.exec(
            select(Case.assignee_id, func.count())
            .where(col(Case.state).in_(WORKED_ON))
            .group_by(col(Case.assignee_id))
        ).all()
    )
    return [
        Agent(
            id=account.id,
            groups=frozenset(account.groups),
            skills={skill: profile.levels.get(skill, 1) for skill in account.skills},
            languages=frozenset(account.languages),
            capacity=account.capacity,
            present=profile.present,
            last_assigned_at=profile.last_assigned_at,
            load=loads.get(account.id, 0),
        )
        for account, profile in found
    ]


QUEUE_ORDER = (
    col(Case.escalated_at).is_(None),
    col(Case.priority),
    col(Case.opened_at),
    col(Case.request_id),
)


def abandoned() -> SelectOfScalar[Case]:
    """The unresolved cases of absent agents, in the order of the queue."""
    return (
        select(Case)
        .outerjoin(AgentProfile, col(AgentProfile.account_id) == col(Case.assignee_id))
        .where(col(Case.state).in_(WORKED_ON), col(AgentProfile.present).is_not(True))
        .order_by(*QUEUE_ORDER)
    )


def queued(
    session: Session, groups: Collection[str] | None, only: Collection[str] | None = None
) -> Sequence[Case]:
    """The queued cases of these groups in their order; `only` some, which are then locked."""
    query = select(Case).where(Case.state == CaseState.QUEUED).order_by(*QUEUE_ORDER)
    if groups is not None:
        query = query.where(col(Case.group).in_(groups))
    if only is not None:
        query = query.where(col(Case.request_id).in_(only)).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).all()


def matches(
    cases: Iterable[Case], everyone: Sequence[Agent], at: datetime
) -> Iterator[tuple[Case, Choice]]:
    """Each case that finds an agent, in turn; the agents fill up meanwhile."""
    for case in cases:
        if all(agent.load >= agent.capacity for agent in everyone):
            return
        choice = choose(case, everyone)
        if choice.agent:
            take(choice.agent, at)
            yield case, choice


def take(agent: Agent, at: datetime) -> None:
    """An agent has one case more."""
    agent.load += 1
    agent.last_assigned_at = at


def give(session: Session, case: Case, choice: Choice, at: datetime) -> None:
    """Write down whom a locked, queued case goes to."""
    case.assignment = choice.explanation
    if choice.agent:
        case.assignee_id, case.assigned_at = choice.agent.id, at
        case.state = CaseState.WAITING if case.paused_at else CaseState.ASSIGNED
        session.get_one(AgentProfile, choice.agent.id).last_assigned_at = at
    session.flush()


def requeue(case: Case) -> None:
    """Nobody works on the case any more."""
    case.state, case.assignee_id, case.assigned_at = CaseState.QUEUED, None, None


def locked_case(session: Session, request_id: str) -> Case:
    """The case of a request as it is now, locked. Raises `NotFound`."""
    case = session.get(Case, request_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise NotFound("cases.no_case")
    return case


def lock_requests(session: Session, ids: Collection[str]) -> None:
    """Lock requests in the order of their ids, so that nobody waits in a circle."""
    session.exec(
        select(Request.id)
        .where(col(Request.id).in_(ids))
        .order_by(col(Request.id))
        .with_for_update()
    ).all()
