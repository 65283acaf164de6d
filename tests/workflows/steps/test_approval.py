"""The approval step as processes use it: returned facts, returns, delegation, more than one eye."""

from typing import Any

import pytest
from sqlmodel import select

from ground.errors import Conflict, Forbidden
from services import tasks
from store.notifications import Notification
from store.requests import Message
from tests.workflows.counter import AGENT, AGENT2, CUSTOMER
from tests.workflows.steps.conftest import Bench

OPERATOR = "operator@example.com"
APPROVAL: dict[str, Any] = {
    "title": {"en": "The limit", "es": "El límite", "pt": "O limite"},
    "deciders": {"group": "support", "deadline": "P2D"},
}
RETURNABLE = APPROVAL | {"form": "approval-or-return", "may_return": True}


async def test_it_brings_back_decision_levels_and_facts(bench: Bench) -> None:
    request = await bench.call(("approval", APPROVAL | {"form": "work", "returns": ["amount"]}))
    await bench.say(request, "approval", AGENT, decision="approve", amount=3)
    [answer] = await bench.answers(request)
    [level] = answer["levels"]
    assert (answer["decision"], answer["answers"]) == ("approved", {"amount": 3})
    assert (level["level"], level["by"]) == (1, bench.viewer(AGENT).account_id)


async def test_a_request_is_sent_back_with_a_note_that_the_customer_reads(bench: Bench) -> None:
    request = await bench.call(("approval", RETURNABLE))
    await bench.say(request, "approval", AGENT, decision="return", note="Add your income.")
    [answer] = await bench.answers(request)
    assert answer["decision"] == answer["levels"][0]["decision"] == "returned"
    assert "tasks.level_returned" in bench.told(request, "staff")
    query = select(Message).where(Message.request_id == request.id)
    [message] = bench.look(lambda session: session.exec(query).all())
    assert (message.text, message.visible) == ("Add your income.", "customer")


async def test_where_nothing_may_be_returned_it_means_no(bench: Bench) -> None:
    request = await bench.call(("approval", RETURNABLE | {"may_return": False}))
    await bench.say(request, "approval", AGENT, decision="return", note="Add your income.")
    [answer] = await bench.answers(request)
    assert answer["decision"] == "rejected"


async def test_with_four_eyes_nobody_decides_twice_without_they_may(bench: Bench) -> None:
    for four_eyes in (True, False):
        request = await bench.call(("approval", APPROVAL | {"levels": 2, "four_eyes": four_eyes}))
        await bench.say(request, "approval", AGENT, decision="approve")
        if four_eyes:
            with pytest.raises(Forbidden):
                await bench.answer(request, "approval", AGENT, decision="approve")
        await bench.say(request, "approval", AGENT2 if four_eyes else AGENT, decision="approve")
        assert (await bench.answers(request))[0]["decision"] == "approved"


async def test_nobody_decides_in_time(bench: Bench) -> None:
    request = await bench.call(("approval", APPROVAL))
    await bench.sleep(days=6)
    [answer] = await bench.answers(request)
    assert (answer["decision"], answer["levels"][0]["by"]) == ("expired", None)


# Delegation


async def test_a_decider_hands_the_task_to_a_colleague(bench: Bench) -> None:
    request = await bench.call(("approval", APPROVAL | {"may_delegate": True}))
    task, to = bench.task(request, "approval"), bench.viewer(AGENT2)
    bench.change(lambda s: tasks.delegate(s, bench.viewer(AGENT), task.id, to.account_id))
    assert bench.task(request, "approval").assignee_id == to.account_id
    assert bench.entry(request, "tasks.delegated").params == {"name": to.name}
    told = bench.look(
        lambda s: s.exec(
            select(Notification.key).where(Notification.account_id == to.account_id)
        ).all()
    )
    assert told == ["tasks.delegated_to_you"]
    with pytest.raises(Conflict):
        await bench.answer(request, "approval", AGENT, decision="approve")
    await bench.say(request, "approval", AGENT2, decision="approve")
    assert (await bench.answers(request))[0]["levels"][0]["by"] == to.account_id


@pytest.mark.parametrize(
    ("may", "by", "to"),
    [
        (False, AGENT, AGENT2),
        (True, AGENT, OPERATOR),
        (True, AGENT, CUSTOMER),
        (True, AGENT, AGENT),
        (True, OPERATOR, AGENT2),
    ],
)
async def test_a_task_is_handed_over_only_within_its_group_and_where_it_may_be(
    bench: Bench, may: bool, by: str, to: str
) -> None:
    request = await bench.call(("approval", APPROVAL | {"may_delegate": may}))
    task, receiver = bench.task(request, "approval"), bench.viewer(to).account_id
    with pytest.raises(Forbidden):
        bench.change(lambda s: tasks.delegate(s, bench.viewer(by), task.id, receiver))
    await bench.withdraw(request)
    assert await bench.result(request) == "withdrawn"


async def test_who_has_decided_already_or_asked_gets_no_task_handed_over(bench: Bench) -> None:
    wants = APPROVAL | {"may_delegate": True, "levels": 2}
    request = await bench.call(("approval", wants))
    await bench.say(request, "approval", AGENT2, decision="approve")
    second = bench.task(request, "approval")
    seen = bench.look(lambda s: tasks.colleagues(s, bench.viewer(AGENT), second))
    assert seen == []
    own = await bench.call(("approval", wants), by=AGENT2)
    task = bench.task(own, "approval")
    assert bench.look(lambda s: tasks.colleagues(s, bench.viewer(AGENT), task)) == []


async def test_what_somebody_else_holds_is_theirs_to_hand_over(bench: Bench) -> None:
    request = await bench.call(("approval", APPROVAL | {"may_delegate": True}))
    task = bench.task(request, "approval")
    bench.change(lambda s: tasks.claim(s, bench.viewer(AGENT2), task.id))
    to = bench.viewer(AGENT2).account_id
    with pytest.raises(Conflict):
        bench.change(lambda s: tasks.delegate(s, bench.viewer(AGENT), task.id, to))
