"""What ops can search requests by while they wait."""

from datetime import datetime
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.converter import decode_search_attributes

from tests.workflows.counter import AGENT, Counter


def upserted(history: WorkflowHistory) -> list[dict[str, Any]]:
    """The search attributes that the workflow has set, from the first to the last."""
    found = [event.upsert_workflow_search_attributes_event_attributes for event in history.events]
    decoded = [decode_search_attributes(one.search_attributes) for one in found]
    return [{name: values[0] for name, values in one.items() if values} for one in decoded if one]


async def test_each_question_tells_who_is_to_act_since_when_and_until_when(probe: Counter) -> None:
    request = await probe.submit("probe", {"wish": "tea"})
    await probe.sleep(days=1)
    await probe.answer(request, "approval", AGENT, decision="approve")
    await probe.sleep(minutes=1)
    waits = [one for one in upserted(await probe.history(request)) if "VentanillaSince" in one]
    assert [one["VentanillaGroup"] for one in waits] == ["support", "support"]
    first, second = (at(one["VentanillaSince"]) for one in waits)
    assert (second - first).days == 1
    assert all(at(one["VentanillaDue"]) > at(one["VentanillaSince"]) for one in waits)


def at(value: Any) -> datetime:
    """A moment as the engine or its decoder gives it."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
