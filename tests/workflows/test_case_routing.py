"""A problem report: judged, routed, worked on, resolved, confirmed or reopened, and closed."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from sqlmodel import Session
from temporalio.testing import WorkflowEnvironment

from activities import cases
from ground import clock
from ground.errors import Conflict, NotFound
from services import catalog, outbox, publishing, relay, requests, tasks, timeline
from services.access import Viewer
from store.requests import Effect, Request
from tests.catalog.forms.samples import start_form
from tests.workflows.counter import CUSTOMER, ROOT, Counter
from tests.workflows.desk import ALL_SKILLS, ANA, BEN, ITEM, MADRID, OLGA, REPORT, Desk, madrid
from workflows.case_routing import CaseSettings
from workflows.registry import definition_registry

OPERATOR = "operator@example.com"
NETWORK = {"topic": "network", "subtopic": "slow"}
URGENT = {"impact": "everybody", "urgency": "high"}


@pytest.fixture
async def desk(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with its team on a Monday morning."""
    desk = Desk(**vars(counter))
    await desk.open(monkeypatch)
    return desk


def short_runs(patch: pytest.MonkeyPatch, limit: int) -> None:
    """Let workflows continue as new after so many events."""
    whole = relay.start_input
    patch.setattr(relay, "start_input", lambda r, p: whole(r, p) | {"history_limit": limit})


async def carried(desk: Desk, request: Request) -> dict[str, Any]:
    """What the latest run of the workflow was started with."""
    started = (await desk.history(request)).events[0]
    payload = started.workflow_execution_started_event_attributes.input.payloads[0]
    fresh: dict[str, Any] = {"journal": {}, "undos": []}
    return dict(json.loads(payload.data).get("carried", fresh))


# From report to end


async def test_a_case_is_worked_on_resolved_confirmed_and_closed(desk: Desk) -> None:
    request = await desk.report()
    case = desk.case(request)
    assert (case.assignee_id, case.state) == ("ana", "assigned")
    assert desk.stages(request) == {"received": "done", "assigned": "waiting-staff"}
    await desk.say(request, "We look into it.", ANA)
    assert desk.stages(request)["in-progress"] == "waiting-staff"
    assert desk.stages(request)["assigned"] == "done"
    await desk.work(request, "resolve", note="We corrected the invoice.")
    assert desk.case(request).state == "resolved"
    assert desk.load("ana") == 0
    assert desk.request(request).status == "waiting-customer"
    await desk.confirm(request)
    assert await desk.result(request) == "completed"
    assert desk.case(request).state == "closed"
    assert desk.stages(request) == {
        "received": "done",
        "assigned": "done",
        "in-progress": "done",
        "resolved": "done",
        "closed": "done",
    }
    assert desk.told(request, "customer") == [
        "requests.submitted",
        "case.opened",
        "tasks.asked_case_resolution",
        "requests.message_from_staff",
        "requests.message_from_staff",
        "tasks.asked_case_confirmation",
        "tasks.answered_case_confirmation",
        "case.confirmed",
        "requests.ended_completed",
    ]
    assert desk.messages(request, "customer") == ["We look into it.", "We corrected the invoice."]


async def test_each_side_is_notified_of_what_the_other_writes(desk: Desk) -> None:
    request = await desk.report()
    await desk.say(request, "We look into it.", ANA)
    await desk.say(request, "Thank you.")
    assert desk.notified(CUSTOMER) == ["requests.message_from_staff"]
    assert desk.notified(ANA) == ["requests.message_from_customer"]
    assert desk.notified(BEN) == []


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [
        ("everybody", "high", "urgent"),
        ("everybody", "low", "normal"),
        ("several", "high", "high"),
        ("myself", "medium", "normal"),
        ("myself", "low", "low"),
    ],
)
async def test_impact_and_urgency_give_the_priority_and_it_the_promises(
    desk: Desk, impact: str, urgency: str, priority: str
) -> None:
    promised = {
        "urgent": (madrid_after(desk, hours=1), madrid_after(desk, hours=8)),
        "high": (madrid_after(desk, hours=2), madrid_after(desk, days=1)),
        "normal": (madrid_after(desk, hours=8), madrid_after(desk, days=3)),
        "low": (madrid_after(desk, days=2), madrid_after(desk, days=5)),
    }[priority]
    request = await desk.report(impact=impact, urgency=urgency)
    case = desk.case(request)
    assert case.first_response_due
    assert case.resolution_due
    near = timedelta(minutes=1)
    assert abs(case.first_response_due - promised[0]) < near
    assert abs(case.resolution_due - promised[1]) < near
    assert desk.request(request).due_at == case.resolution_due
    opened = next(e for e in desk.timeline(request) if e.text == "case.opened")
    assert opened.params["priority"] == {"$ref": f"case.priority_{priority}", "params": {}}


