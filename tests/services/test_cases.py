"""A case from its opening to its end, and its clocks, which count business time only.

The calendar: Madrid, Monday to Thursday 9 to 14 and 15 to 18, Friday 9 to 15. START is a Monday at
ten. Four hours to the first response, one if urgent; two days to the resolution, eight hours if
urgent.
"""

import random
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from ground import business_time
from ground.errors import Conflict
from services import assignment, cases
from services.cases import Clocks, priority
from store.cases import Case, Priority
from store.database import Database
from tests.services.agents import SERVICE_LEVEL, add_agent, add_case, case_of
from tests.services.requests_made import START

MATRIX = {"everybody": {"high": "urgent", "low": "normal"}, "myself": {"low": "someday"}}


def madrid(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Madrid"))


def refusal(database: Database, work: object, *args: object) -> str:
    with pytest.raises(Conflict) as refused:
        database.write_now(work, *args)  # type: ignore[arg-type]
    return refused.value.key


@pytest.fixture
def case(database: Database) -> str:
    """A case that Ana works on, who could take two."""

    def opened(session: Session) -> str:
        add_agent(session, "ana")
        add_case(session, "c1")
        assignment.assign(session, "c1", START)
        return "c1"

    return database.write_now(opened)


# Priority


def test_the_matrix_decides_the_priority() -> None:
    assert priority("everybody", "high", MATRIX) is Priority.URGENT
    assert priority("everybody", "low", MATRIX) is Priority.NORMAL


@pytest.mark.parametrize(
    ("impact", "urgency", "complaint"),
    [
        ("everybody", "medium", "impact everybody and urgency medium"),
        ("nobody", "high", "impact nobody"),
        ("myself", "low", "someday is no priority; there are urgent, high, normal, low"),
    ],
)
def test_a_matrix_that_does_not_say_is_an_error(impact: str, urgency: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        priority(impact, urgency, MATRIX)


# The clocks


def test_both_clocks_start_when_the_case_opens_and_warn_before_they_run_out(
    database: Database,
) -> None:
    database.write_now(add_case, "c1")
    opened = database.read_now(case_of, "c1")
    assert cases.clocks(opened, 75) == Clocks(
        first_response_warning=madrid("2026-03-23T13:00"),
        first_response_due=madrid("2026-03-23T14:00"),
        # Two days from Monday at ten are 7 + 8 + 1 hours; twelve of them are three quarters.
        resolution_warning=madrid("2026-03-24T14:00"),
        resolution_due=madrid("2026-03-25T10:00"),
    )


def test_an_urgent_case_has_less_time(database: Database) -> None:
    database.write_now(add_case, "c1", priority=Priority.URGENT)
    opened = database.read_now(case_of, "c1")
    assert opened.first_response_due == madrid("2026-03-23T11:00")
    assert opened.resolution_due == madrid("2026-03-24T10:00")


def test_what_is_not_promised_has_no_clock(database: Database) -> None:
    level = SERVICE_LEVEL.model_copy(
        update={"targets": {"resolution": SERVICE_LEVEL.targets["resolution"]}}
    )
    database.write_now(add_case, "c1", service_level=level)
    running = cases.clocks(database.read_now(case_of, "c1"), 75)
    assert (running.first_response_warning, running.first_response_due) == (None, None)
    assert running.resolution_due == madrid("2026-03-25T10:00")


def test_the_clocks_stand_still_while_the_case_waits_for_its_customer(
    database: Database, case: str
) -> None:
    waiting = database.write_now(cases.pause, case, madrid("2026-03-23T13:00"))
    assert (waiting.state, cases.clocks(waiting, 75)) == ("waiting", Clocks())
    database.write_now(cases.pause, case, madrid("2026-03-23T17:00"))
    # Thirteen to eleven the next day is 1 + 3 + 2 hours of business.
    resumed = database.write_now(cases.resume, case, madrid("2026-03-24T11:00"))
    assert (resumed.state, resumed.paused_seconds) == ("assigned", 6 * 3600)
    assert cases.clocks(resumed, 75) == Clocks(
        first_response_warning=madrid("2026-03-24T11:00"),
        first_response_due=madrid("2026-03-24T12:00"),
        resolution_warning=madrid("2026-03-25T12:00"),
        resolution_due=madrid("2026-03-25T17:00"),
    )
    again = database.write_now(cases.resume, case, madrid("2026-03-30T11:00"))
    assert again.resolution_due == resumed.resolution_due


def test_a_pause_over_the_weekend_costs_no_business_time(database: Database, case: str) -> None:
    before = database.read_now(case_of, case).resolution_due
    database.write_now(cases.pause, case, madrid("2026-03-27T15:00"))
    after = database.write_now(cases.resume, case, madrid("2026-03-30T09:00"))
    assert after.resolution_due == before


def test_the_first_response_stops_its_clock_for_good(database: Database, case: str) -> None:
    first, second = madrid("2026-03-23T11:00"), madrid("2026-03-23T12:00")
    answered = database.write_now(cases.first_response, case, first)
    assert (answered.state, answered.first_response_at) == ("in-progress", first)
    assert database.write_now(cases.first_response, case, second).first_response_at == first
    due = answered.first_response_due
    database.write_now(cases.pause, case, second)
    resumed = database.write_now(cases.resume, case, madrid("2026-03-23T16:00"))
    assert (resumed.state, resumed.first_response_due) == ("in-progress", due)
    running = cases.clocks(resumed, 75)
    assert (running.first_response_warning, running.first_response_due) == (None, None)
    assert running.resolution_due == madrid("2026-03-25T13:00")


@pytest.mark.parametrize("seed", range(20))
def test_after_any_pauses_as_much_business_time_is_left_as_was_promised(seed: int) -> None:
    chance = random.Random(seed)
    calendar = SERVICE_LEVEL.calendar
    promised: dict[str, Any] = {"service_level": SERVICE_LEVEL.model_dump(mode="json")}
    opened = Case(opened_at=START, priority=Priority.URGENT, **promised)
    now, running = START, timedelta()
    for _ in range(chance.randint(1, 6)):
        paused = now + timedelta(minutes=chance.randint(1, 3000))
        running += business_time.between(calendar, now, paused)
        now = paused + timedelta(minutes=chance.randint(1, 6000))
        cases.stop_clocks(opened, paused)
        cases.run_clocks(opened, now)
    left = timedelta(hours=8) - running
    assert opened.resolution_due is not None
    if left > timedelta():
        assert business_time.between(calendar, now, opened.resolution_due) == left
    else:
        assert opened.resolution_due <= now


# From opening to closing


def test_a_resolved_case_frees_its_agent_and_stands_still(database: Database, case: str) -> None:
    at = madrid("2026-03-23T12:00")
    for _ in range(2):
        resolved = database.write_now(cases.resolve, case, at)
        assert (resolved.state, resolved.resolution_at) == ("resolved", at)
        assert resolved.first_response_at == at
        assert cases.clocks(resolved, 75) == Clocks()
    assert refusal(database, cases.pause, case, at) == "cases.resolved"
    assert refusal(database, cases.resume, case, at) == "cases.resolved"
    assert refusal(database, cases.escalate, case, "support", at) == "cases.resolved"


def test_a_reopened_case_returns_to_its_agent_and_the_time_between_does_not_count(
    database: Database, case: str
) -> None:
    database.write_now(add_agent, "bea", capacity=9)
    database.write_now(cases.resolve, case, madrid("2026-03-23T12:00"))
    reopened = database.write_now(cases.reopen, case, madrid("2026-03-23T16:00"))
    assert (reopened.state, reopened.assignee_id, reopened.reopened) == ("assigned", "ana", 1)
    assert reopened.resolution_at is None
    assert reopened.resolution_due == madrid("2026-03-25T13:00")
    at = madrid("2026-03-23T17:00")
    assert refusal(database, cases.reopen, case, at) == "cases.not_resolved"


@pytest.mark.parametrize("hindrance", ["absent", "full"])
def test_a_reopened_case_goes_to_another_when_its_agent_cannot_take_it(
    database: Database, case: str, hindrance: str
) -> None:
    def hinder(session: Session) -> None:
        cases.resolve(session, case, START)
        if hindrance == "absent":
            assignment.set_presence(session, "ana", False)
        for name in ("c2", "c3"):
            add_case(session, name)
            assignment.assign(session, name, START)
        add_agent(session, "bea")

    database.write_now(hinder)
    assert database.write_now(cases.reopen, case, START).assignee_id == "bea"


def test_a_reopened_case_waits_when_nobody_can_take_it(database: Database, case: str) -> None:
    database.write_now(cases.resolve, case, START)
    database.write_now(assignment.set_presence, "ana", False)
    reopened = database.write_now(cases.reopen, case, START)
    assert (reopened.state, reopened.assignee_id) == ("queued", None)


def test_a_case_that_was_waiting_when_it_was_resolved_is_not_charged_for_it(
    database: Database, case: str
) -> None:
    database.write_now(cases.pause, case, madrid("2026-03-23T11:00"))
    database.write_now(cases.resolve, case, madrid("2026-03-23T12:00"))
    reopened = database.write_now(cases.reopen, case, madrid("2026-03-23T13:00"))
    assert reopened.paused_seconds == 2 * 3600


def test_a_closed_case_is_over(database: Database, case: str) -> None:
    for at in (START, START + timedelta(days=1)):
        closed = database.write_now(cases.close, case, at)
        assert (closed.state, closed.closed_at, closed.assignee_id) == ("closed", START, "ana")
    assert cases.clocks(closed, 75) == Clocks()
    for work in (cases.first_response, cases.pause, cases.resume, cases.resolve):
        assert refusal(database, work, case, START) == "cases.closed"
    assert refusal(database, cases.reopen, case, START) == "cases.not_resolved"


def test_a_queued_case_can_wait_for_its_customer_too(database: Database) -> None:
    def queue(session: Session) -> None:
        add_case(session, "c1")
        cases.pause(session, "c1", START)

    database.write_now(queue)
    assert database.read_now(case_of, "c1").state == "queued"
    database.write_now(add_agent, "ana")
    assert database.write_now(assignment.assign, "c1", START).state == "waiting"


# Escalation


def test_an_escalated_case_in_the_queue_goes_to_whoever_is_there_for_it(
    database: Database,
) -> None:
    def queue(session: Session) -> None:
        add_case(session, "c1")
        add_agent(session, "lead", groups=("operations",))

    database.write_now(queue)
    escalated = database.write_now(cases.escalate, "c1", "operations", START)
    assert (escalated.group, escalated.assignee_id) == ("operations", "lead")
    assert (escalated.state, escalated.escalated_at) == ("assigned", START)


def test_whoever_works_on_an_escalated_case_keeps_it(database: Database, case: str) -> None:
    later = START + timedelta(hours=1)
    for at in (START, later):
        escalated = database.write_now(cases.escalate, case, "operations", at)
        assert (escalated.group, escalated.assignee_id) == ("support", "ana")
        assert escalated.escalated_at == START
