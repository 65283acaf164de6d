"""Who gets which case, and why; nobody gets more than they can take, whoever assigns at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, func, select

from ground.errors import NotFound
from ground.messages import catalogue, languages
from services import assignment, cases
from services.assignment import Agent, choose
from store.cases import WORKED_ON, Case, CaseState, Priority
from store.database import Database
from store.identity import Account
from tests.services.agents import add_agent, add_case, case_of
from tests.services.requests_made import START

LATER = START + timedelta(hours=1)


def reasons(case: Case) -> dict[str, list[str]]:
    """The keys of what was said of each agent."""
    return {said["agent"]: [each["$ref"] for each in said["reasons"]] for said in case.assignment}


def minutes(number: int) -> Any:
    return START + timedelta(minutes=number)


def loads(session: Session) -> dict[str | None, int]:
    counted = (
        select(Case.assignee_id, func.count())
        .where(col(Case.state).in_(WORKED_ON))
        .group_by(col(Case.assignee_id))
    )
    return dict(session.exec(counted).all())


# The choice


def test_only_a_present_able_free_speaker_of_the_group_is_chosen_and_the_rest_know_why(
    database: Database,
) -> None:
    def team(session: Session) -> None:
        add_agent(session, "absent", present=False)
        add_agent(session, "beginner", skills=("network",))
        add_agent(session, "fit")
        add_agent(session, "full", capacity=0)
        add_agent(session, "monoglot", languages=("en",))
        add_agent(session, "elsewhere", groups=("billing",))
        add_agent(session, "hopeless", present=False, skills=(), languages=(), capacity=0)
        add_case(session, "c1")

    database.write_now(team)
    case = database.write_now(assignment.assign, "c1", LATER)
    assert (case.assignee_id, case.assigned_at, case.state) == ("fit", LATER, "assigned")
    assert reasons(case) == {
        "absent": ["cases.agent_absent"],
        "beginner": ["cases.agent_lacks_skill"],
        "fit": ["cases.agent_chosen"],
        "full": ["cases.agent_full"],
        "monoglot": ["cases.agent_lacks_language"],
        "hopeless": [
            "cases.agent_absent",
            "cases.agent_lacks_skill",
            "cases.agent_lacks_language",
            "cases.agent_full",
        ],
    }
    assert [said["agent"] for said in case.assignment if said["chosen"]] == ["fit"]


def test_a_skill_needs_its_level(database: Database) -> None:
    def team(session: Session) -> None:
        add_agent(session, "expert", levels={"billing": 3})
        add_agent(session, "junior")
        add_case(session, "hard", skills={"billing": 3})
        add_case(session, "harder", skills={"billing": 4})
        add_case(session, "wide", skills={"billing": 1, "legal": 1})

    database.write_now(team)
    assert database.write_now(assignment.assign, "hard", LATER).assignee_id == "expert"
    assert database.write_now(assignment.assign, "harder", LATER).assignee_id is None
    assert database.write_now(assignment.assign, "wide", LATER).assignee_id is None


def test_the_least_loaded_for_their_capacity_comes_first(database: Database) -> None:
    def team(session: Session) -> None:
        add_agent(session, "part-time", capacity=2)
        add_agent(session, "full-time", capacity=5)
        for name in ("c1", "c2", "c3", "c4"):
            add_case(session, name)

    database.write_now(team)
    got = [database.write_now(assignment.assign, f"c{n}", minutes(n)) for n in (1, 2, 3, 4)]
    # 0/2 and 0/5 are equal, and so the name decides; then 0/2 < 1/5, 1/5 < 1/2, 2/5 < 1/2.
    assert [case.assignee_id for case in got] == [
        "full-time",
        "part-time",
        "full-time",
        "full-time",
    ]
    assert reasons(got[2]) == {
        "full-time": ["cases.agent_chosen"],
        "part-time": ["cases.agent_busier"],
    }


def test_among_equals_whoever_has_waited_longest_comes_first(database: Database) -> None:
    def team(session: Session) -> None:
        for name in ("ana", "bea"):
            add_agent(session, name)
        for name in ("c1", "c2", "c3"):
            add_case(session, name)

    database.write_now(team)
    first = database.write_now(assignment.assign, "c1", minutes(1))
    second = database.write_now(assignment.assign, "c2", minutes(2))
    for name in ("c1", "c2"):
        database.write_now(cases.close, name, minutes(3))
    third = database.write_now(assignment.assign, "c3", minutes(4))
    assert [first.assignee_id, second.assignee_id, third.assignee_id] == ["ana", "bea", "ana"]
    assert reasons(third)["bea"] == ["cases.agent_served_later"]


agents = st.builds(
    Agent,
    id=st.text("abcdef", min_size=1, max_size=3),
    groups=st.just(frozenset({"support"})),
    skills=st.dictionaries(st.sampled_from(["billing", "legal"]), st.integers(1, 3)),
    languages=st.frozensets(st.sampled_from(["en", "es", "pt"])),
    capacity=st.integers(0, 4),
    present=st.booleans(),
    last_assigned_at=st.none() | st.just(START) | st.just(LATER),
    load=st.integers(0, 4),
)


def need(group: str, skills: dict[str, int], language: str) -> Case:
    values: dict[str, Any] = {"group": group, "skills": skills, "language": language}
    return Case(**values)


needs = st.builds(
    need,
    group=st.sampled_from(["support", "billing"]),
    skills=st.dictionaries(st.sampled_from(["billing", "legal"]), st.integers(1, 3)),
    language=st.sampled_from(["en", "es", "pt"]),
)


@given(needs, st.lists(agents, unique_by=lambda agent: agent.id))
def test_whoever_is_chosen_is_fit_and_nobody_fit_has_less_to_do(
    case: Case, everyone: list[Agent]
) -> None:
    def fit(agent: Agent) -> bool:
        return (
            case.group in agent.groups
            and agent.present
            and case.language in agent.languages
            and agent.load < agent.capacity
            and all(agent.skills.get(skill, 0) >= least for skill, least in case.skills.items())
        )

    choice = choose(case, everyone)
    able = [agent for agent in everyone if fit(agent)]
    assert (choice.agent is None) == (not able)
    if choice.agent:
        assert choice.agent in able
        share = choice.agent.load / choice.agent.capacity
        assert all(share <= agent.load / agent.capacity for agent in able)
    assert all(said["reasons"] for said in choice.explanation)
    assert sum(said["chosen"] for said in choice.explanation) == bool(able)


def test_every_reason_has_a_text_in_every_language() -> None:
    words = [f"agent_{word}" for word in ("absent", "full", "chosen", "busier", "served_later")]
    for key in [*words, "agent_lacks_skill", "agent_lacks_language"]:
        assert all(catalogue(language).get(f"cases.{key}") for language in languages())


# Assigning and giving back


def test_a_choice_can_be_looked_at_without_making_it(database: Database) -> None:
    database.write_now(add_agent, "fit")
    database.write_now(add_case, "c1")
    case = database.read_now(case_of, "c1")
    chosen = database.read_now(assignment.choose_agent, case).agent
    assert chosen is not None
    assert (chosen.id, database.read_now(loads)) == ("fit", {})


def test_a_case_waits_in_the_queue_when_nobody_can_take_it(database: Database) -> None:
    database.write_now(add_agent, "absent", present=False)
    database.write_now(add_case, "c1")
    case = database.write_now(assignment.assign, "c1", LATER)
    assert (case.state, case.assignee_id) == ("queued", None)
    assert reasons(case) == {"absent": ["cases.agent_absent"]}


def test_an_assigned_case_stays_where_it_is_until_it_is_released(database: Database) -> None:
    database.write_now(add_agent, "ana")
    database.write_now(add_case, "c1")
    database.write_now(assignment.assign, "c1", LATER)
    database.write_now(add_agent, "bea")
    assert database.write_now(assignment.assign, "c1", minutes(90)).assigned_at == LATER
    for _ in range(2):
        released = database.write_now(assignment.release, "c1")
        assert (released.state, released.assignee_id) == ("queued", None)
    assert database.read_now(loads) == {}


def test_what_is_resolved_or_closed_leaves_room_and_what_waits_does_not(
    database: Database,
) -> None:
    def full(session: Session) -> None:
        add_agent(session, "ana", capacity=3)
        for name in ("c1", "c2", "c3"):
            add_case(session, name)
            assignment.assign(session, name, START)

    database.write_now(full)
    assert database.read_now(loads) == {"ana": 3}
    database.write_now(cases.pause, "c1", LATER)
    assert database.read_now(loads) == {"ana": 3}
    database.write_now(cases.resolve, "c2", LATER)
    database.write_now(cases.close, "c3", LATER)
    assert database.read_now(loads) == {"ana": 1}


def test_a_case_that_is_not_there_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        database.write_now(assignment.assign, "nothing", LATER)
    with pytest.raises(NotFound):
        database.write_now(assignment.set_presence, "nobody", True)


def test_an_account_that_was_closed_gets_nothing(database: Database) -> None:
    def gone(session: Session) -> None:
        add_agent(session, "gone")
        session.get_one(Account, "gone").active = False
        add_case(session, "c1")

    database.write_now(gone)
    assert database.write_now(assignment.assign, "c1", LATER).assignee_id is None


# The queue


def test_the_queue_goes_by_escalation_then_priority_then_age(database: Database) -> None:
    def queue(session: Session) -> None:
        add_case(session, "old", at=minutes(0))
        add_case(session, "older", at=minutes(-5))
        add_case(session, "urgent", at=minutes(5), priority=Priority.URGENT)
        add_case(session, "escalated", at=minutes(6), priority=Priority.LOW)
        cases.escalate(session, "escalated", "support", minutes(7))
        add_agent(session, "ana", capacity=3)

    database.write_now(queue)
    drained = database.write_now(assignment.drain_queue, LATER)
    assert [case.request_id for case in drained] == ["escalated", "urgent", "older"]
    assert {case.assignee_id for case in drained} == {"ana"}
    assert database.read_now(case_of, "old").state == CaseState.QUEUED
    assert database.write_now(assignment.drain_queue, LATER) == []


def test_a_case_nobody_can_take_does_not_hold_up_those_behind_it(database: Database) -> None:
    def queue(session: Session) -> None:
        add_case(session, "first", at=minutes(0), skills={"magic": 1})
        add_case(session, "second", at=minutes(1))
        add_agent(session, "ana")

    database.write_now(queue)
    (case,) = database.write_now(assignment.drain_queue, LATER)
    assert (case.request_id, case.assignee_id) == ("second", "ana")


def test_only_the_queues_of_the_named_groups_are_drained(database: Database) -> None:
    def queues(session: Session) -> None:
        add_agent(session, "ana", groups=("support", "billing"))
        add_case(session, "ours")
        add_case(session, "theirs", group="billing")

    database.write_now(queues)
    drained = database.write_now(assignment.drain_queue, LATER, ["billing"])
    assert [case.request_id for case in drained] == ["theirs"]


def test_the_work_of_an_absent_agent_goes_to_others_or_back_to_the_queue(
    database: Database,
) -> None:
    def work(session: Session) -> None:
        add_agent(session, "ana", capacity=4)
        add_case(session, "started", at=minutes(0))
        add_case(session, "waiting", at=minutes(1))
        add_case(session, "untouched", at=minutes(2))
        add_case(session, "resolved", at=minutes(3))
        for name in ("started", "waiting", "untouched", "resolved"):
            assignment.assign(session, name, minutes(4))
        cases.first_response(session, "started", minutes(5))
        cases.pause(session, "waiting", minutes(5))
        cases.resolve(session, "resolved", minutes(5))
        add_agent(session, "bea", capacity=2)
        assignment.set_presence(session, "ana", False)

    database.write_now(work)
    moved = database.write_now(assignment.reassign_absent, LATER)
    assert [(case.request_id, case.assignee_id, case.state) for case in moved] == [
        ("started", "bea", "assigned"),
        ("waiting", "bea", "waiting"),
        ("untouched", None, "queued"),
    ]
    assert reasons(moved[2])["bea"] == ["cases.agent_full"]
    assert database.read_now(case_of, "resolved").assignee_id == "ana"
    assert database.write_now(assignment.reassign_absent, LATER) == []
    database.write_now(assignment.set_presence, "ana", True)
    (back,) = database.write_now(assignment.drain_queue, LATER)
    assert (back.request_id, back.assignee_id) == ("untouched", "ana")


# Many at once


def test_many_who_assign_at_once_fill_every_place_and_none_twice(database: Database) -> None:
    def crowd(session: Session) -> None:
        for name in ("ana", "bea", "eva"):
            add_agent(session, name, capacity=3)
        for number in range(16):
            add_case(session, f"c{number:02}", at=minutes(number))

    database.write_now(crowd)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: assign_or_drain(database, n), range(16)))
    database.write_now(assignment.drain_queue, LATER)
    assert database.read_now(loads) == {"ana": 3, "bea": 3, "eva": 3}


def assign_or_drain(database: Database, number: int) -> None:
    """Every fourth drains the queue, as somebody who just came in would."""
    if number % 4:
        database.write_now(assignment.assign, f"c{number:02}", LATER)
    else:
        database.write_now(assignment.drain_queue, LATER)


def test_work_and_absence_at_once_leave_nobody_overloaded_or_forgotten(
    database: Database,
) -> None:
    def crowd(session: Session) -> None:
        for name in ("ana", "bea", "eva"):
            add_agent(session, name, capacity=4)
        for number in range(12):
            add_case(session, f"c{number:02}", at=minutes(number))
            assignment.assign(session, f"c{number:02}", minutes(20))

    def act(number: int) -> None:
        if number == 3:
            database.write_now(assignment.set_presence, "ana", False)
        elif number % 3 == 0:
            database.write_now(assignment.reassign_absent, LATER)
        elif number % 3 == 1:
            database.write_now(cases.resolve, f"c{number:02}", LATER)
        else:
            database.write_now(assignment.drain_queue, LATER)

    database.write_now(crowd)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(act, range(12)))
    database.write_now(assignment.reassign_absent, LATER)
    database.write_now(assignment.drain_queue, LATER)
    # Eight of twelve are unresolved, and the two who are here have room for exactly those.
    assert database.read_now(loads) == {"bea": 4, "eva": 4}


# Handing over


def hand_over(database: Database, by: str, **route: Any) -> Case:
    wants = {"topic": "invoice", "group": "support", "skills": {"billing": 1}} | route
    return database.write_now(assignment.hand_over, "c1", LATER, by=by, **wants)


def test_a_case_that_is_handed_over_goes_to_somebody_else(database: Database) -> None:
    def team(session: Session) -> None:
        for name in ("ana", "bea"):
            add_agent(session, name)
        add_case(session, "c1")
        assignment.assign(session, "c1", START)

    database.write_now(team)
    assert hand_over(database, "ana").assignee_id == "bea"
    back = hand_over(database, "bea")
    assert back.assignee_id == "ana"
    assert reasons(back)["bea"] == ["cases.agent_handed_it_over"]


def test_a_case_that_nobody_else_can_take_waits_and_is_not_given_back(database: Database) -> None:
    def team(session: Session) -> None:
        add_agent(session, "ana")
        add_case(session, "c1")
        assignment.assign(session, "c1", START)

    database.write_now(team)
    assert hand_over(database, "ana").state == CaseState.QUEUED
    assert database.write_now(assignment.drain_queue, LATER) == []
    assert database.read_now(assignment.work_is_due, LATER) is False


def test_a_case_is_handed_over_to_another_group_with_other_skills(database: Database) -> None:
    def team(session: Session) -> None:
        add_agent(session, "ana")
        add_agent(session, "cleo", groups=("technical",), skills=("network",))
        add_case(session, "c1")
        assignment.assign(session, "c1", START)

    database.write_now(team)
    case = hand_over(database, "ana", topic="network", group="technical", skills={"network": 1})
    assert (case.topic, case.group, case.skills) == ("network", "technical", {"network": 1})
    assert case.assignee_id == "cleo"


def test_an_agent_who_signs_in_twice_at_once_gets_one_profile(database: Database) -> None:
    def hire(session: Session) -> None:
        session.add(
            Account(id="ana", email="ana@example.com", name="Ana", role="agent", created_at=START)
        )

    database.write_now(hire)
    with ThreadPoolExecutor(2) as pool:
        twice = [
            pool.submit(database.write_now, assignment.set_presence, "ana", True) for _ in range(2)
        ]
    assert [job.result().present for job in twice] == [True, True]