def madrid_after(desk: Desk, days: int = 0, hours: int = 0) -> Any:
    """So long after the start, which lies early enough on a Monday for it to be business time."""
    return desk.start + timedelta(days=days, hours=hours)


@pytest.mark.parametrize(
    ("answers", "group", "agent"),
    [
        ({"topic": "network", "subtopic": "slow"}, "support-technical", "ben"),
        ({"topic": "device", "subtopic": "damaged"}, "support-technical", "ben"),
        ({"topic": "invoice", "subtopic": "refund"}, "billing", "ana"),
        ({"topic": "account", "subtopic": "security"}, "support", "ana"),
        ({"topic": "other", "subtopic": None}, "support", "ana"),
    ],
)
async def test_each_topic_goes_to_its_group_and_to_somebody_with_its_skill(
    desk: Desk, answers: dict[str, Any], group: str, agent: str
) -> None:
    request = await desk.report(**answers)
    case = desk.case(request)
    assert (case.group, case.assignee_id) == (group, agent)
    assert desk.request(request).group == group
    task = desk.task(request, "case-resolution")
    assert (task.group, task.assignee_id, task.due_at) == (group, agent, case.first_response_due)


# The queue


async def test_a_case_waits_in_the_queue_until_somebody_is_free(desk: Desk) -> None:
    first, second = await desk.report(), await desk.report()
    low = await desk.report(urgency="low")
    urgent = await desk.report(**URGENT)
    assert [desk.case(r).assignee_id for r in (first, second, low, urgent)] == [
        "ana",
        "ana",
        None,
        None,
    ]
    assert desk.stages(urgent) == {"received": "in-progress"}
    assert "case.queued" in desk.told(urgent, "customer")
    await desk.dispatch()
    assert desk.load("ana") == 2
    await desk.work(first, "resolve")
    await desk.dispatch()
    assert (desk.case(low).state, desk.case(urgent).assignee_id) == ("queued", "ana")
    assert desk.task(urgent, "case-resolution").assignee_id == "ana"
    assert desk.stages(urgent)["assigned"] == "waiting-staff"
    assert desk.load("ana") == 2
    await desk.work(second, "resolve")
    await desk.dispatch()
    assert desk.task(low, "case-resolution").assignee_id == "ana"


async def test_nobody_gets_a_case_in_a_language_they_do_not_speak(desk: Desk) -> None:
    request = await desk.report(language="pt")
    assert desk.case(request).state == "queued"
    desk.hire("eva", groups=("billing",), skills=("billing",), languages=("pt",))
    await desk.dispatch()
    assert desk.case(request).assignee_id == "eva"


async def test_capacity_is_never_exceeded(desk: Desk) -> None:
    reported = [await desk.report() for _ in range(6)]
    for number, request in enumerate(reported):
        await desk.dispatch()
        assert desk.load("ana") == min(2, len(reported) - number)
        await desk.work(request, "resolve")
    assert {desk.case(r).state for r in reported} == {"resolved"}


async def test_an_answer_to_a_queued_case_counts_and_an_agent_comes_later(desk: Desk) -> None:
    request = await desk.report(language="pt")
    await desk.say(request, "Somebody will call you.", ANA)
    assert desk.stages(request) == {
        "received": "done",
        "assigned": "skipped",
        "in-progress": "in-progress",
    }
    desk.hire("eva", groups=("billing",), skills=("billing",), languages=("pt",))
    await desk.dispatch()
    assert desk.stages(request)["in-progress"] == "waiting-staff"
    assert desk.task(request, "case-resolution").due_at == desk.case(request).resolution_due


