"""Steps of casework as processes use them: opened with little, routed, waited for, undone."""

from typing import Any

import pytest

from ground import clock
from services import cases
from store.cases import Case, CaseState
from store.requests import Request
from tests.services.agents import add_agent
from tests.workflows.counter import CUSTOMER
from tests.workflows.desk import ANA
from tests.workflows.steps.conftest import Bench


@pytest.fixture
def ana(bench: Bench) -> None:
    """An agent of the support group, present."""
    bench.change(lambda s: add_agent(s, "ana", groups=("support",), skills=("general",)))


def case(bench: Bench, request: Request) -> Case:
    return bench.look(lambda session: session.get_one(Case, request.id))


async def test_a_case_needs_no_more_than_its_item(bench: Bench) -> None:
    request = await bench.call(("open-case", {}))
    [answer] = await bench.answers(request)
    assert answer == {"case": request.id, "priority": "normal", "group": "support"}
    opened = case(bench, request)
    assert (opened.topic, opened.language) == ("steps", "en")
    assert "case.opened" in bench.told(request, "customer")


async def test_a_case_is_judged_and_sent_by_what_is_given_and_answered(bench: Bench) -> None:
    matrix = {"many": {"now": "urgent", "later": "low"}}
    ways = {"cards": {"group": "billing", "skills": {"billing": 2}}, "other": {"group": "support"}}
    wants = {"impact": "many", "urgency": "now", "priorities": matrix, "ways": ways}
    request = await bench.call(("open-case", wants), topic="cards")
    [answer] = await bench.answers(request)
    assert (answer["priority"], answer["group"]) == ("urgent", "billing")
    assert case(bench, request).skills == {"billing": 2}


async def test_group_skills_and_priority_may_be_given_outright(bench: Bench) -> None:
    wants = {"topic": "x", "priority": "high", "group": "billing", "skills": {"billing": 1}}
    request = await bench.call(("open-case", wants))
    await bench.answers(request)
    opened = case(bench, request)
    assert (opened.topic, opened.group, opened.skills) == ("x", "billing", {"billing": 1})


async def test_a_case_is_closed_as_its_undo(bench: Bench) -> None:
    request = await bench.call(("open-case", {}), refuse=True)
    await bench.answers(request, "refused")
    assert case(bench, request).state == CaseState.CLOSED


@pytest.mark.usefixtures("ana")
async def test_a_routed_case_is_in_somebodys_hands(bench: Bench) -> None:
    request = await bench.call(("open-case", {}), ("route-case", {}))
    answers = await bench.answers(request)
    assert answers[1] == {"assignee": "ana", "outcome": None}


WAITING: dict[str, Any] = {"wait": True, "question": {"close_after": "P2D"}}


@pytest.mark.usefixtures("ana")
async def test_a_case_is_waited_for_until_it_is_resolved(bench: Bench) -> None:
    request = await bench.call(
        ("open-case", {"working_stage": "work"}),
        ("route-case", WAITING | {"assigned_stage": "check", "closed_stage": "done"}),
    )
    assert bench.request(request).status == "waiting-staff"
    await bench.say(request, "case-resolution", ANA, decision="resolve", note="Done.")
    answers = await bench.answers(request)
    assert answers[1] == {"assignee": "ana", "outcome": "resolved"}
    assert case(bench, request).state == CaseState.CLOSED
    stages = bench.stages(request)
    assert [stages[stage] for stage in ("check", "work", "done")] == ["done"] * 3


@pytest.mark.usefixtures("ana")
async def test_a_question_without_answer_closes_the_case(bench: Bench) -> None:
    request = await bench.call(("open-case", {}), ("route-case", WAITING))
    await bench.say(request, "case-resolution", ANA, decision="ask-customer", note="Which one?")
    await bench.sleep(days=3)
    answers = await bench.answers(request)
    assert answers[1] == {"assignee": "ana", "outcome": "closed"}
    assert "case.closed_unanswered" in bench.told(request)


@pytest.mark.usefixtures("ana")
async def test_a_resolved_case_may_be_reopened_where_that_is_asked(bench: Bench) -> None:
    wants = WAITING | {"confirmation": {"close_after": "P2D"}, "resolved_stage": "done"}
    request = await bench.call(("open-case", {}), ("route-case", wants))
    await bench.say(request, "case-resolution", ANA, decision="resolve", note="Done.")
    await bench.say(request, "case-confirmation", CUSTOMER, decision="reopen", note="No.")
    await bench.say(request, "case-resolution", ANA, decision="resolve", note="Now.")
    await bench.sleep(days=3)
    answers = await bench.answers(request)
    assert answers[1]["outcome"] == "resolved"
    assert "case.closed_by_itself" in bench.told(request)


@pytest.mark.usefixtures("ana")
async def test_without_ways_a_case_is_passed_on_within_its_group(bench: Bench) -> None:
    bench.change(lambda s: add_agent(s, "eva", groups=("support",), skills=("general",)))
    request = await bench.call(("open-case", {}), ("route-case", WAITING))
    first = bench.task(request, "case-resolution").assignee_id
    given = {"decision": "reassign", "topic": "other", "note": "Yours."}
    await bench.say(request, "case-resolution", f"{first}@example.com", **given)
    second = bench.task(request, "case-resolution").assignee_id
    assert {first, second} == {"ana", "eva"}
    await bench.say(
        request, "case-resolution", f"{second}@example.com", decision="resolve", note="Done."
    )
    assert (await bench.answers(request))[1]["assignee"] == second


@pytest.mark.usefixtures("ana")
async def test_a_later_run_still_knows_its_case(bench: Bench) -> None:
    request = await bench.call(
        ("open-case", {"working_stage": "work"}), ("route-case", WAITING), history_limit=8
    )
    await bench.write(request, "Hello", ANA)
    await bench.sleep(minutes=1)
    await bench.say(request, "case-resolution", ANA, decision="resolve", note="Done.")
    assert (await bench.answers(request))[1]["outcome"] == "resolved"
    assert len(await bench.runs(request)) > 1
    assert case(bench, request).first_response_at is not None


async def test_nobody_is_warned_where_no_group_is_named(bench: Bench) -> None:
    request = await bench.call(("open-case", {}), ("route-case", {}))
    await bench.sleep(days=7)
    told = bench.told(request, "staff")
    assert {"case.first_response_due", "case.resolution_due"} <= set(told)
    at = clock.now()
    bench.change(lambda s: cases.close(s, request.id, at))
