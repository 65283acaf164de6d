"""The approval step by itself: who is asked, who may not answer, and what it says of each level."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from catalog.registry import Registry
from ground.errors import Forbidden
from services import relay
from settings import Settings
from store.database import Database
from store.requests import Request
from tests.workflows.approval_workflow import ApprovalProbe
from tests.workflows.counter import AGENT, AGENT2, Counter, open_counter

OPERATOR = "operator@example.com"
PROBE = Path(__file__).parent / "probe"
APPROVAL = {"title": "tasks.level_approved", "form": "probe-decision"}
DECIDERS = {"group": "support", "deadline": "P2D", "reminders": ["P1D"]}


@pytest.fixture
async def asking(
    sqlite_url: str,
    time_skipping: WorkflowEnvironment,
    settings: Settings,
) -> AsyncIterator[Counter]:
    """A counter whose only item asks for an approval; see `ask`."""
    registry = Registry(workflow_settings={"probe": None})
    async with (
        Database(sqlite_url) as database,
        open_counter(
            database, time_skipping, settings, [ApprovalProbe], registry, PROBE, PROBE / "forms"
        ) as counter,
    ):
        yield counter


async def ask(counter: Counter, **wants: Any) -> Request:
    """A request that asks for this approval."""
    start = relay.start_input

    def with_approval(request: Request, plan: Any) -> dict[str, object]:
        settings = {"approval": APPROVAL | {"deciders": DECIDERS} | wants}
        return start(request, plan.model_copy(update={"settings": settings}))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "start_input", with_approval)
        request = await counter.submit("probe", {"wish": "tea"})
    await counter.sleep(minutes=1)
    return request


async def answer(counter: Counter, request: Request, decision: str, by: str) -> None:
    await counter.answer(request, "approval", by, decision=decision)
    await counter.sleep(minutes=1)


async def found(counter: Counter, request: Request) -> list[tuple[int, str, str | None]]:
    """Level, decision and account of each level that was asked."""
    assert await counter.result(request) == "completed"
    [entry] = [entry for entry in counter.timeline(request) if entry.text == "found"]
    return [(each["level"], each["decision"], each["by"]) for each in entry.params["levels"]]


async def test_each_level_says_who_decided_what_and_when(asking: Counter) -> None:
    request = await ask(asking, levels=2)
    await answer(asking, request, "approve", AGENT)
    await answer(asking, request, "reject", AGENT2)
    first, second = (asking.viewer(who).account_id for who in (AGENT, AGENT2))
    assert await found(asking, request) == [(1, "approved", first), (2, "rejected", second)]
    [entry] = [entry for entry in asking.timeline(request) if entry.text == "found"]
    answered = sorted(task.closed_at or task.created_at for task in asking.tasks(request, "done"))
    assert [each["at"] for each in entry.params["levels"]] == [
        at.isoformat().replace("+00:00", "Z") for at in answered
    ]


async def test_excluded_accounts_do_not_decide(asking: Counter) -> None:
    excluded = asking.viewer(AGENT).account_id
    request = await ask(asking, excluded=[excluded])
    with pytest.raises(Forbidden, match="not_for_you"):
        await answer(asking, request, "approve", AGENT)
    await answer(asking, request, "approve", AGENT2)
    assert await found(asking, request) == [(1, "approved", asking.viewer(AGENT2).account_id)]


async def test_an_escalation_goes_on_from_group_to_group(asking: Counter) -> None:
    chain = [{"group": "billing", "within": "P1D"}, {"group": "operations", "within": "PT4H"}]
    request = await ask(asking, deciders=DECIDERS | {"escalations": chain})
    task = asking.task(request, "approval")
    # This item has no calendar, so business time passes by the clock.
    assert task.due_at == task.created_at + timedelta(days=3, hours=4)
    seen = []
    for hours in (25, 24, 24):
        await asking.sleep(hours=hours)
        seen.append(asking.task(request, "approval").escalated_to)
    assert seen == [None, "billing", "operations"]
    assert asking.told(request).count("tasks.reminded_approval") == 1
    await answer(asking, request, "approve", OPERATOR)
    assert await found(asking, request) == [(1, "approved", asking.viewer(OPERATOR).account_id)]


async def test_a_reminder_beyond_the_end_is_none(asking: Counter) -> None:
    request = await ask(asking, deciders=DECIDERS | {"reminders": ["P9D"]})
    await asking.sleep(days=3)
    assert await found(asking, request) == [(1, "expired", None)]
    assert "tasks.reminded_approval" not in asking.told(request)