# Agents come and go


async def test_an_absent_agents_case_goes_to_a_colleague(desk: Desk) -> None:
    request = await desk.report()
    await desk.say(request, "We look into it.", ANA)
    desk.hire("eva", groups=("billing",), skills=("billing",))
    await desk.leave(ANA)
    assert (desk.case(request).assignee_id, desk.load("ana")) == ("eva", 0)
    assert desk.task(request, "case-resolution").assignee_id == "eva"
    assert [task.assignee_id for task in desk.tasks(request, "cancelled")] == ["ana"]
    assert "case.agent_gone" not in desk.told(request, "customer")
    assert "case.agent_gone" in desk.told(request, "staff")
    assert desk.stages(request)["in-progress"] == "waiting-staff"
    await desk.work(request, "resolve", by="eva@example.com")
    assert desk.case(request).state == "resolved"


async def test_an_absent_agents_case_queues_until_they_are_back(desk: Desk) -> None:
    request = await desk.report()
    await desk.leave(ANA)
    assert desk.case(request).state == "queued"
    assert desk.tasks(request) == []
    assert desk.told(request, "customer").count("case.queued") == 1
    desk.sign_in(ANA)
    await desk.dispatch()
    assert desk.task(request, "case-resolution").assignee_id == "ana"
    assert desk.owed(request) == ["start", "assignment", "assignment"]


async def test_a_case_that_waits_for_its_customer_changes_hands_quietly(desk: Desk) -> None:
    request = await desk.report()
    await desk.work(request, "ask-customer")
    desk.hire("eva", groups=("billing",), skills=("billing",))
    await desk.leave(ANA)
    assert (desk.case(request).assignee_id, desk.case(request).state) == ("eva", "waiting")
    assert [task.kind for task in desk.tasks(request)] == ["case-question"]
    await desk.reply(request)
    assert desk.task(request, "case-resolution").assignee_id == "eva"


async def test_news_that_has_been_overtaken_disturbs_nobody(desk: Desk) -> None:
    request = await desk.report()
    handle = desk.handle(request)
    stale = {"number": 50, "kind": "assignment", "body": {"revision": 1, "assignee": "eva"}}
    await handle.signal("deliver", stale)
    await desk.sleep(minutes=1)
    assert desk.task(request, "case-resolution").assignee_id == "ana"


async def test_news_that_comes_after_the_end_is_for_staff_alone(desk: Desk) -> None:
    request = await desk.report()
    await desk.withdraw(request)
    await desk.result(request)
    await desk.follow()

    def tell(session: Session) -> None:
        news = {"revision": 9, "assignee": "ben"}
        row = timeline.locked(session, request.id)
        outbox.put(session, row, "assignment", news, clock.now())

    desk.change(tell)
    await desk.relay.drain()
    assert desk.told(request, "staff")[-1] == "requests.came_too_late"
    assert "requests.came_too_late" not in desk.told(request, "customer")


# The clocks


async def test_the_first_answer_in_time_stops_its_clock(desk: Desk) -> None:
    request = await desk.report(**URGENT)
    await desk.sleep(minutes=30)
    await desk.say(request, "We look into it.", ANA)
    await desk.say(request, "And again.", ANA)
    case = desk.case(request)
    assert case.first_response_at
    assert case.first_response_due
    written = next(e for e in desk.timeline(request) if e.text == "requests.message_from_staff")
    assert case.first_response_at == written.at < case.first_response_due
    await desk.sleep(hours=2)
    assert not {"case.first_response_warning", "case.first_response_due"} & set(desk.told(request))


async def test_before_the_first_answer_is_late_a_further_group_looks_and_then_it_is_shown(
    desk: Desk,
) -> None:
    request = await desk.report(**URGENT)
    await desk.sleep(minutes=42)
    assert "case.first_response_warning" not in desk.told(request)
    await desk.sleep(minutes=3)
    assert desk.told(request, "staff")[-1] == "case.first_response_warning"
    assert desk.task(request, "case-resolution").escalated_to == "operations"
    assert desk.case(request).assignee_id == "ana"
    assert desk.notified(OPERATOR) == ["case.first_response_warning"]
    assert tasks_of(desk, OPERATOR) == [request.id]
    await desk.sleep(minutes=15)
    assert desk.told(request, "staff")[-1] == "case.first_response_due"
    await desk.say(request, "Sorry for being late.", ANA)
    case = desk.case(request)
    assert case.first_response_at
    assert case.first_response_due
    assert case.first_response_at > case.first_response_due
    assert desk.told(request, "customer") == [
        "requests.submitted",
        "case.opened",
        "tasks.asked_case_resolution",
        "requests.message_from_staff",
    ]


def tasks_of(desk: Desk, email: str) -> list[str]:
    """The requests whose tasks somebody finds in their list."""
    viewer = desk.viewer(email)
    return desk.look(lambda s: [t.request_id for t in tasks.inbox(s, viewer, None, 10)])


async def test_a_queued_case_is_escalated_to_somebody_of_the_further_group(desk: Desk) -> None:
    desk.hire("olga", groups=("operations",), skills=ALL_SKILLS, languages=("pt",))
    request = await desk.report(language="pt", **URGENT)
    assert desk.case(request).state == "queued"
    await desk.sleep(minutes=46)
    assert (desk.case(request).group, desk.case(request).assignee_id) == ("operations", "olga")
    assert desk.task(request, "case-resolution").group == "operations"
    assert desk.request(request).group == "operations"
    await desk.work(request, "resolve", by=OLGA)
    assert desk.case(request).state == "resolved"


async def test_an_escalated_case_comes_first_in_the_queue(desk: Desk) -> None:
    normal = await desk.report(language="pt")
    await desk.sleep(hours=7)
    urgent = await desk.report(language="pt", **URGENT)
    assert desk.case(normal).escalated_at
    desk.hire(
        "olga", groups=("operations", "billing"), skills=ALL_SKILLS, languages=("pt",), capacity=1
    )
    await desk.dispatch()
    assert (desk.case(normal).assignee_id, desk.case(urgent).state) == ("olga", "queued")


async def test_the_resolution_is_warned_of_and_its_breach_shown_once(desk: Desk) -> None:
    request = await desk.report(**URGENT)
    await desk.say(request, "We look into it.", ANA)
    await desk.sleep(hours=6, minutes=5)
    assert desk.told(request, "staff") == ["case.resolution_warning"]
    await desk.sleep(hours=2)
    assert desk.told(request, "staff") == ["case.resolution_warning", "case.resolution_due"]
    await desk.sleep(days=3)
    assert len(desk.told(request, "staff")) == 2
    await desk.work(request, "resolve")
    assert desk.case(request).state == "resolved"


async def test_the_clocks_stand_still_for_the_customer_over_a_holiday(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, time_skipping: WorkflowEnvironment
) -> None:
    """Epiphany, the sixth of January, is a holiday; it has to lie between two working days."""
    now = (await time_skipping.get_current_time()).astimezone(MADRID)
    year = next(y for y in range(now.year + 1, now.year + 9) if working_eve(y))
    desk = Desk(**vars(counter))
    await desk.open(monkeypatch, madrid(year, 1, 5, 10))
    request = await desk.report(**URGENT)
    due = desk.case(request).resolution_due
    assert due
    assert abs(due - madrid(year, 1, 5, 18)) < timedelta(minutes=1)
    await desk.pass_until(madrid(year, 1, 5, 17))
    await desk.work(request, "ask-customer", note="Which invoice is it?")
    assert desk.case(request).state == "waiting"
    await desk.pass_until(madrid(year, 1, 7, 9))
    await desk.reply(request, "That of March.")
    # Asked at 17, answered at 9 after the holiday: 3 + 1 hours of business passed, 1 hour was left.
    due = desk.case(request).resolution_due
    assert due
    assert abs(due - madrid(year, 1, 7, 10)) < timedelta(minutes=2)
    assert desk.case(request).paused_seconds == pytest.approx(4 * 3600, abs=60)
    assert desk.told(request, "staff").count("case.resolution_warning") == 1
    await desk.pass_until(madrid(year, 1, 7, 10, 5))
    assert desk.told(request, "staff")[-1] == "case.resolution_due"


def working_eve(year: int) -> bool:
    """Whether the fifth and the seventh of January are neither of a weekend."""
    weekday = madrid(year, 1, 6).astimezone(MADRID).weekday()
    return 0 < weekday < 4


# Asking the customer


async def test_the_customer_answers_the_agents_question_and_work_goes_on(desk: Desk) -> None:
    request = await desk.report()
    await desk.work(request, "ask-customer", note="Which invoice is it?")
    assert desk.request(request).status == "waiting-customer"
    assert desk.stages(request)["in-progress"] == "waiting-customer"
    assert desk.case(request).first_response_at
    assert desk.case(request).state == "waiting"
    await desk.reply(request, "That of March.")
    assert desk.messages(request, "customer") == ["Which invoice is it?", "That of March."]
    assert desk.told(request, "customer")[-3:] == [
        "tasks.answered_case_question",
        "requests.message_from_customer",
        "tasks.asked_case_resolution",
    ]
    assert desk.case(request).state == "in-progress"
    assert desk.task(request, "case-resolution").assignee_id == "ana"


async def test_a_message_answers_the_question_too(desk: Desk) -> None:
    request = await desk.report()
    await desk.say(request, "It is that of March, by the way.")
    await desk.work(request, "ask-customer", note="Which invoice is it?")
    await desk.sleep(hours=1)
    assert desk.case(request).state == "waiting"
    await desk.say(request, "I told you: that of March.")
    assert desk.case(request).state == "in-progress"
    assert desk.case(request).paused_seconds == pytest.approx(3600, abs=300)
    assert [task.kind for task in desk.tasks(request, "cancelled")] == ["case-question"]
    assert desk.task(request, "case-resolution").assignee_id == "ana"


async def test_a_silent_customer_is_reminded_and_then_the_case_closes(desk: Desk) -> None:
    request = await desk.report()
    await desk.work(request, "ask-customer")
    await desk.sleep(days=3, hours=1)
    assert desk.told(request, "customer").count("tasks.reminded_case_question") == 1
    await desk.sleep(days=4)
    assert desk.told(request, "customer").count("tasks.reminded_case_question") == 2
    await desk.sleep(days=4)
    assert await desk.result(request) == "completed"
    assert "case.closed_unanswered" in desk.told(request, "customer")
    assert desk.stages(request)["resolved"] == "skipped"
    assert (desk.case(request).state, desk.load("ana")) == ("closed", 0)
    assert [task.kind for task in desk.tasks(request, "expired")] == ["case-question"]


# Passing on


async def test_passed_on_to_a_colleague_of_the_same_group(desk: Desk) -> None:
    desk.hire("eva", groups=("billing",), skills=("billing",), capacity=1)
    request = await desk.report()
    agent = desk.case(request).assignee_id
    other = {"ana": "eva", "eva": "ana"}[agent or ""]
    await desk.work(request, "reassign", f"{agent}@example.com", topic="invoice", note="Yours.")
    assert desk.case(request).assignee_id == other
    assert desk.task(request, "case-resolution").assignee_id == other
    assert desk.case(request).first_response_at is None
    assert desk.stages(request) == {"received": "done", "assigned": "waiting-staff"}


async def test_passed_on_to_another_group_with_a_note_that_the_customer_never_reads(
    desk: Desk,
) -> None:
    request = await desk.report()
    await desk.work(request, "reassign", topic="network", note="A matter of the router.")
    case = desk.case(request)
    assert (case.group, case.topic, case.assignee_id) == ("support-technical", "network", "ben")
    assert desk.request(request).group == "support-technical"
    assert desk.messages(request, "staff") == ["A matter of the router."]
    assert desk.messages(request, "customer") == []
    assert "requests.message_from_staff" not in desk.told(request, "customer")
    assert "case.handed_over" in desk.told(request, "customer")
    await desk.work(request, "resolve", by=BEN)
    await desk.confirm(request)
    assert await desk.result(request) == "completed"


async def test_whoever_passes_a_case_on_does_not_get_it_back_at_once(desk: Desk) -> None:
    request = await desk.report()
    await desk.work(request, "reassign", topic="invoice")
    await desk.dispatch()
    assert desk.case(request).state == "queued"
    assert desk.tasks(request) == []
    desk.hire("eva", groups=("billing",), skills=("billing",))
    await desk.dispatch()
    assert desk.case(request).assignee_id == "eva"
    await desk.work(request, "reassign", by="eva@example.com", topic="invoice")
    assert desk.case(request).assignee_id == "ana"


# Resolved


async def test_a_customer_who_does_not_agree_gets_the_same_agent_again(desk: Desk) -> None:
    request = await desk.report()
    await desk.work(request, "resolve")
    before = desk.case(request)
    await desk.sleep(hours=5)
    await desk.reopen(request, "It still shows the charge.")
    case = desk.case(request)
    assert (case.assignee_id, case.reopened, case.state) == ("ana", 1, "assigned")
    assert case.resolution_due
    assert before.resolution_due
    left_out = case.resolution_due - before.resolution_due
    assert abs(left_out - timedelta(hours=5)) < timedelta(minutes=5)
    assert desk.stages(request)["in-progress"] == "waiting-staff"
    assert desk.stages(request)["resolved"] == "pending"
    assert desk.messages(request, "customer")[-1] == "It still shows the charge."
    assert desk.task(request, "case-resolution").assignee_id == "ana"


async def test_reopened_twice_and_then_confirmed(desk: Desk) -> None:
    request = await desk.report()
    for _ in range(2):
        await desk.work(request, "resolve")
        await desk.reopen(request)
    await desk.work(request, "resolve")
    await desk.confirm(request)
    assert await desk.result(request) == "completed"
    assert desk.case(request).reopened == 2
    assert desk.told(request, "customer").count("case.reopened") == 2
    assert desk.stages(request) == {
        "received": "done",
        "assigned": "done",
        "in-progress": "done",
        "resolved": "done",
        "closed": "done",
    }


async def test_reopened_while_the_agent_is_full_or_away_it_goes_to_another(desk: Desk) -> None:
    request = await desk.report()
    await desk.work(request, "resolve")
    await desk.leave(ANA)
    desk.hire("eva", groups=("billing",), skills=("billing",))
    await desk.reopen(request)
    assert desk.task(request, "case-resolution").assignee_id == "eva"


async def test_a_customer_who_says_nothing_is_reminded_and_the_case_closes_by_itself(
    desk: Desk,
) -> None:
    request = await desk.report()
    await desk.work(request, "resolve")
    await desk.say(request, "Thank you!")
    await desk.sleep(days=3, hours=1)
    assert desk.told(request, "customer")[-1] == "tasks.reminded_case_confirmation"
    await desk.sleep(days=2)
    assert await desk.result(request) == "completed"
    assert "case.closed_by_itself" in desk.told(request, "customer")
    assert desk.stages(request)["resolved"] == "done"
    assert desk.case(request).state == "closed"


# Withdrawn


async def test_withdrawn_while_queued(desk: Desk) -> None:
    request = await desk.report(language="pt")
    await desk.withdraw(request)
    assert await desk.result(request) == "withdrawn"
    assert (desk.case(request).state, desk.case(request).assignee_id) == ("closed", None)
    assert desk.stages(request) == {"received": "withdrawn"}


@pytest.mark.parametrize("reached", ["assigned", "in-progress", "waiting"])
async def test_withdrawn_the_case_closes_and_the_next_one_is_taken(
    desk: Desk, reached: str
) -> None:
    request, _other, queued = await desk.report(), await desk.report(), await desk.report()
    if reached == "in-progress":
        await desk.say(request, "We look into it.", ANA)
    elif reached == "waiting":
        await desk.work(request, "ask-customer")
    await desk.withdraw(request)
    assert await desk.result(request) == "withdrawn"
    assert desk.tasks(request) == []
    assert desk.case(request).state == "closed"
    await desk.follow()
    await desk.dispatch()
    assert desk.case(queued).assignee_id == "ana"
    assert desk.load("ana") == 2
    assert "requests.ended_withdrawn" in desk.told(request, "customer")


async def test_once_resolved_nobody_withdraws(desk: Desk) -> None:
    request = await desk.report()
    await desk.work(request, "resolve")
    with pytest.raises(Conflict, match="too_late_to_withdraw"):
        await desk.withdraw(request)
    await desk.reopen(request)
    with pytest.raises(Conflict, match="too_late_to_withdraw"):
        await desk.withdraw(request)


async def test_a_withdrawal_that_comes_before_the_resolution_wins(desk: Desk) -> None:
    request = await desk.report()
    viewer = desk.viewer(CUSTOMER)
    desk.change(lambda s: requests.withdraw(s, viewer, request.id))
    await desk.answer(request, "case-resolution", ANA, decision="resolve", note="Done.")
    assert await desk.result(request) == "withdrawn"
    assert desk.case(request).state == "closed"
    assert "resolved" not in desk.stages(request)


# Long conversations, and what stays inside


async def test_a_conversation_of_fifty_messages_continues_as_new(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_runs(monkeypatch, 25)
    request = await desk.report()
    first_run = (await desk.handle(request).describe()).run_id
    sizes = []
    for number in range(25):
        await desk.say(request, f"Question {number}", CUSTOMER)
        await desk.say(request, f"Answer {number}", ANA)
        sizes.append(len(json.dumps((await carried(desk, request))["journal"])))
    assert (await desk.handle(request).describe()).run_id != first_run
    assert sizes[-1] == sizes[12] > 2
    assert desk.task(request, "case-resolution").assignee_id == "ana"
    assert desk.stages(request)["in-progress"] == "waiting-staff"
    await desk.work(request, "resolve")
    await desk.confirm(request)
    assert await desk.result(request) == "completed"
    told = desk.told(request, "customer")
    assert told.count("tasks.asked_case_resolution") == 1
    assert told.count("requests.message_from_staff") == 26


async def test_many_rounds_carry_no_more_than_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_runs(monkeypatch, 12)
    request = await desk.report()
    carried_after = []
    for _ in range(6):
        await desk.work(request, "ask-customer", note="And then?")
        await desk.reply(request)
        state = await carried(desk, request)
        carried_after.append((len(state["journal"]), len(state["undos"])))
    assert max(carried_after[3:]) <= max(carried_after[:3])
    await desk.work(request, "resolve")
    await desk.reopen(request)
    await desk.work(request, "resolve")
    await desk.sleep(days=6)
    assert await desk.result(request) == "completed"
    told = desk.told(request, "customer")
    assert told.count("tasks.asked_case_question") == 6
    assert told.count("case.opened") == told.count("case.reopened") == 1
    assert len({e.key for e in desk.timeline(request)}) == len(desk.timeline(request))


async def test_withdrawn_after_many_runs_it_still_closes_the_case(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_runs(monkeypatch, 12)
    request = await desk.report(**URGENT)
    await desk.work(request, "ask-customer")
    await desk.reply(request)
    await desk.sleep(hours=9)
    assert desk.told(request, "staff").count("case.resolution_warning") == 1
    assert desk.told(request, "staff").count("case.resolution_due") == 1
    await desk.withdraw(request)
    assert await desk.result(request) == "withdrawn"
    assert desk.case(request).state == "closed"


async def test_internal_notes_reach_neither_the_customer_nor_the_clock(desk: Desk) -> None:
    request = await desk.report(**URGENT)
    ana = desk.viewer(ANA)
    note = "He always complains."
    desk.change(lambda s: requests.write_message(s, ana, request.id, note, internal=True))
    await desk.sleep(hours=1, minutes=5)
    assert desk.case(request).first_response_at is None
    assert desk.owed(request) == ["start"]
    seen = desk.look(lambda s: timeline.entries_after(s, request.id, 0, staff=False))
    assert {entry.visible for entry in seen} == {"customer"}
    staff_only = {"case.first_response_warning", "case.first_response_due"}
    assert not staff_only & {entry.text for entry in seen}
    assert staff_only <= set(desk.told(request))
    assert desk.messages(request, "staff") == [note]


async def test_a_colleague_of_another_group_sees_nothing_of_the_case(desk: Desk) -> None:
    request = await desk.report()

    def read(who: Viewer) -> str:
        return desk.look(lambda s: requests.readable(s, who, request.id).id)

    assert read(desk.viewer(ANA)) == request.id
    with pytest.raises(NotFound):
        read(desk.viewer(BEN))
    await desk.work(request, "reassign", topic="device")
    assert read(desk.viewer(BEN)) == request.id


# A fallen worker


async def test_what_a_fallen_worker_learnt_does_not_hide_what_has_happened_since(
    desk: Desk,
) -> None:
    """It had found nobody for the case, and the engine never heard of it."""
    viewer = desk.viewer(CUSTOMER)
    submission = requests.Submission(item=ITEM, answers=REPORT, channel="test")
    request = desk.change(lambda s: requests.submit(s, viewer, submission))
    stale = {"revision": 1, "priority": "normal", "group": "nobody", "assignee": None}
    stale |= {"responded": False, "clocks": {}}

    def fall(session: Session) -> None:
        key = f"{request.id}/route-case/assignment.1/cases.assign"
        name = cases.assign.name
        session.add(Effect(key=key, request_id=request.id, name=name, at=desk.start, result=stale))

    desk.change(fall)
    await desk.relay.drain()
    await desk.sleep(minutes=1)
    assert "case.queued" in desk.told(request)
    await desk.dispatch()
    task = desk.task(request, "case-resolution")
    assert (task.assignee_id, task.group) == ("ana", "billing")
    assert task.due_at == desk.case(request).first_response_due


# The definition


def redefine(desk: Desk, folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Publish the item anew with a change."""
    item = yaml.safe_load((ROOT / "catalog_defs" / f"{ITEM}.yaml").read_text())
    change(item)
    folder.mkdir(exist_ok=True)
    shutil.copy(ROOT / "catalog_defs" / "categories.yaml", folder)
    (folder / f"{ITEM}.yaml").write_text(json.dumps(item))
    registry = definition_registry()
    refreshed = desk.change(lambda s: publishing.refresh(s, folder, ROOT / "forms", registry))
    assert not refreshed.problems, refreshed.problems


async def test_without_a_promise_there_is_no_clock_to_watch(desk: Desk, tmp_path: Path) -> None:
    def promise_nothing(item: dict[str, Any]) -> None:
        item["service_level"]["targets"] = {"callback": {"default": "P1D"}}

    redefine(desk, tmp_path / "items", promise_nothing)
    request = await desk.report(**URGENT)
    await desk.sleep(days=30)
    assert desk.told(request)[1] == "case.opened_without_promise"
    assert desk.told(request, "staff") == []
    assert desk.task(request, "case-resolution").due_at is None
    assert desk.request(request).due_at is None


async def test_without_a_service_level_there_is_no_case(desk: Desk, tmp_path: Path) -> None:
    redefine(desk, tmp_path / "items", lambda item: item.update(service_level=None))
    request = await desk.report()
    assert await desk.result(request) == "failed"
    assert (desk.request(request).outcome or {})["$ref"] == "case.no_service_level"


async def test_every_report_that_the_form_takes_has_a_priority_and_a_way(desk: Desk) -> None:
    shown = [field for page in start_form(ITEM).view({}).pages for field in page.fields]
    options = {field.name: {option.value for option in field.options} for field in shown}
    published = desk.look(lambda s: catalog.published(s, ITEM, desk.viewer(CUSTOMER)))
    rules = CaseSettings.model_validate(dict(published.item.settings))
    assert set(rules.topics) == options["topic"]
    assert set(rules.priorities) == options["impact"]
    assert all(set(row) == options["urgency"] for row in rules.priorities.values())


def test_a_matrix_with_a_gap_is_refused() -> None:
    gap = {"everybody": {"high": "urgent", "low": "low"}, "myself": {"high": "high"}}
    patience = {"close_after": "P5D"}
    with pytest.raises(ValidationError, match="myself says nothing of low"):
        CaseSettings.model_validate(
            {
                "priorities": gap,
                "topics": {},
                "warn_percent": 75,
                "escalation_group": "operations",
                "question": patience,
                "confirmation": patience,
            }
        )
