"""What every request's workflow shares, told by a small story: see `probe_workflow.py`."""

import asyncio

import pytest

from activities.effects import OF_MONEY, OF_NEWS, REGISTRY, USUAL, Call, Patience, apply
from activities.tasks import Remind, remind
from ground import clock
from ground.errors import Conflict, Refusal
from services import relay, requests, tasks
from services.timeline import Entry
from store.requests import Request, Withdrawal
from tests.workflows import probe_effects
from tests.workflows.counter import AGENT, AGENT2, CUSTOMER, Counter


async def begun(probe: Counter) -> Request:
    request = await probe.submit("probe", {"wish": "tea"})
    await probe.sleep(minutes=1)
    return request


async def approve(probe: Counter, request: Request, by: str = AGENT) -> None:
    await probe.answer(request, "approval", by, decision="approve")
    await probe.sleep(minutes=1)


async def test_a_story_runs_to_its_end(probe: Counter) -> None:
    request = await begun(probe)
    await approve(probe, request)
    await approve(probe, request, AGENT2)
    assert await probe.result(request) == "completed"
    ended = probe.request(request)
    assert (ended.status, ended.closed_at is not None) == ("completed", True)
    assert probe.stages(request) == {"received": "done", "check": "done", "done": "done"}
    assert sorted(probe_effects.NOTES) == [
        "+left/probe-effects.keep-note",
        "+probe-effects.keep-note",
        "+right/probe-effects.keep-note",
    ]
    assert probe.told(request, "customer")[0] == "requests.submitted"
    assert probe.told(request)[-1] == "requests.ended_completed"
    assert [e.number for e in probe.timeline(request)] == list(
        range(1, len(probe.timeline(request)) + 1)
    )


async def test_a_refusal_undoes_what_was_done_and_tells_why(probe: Counter) -> None:
    request = await begun(probe)
    await probe.answer(request, "approval", AGENT, decision="reject")
    assert await probe.result(request) == "refused"
    assert probe_effects.NOTES == ["+probe-effects.keep-note", "-begun"]
    assert probe.request(request).outcome == {
        "$ref": "tasks.not_for_you",
        "params": {"decision": "reject"},
    }
    assert "requests.ended_refused_because" in probe.told(request)


async def test_nobody_answers_so_it_reminds_escalates_and_expires(probe: Counter) -> None:
    request = await begun(probe)
    await probe.sleep(days=1, hours=1)
    assert "tasks.reminded_approval" in probe.told(request)
    await probe.sleep(days=1)
    assert probe.task(request, "approval").escalated_to == "operations"
    await probe.sleep(days=4)
    assert await probe.result(request) == "refused"
    assert probe.tasks(request) == []
    assert len(probe.tasks(request, "expired")) == 1


async def test_a_withdrawal_undoes_in_reverse(probe: Counter) -> None:
    request = await begun(probe)
    await approve(probe, request)
    await probe.withdraw(request)
    assert await probe.result(request) == "withdrawn"
    assert probe_effects.NOTES[-1] == "-begun"
    assert probe.stages(request)["check"] == "withdrawn"
    assert probe.tasks(request) == []


async def test_a_withdrawal_before_the_workflow_has_started(probe: Counter) -> None:
    viewer = probe.viewer(CUSTOMER)
    submission = requests.Submission(item="probe", answers={"wish": "tea"})
    request = probe.change(lambda s: requests.submit(s, viewer, submission))
    probe.change(lambda s: requests.withdraw(s, viewer, request.id))
    await probe.relay.drain()
    assert await probe.result(request) == "withdrawn"
    assert probe_effects.NOTES[-1:] in ([], ["-begun"])


async def test_past_the_point_of_no_return_nobody_withdraws(probe: Counter) -> None:
    request = await begun(probe)
    await approve(probe, request)
    await approve(probe, request)
    await probe.result(request)
    assert probe.request(request).withdrawal == Withdrawal.SEALED
    with pytest.raises(Conflict, match="already_ended"):
        await probe.withdraw(request)


async def test_a_repeated_delivery_is_heard_once(probe: Counter) -> None:
    request = await begun(probe)
    task = await probe.answer(request, "approval", AGENT, decision="approve")
    handle = probe.handle(request)
    repeat = {
        "number": 2,
        "kind": "answer",
        "body": {"task": task.id, "decision": "reject", "by": "x", "at": "2026-01-01T00:00:00Z"},
    }
    await handle.signal("deliver", repeat)
    await probe.sleep(minutes=1)
    await approve(probe, request)
    assert await probe.result(request) == "completed"


async def test_the_same_answer_again_succeeds_and_another_conflicts(probe: Counter) -> None:
    request = await begun(probe)
    task = await probe.answer(request, "approval", AGENT, decision="approve")
    agent, other = probe.viewer(AGENT), probe.viewer(AGENT2)
    again = {"decision": "approve"}
    probe.change(lambda s: tasks.complete(s, agent, task.id, again, "en"))
    with pytest.raises(Conflict, match="already_done"):
        probe.change(lambda s: tasks.complete(s, agent, task.id, {"decision": "reject"}, "en"))
    with pytest.raises(Conflict, match="already_done"):
        probe.change(lambda s: tasks.complete(s, other, task.id, again, "en"))


async def test_a_long_history_continues_as_new_without_losing_anything(probe: Counter) -> None:
    relay_start = relay.start_input

    def short(request: Request, plan: object) -> dict[str, object]:
        return relay_start(request, plan) | {"history_limit": 8}  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "start_input", short)
        request = await begun(probe)
    first_run = (await probe.handle(request).describe()).run_id
    await probe.sleep(days=1, hours=1)
    await approve(probe, request)
    await probe.sleep(days=1, hours=1)
    await approve(probe, request)
    assert await probe.result(request) == "completed"
    assert (await probe.handle(request).describe()).run_id != first_run
    assert sorted(probe_effects.NOTES) == [
        "+left/probe-effects.keep-note",
        "+probe-effects.keep-note",
        "+right/probe-effects.keep-note",
    ]
    assert probe.told(request).count("tasks.asked_approval") == 2
    assert probe.told(request).count("tasks.reminded_approval") == 2


async def test_withdrawn_after_continuing_as_new_still_undoes_what_the_first_run_did(
    probe: Counter,
) -> None:
    relay_start = relay.start_input
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "start_input", lambda r, p: relay_start(r, p) | {"history_limit": 5})
        request = await begun(probe)
    await probe.sleep(days=1, hours=1)
    await probe.withdraw(request)
    assert await probe.result(request) == "withdrawn"
    assert probe_effects.NOTES == ["+probe-effects.keep-note", "-begun"]


async def test_a_lost_attempt_that_told_something_else_holds_nothing_up(probe: Counter) -> None:
    """A worker reminds and falls; the answer is there before the engine tries that task again."""
    reminded = await begun(probe)
    await probe.sleep(days=1, hours=1)
    [told] = [e for e in probe.timeline(reminded) if e.text == "tasks.reminded_approval"]
    request = await begun(probe)
    lost = Call[Remind](
        request=request.id,
        key=f"{request.id}/question/ask/tasks.remind",
        at=clock.now(),
        entries=[Entry(key=told.key, at=clock.now(), text=told.text)],
        body=Remind(task=probe.task(request, "approval").id),
    )
    probe.change(lambda s: apply(s, remind, lost))
    await approve(probe, request)
    await approve(probe, request)
    assert await probe.result(request) == "completed"
    assert probe.told(request).count("tasks.reminded_approval") == 1
    moves = [entry.state for entry in probe.timeline(request) if entry.stage == "check"]
    asked = ["waiting-staff", "in-progress"]
    assert moves == ["in-progress", *asked, *asked, "done"]


async def test_a_lost_attempt_is_undone_though_the_workflow_has_not_heard_of_it(
    probe: Counter,
) -> None:
    """A worker falls after its effect, and a withdrawal is there before the engine tries again."""
    viewer = probe.viewer(CUSTOMER)
    submission = requests.Submission(item="probe", answers={"wish": "tea"})
    request = probe.change(lambda s: requests.submit(s, viewer, submission))
    lost = Call[probe_effects.Note](
        request=request.id,
        key=f"{request.id}/probe-effects.keep-note",
        at=clock.now(),
        body=probe_effects.Note(text="begun"),
    )
    probe.change(lambda s: apply(s, probe_effects.keep_note, lost))
    probe.change(lambda s: requests.withdraw(s, viewer, request.id))
    await probe.relay.drain()
    assert await probe.result(request) == "withdrawn"
    assert probe_effects.NOTES == ["+probe-effects.keep-note", "-begun"]
    late = lost.model_copy(update={"key": f"{request.id}/late"})
    with pytest.raises(Refusal, match="already_ended"):
        probe.change(lambda s: apply(s, probe_effects.keep_note, late))


async def test_a_stray_that_cannot_be_undone_is_shown_to_staff(
    probe: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await begun(probe)
    stray = Call[probe_effects.Note](
        request=request.id,
        key=f"{request.id}/stray",
        at=clock.now(),
        body=probe_effects.Note(text="stray"),
    )
    probe.change(lambda s: apply(s, probe_effects.keep_note, stray))
    monkeypatch.setattr(probe_effects, "FINAL", ["stray"])
    await probe.withdraw(request)
    assert await probe.result(request) == "withdrawn"
    assert probe_effects.NOTES[-1] == "-begun"
    assert "requests.undo_refused" in probe.told(request, "staff")


async def test_a_failing_step_is_shown_and_goes_on_once_mended(probe: Counter) -> None:
    probe_effects.FAILING.append("begun")
    request = await probe.submit("probe", {"wish": "tea"})
    async with asyncio.timeout(30):
        while "requests.looking_into_it" not in probe.told(request):
            await probe.sleep(seconds=20)
    assert "the note cabinet is locked" in (probe.request(request).trouble or "")
    assert "requests.trouble_cause" not in probe.told(request, "customer")
    probe_effects.FAILING.clear()
    await probe.sleep(minutes=2)
    assert "requests.going_on" in probe.told(request)
    assert probe.request(request).trouble is None
    await approve(probe, request)
    await approve(probe, request)
    assert await probe.result(request) == "completed"


async def test_a_failing_step_does_not_hold_up_a_withdrawal(probe: Counter) -> None:
    probe_effects.FAILING.append("begun")
    request = await probe.submit("probe", {"wish": "tea"})
    await probe.sleep(minutes=3)
    await probe.withdraw(request)
    await probe.sleep(minutes=5)
    assert await probe.result(request) == "withdrawn"
    assert "requests.going_on" not in probe.told(request)
    assert probe_effects.NOTES == []


async def test_cancelled_in_the_temporal_ui_it_undoes_and_says_so(probe: Counter) -> None:
    request = await begun(probe)
    await probe.handle(request).cancel()
    assert await probe.result(request) == "terminated"
    assert probe_effects.NOTES[-1] == "-begun"
    assert probe.request(request).status == "terminated"


async def test_commands_are_the_same_with_and_without_a_timeline(probe: Counter) -> None:
    relay_start = relay.start_input
    commands = []
    for timeline in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                relay,
                "start_input",
                lambda r, p, shown=timeline: relay_start(r, p) | {"timeline": shown},
            )
            request = await begun(probe)
        await approve(probe, request)
        await approve(probe, request)
        assert await probe.result(request) == "completed"
        history = await probe.history(request)
        commands.append(
            [
                event.event_type
                for event in history.events
                if event.HasField("marker_recorded_event_attributes")
                or event.HasField("activity_task_scheduled_event_attributes")
                or event.HasField("timer_started_event_attributes")
            ]
        )
    assert commands[0] == commands[1]
    assert len(commands[0]) > 5


@pytest.mark.parametrize(
    ("patience", "fewest", "most"), [(OF_MONEY, 4, 7), (USUAL, 12, 20), (OF_NEWS, 40, 60)]
)
async def test_what_fails_is_tried_as_often_as_its_nature_asks_for(
    probe: Counter, monkeypatch: pytest.MonkeyPatch, patience: Patience, fewest: int, most: int
) -> None:
    monkeypatch.setitem(vars(probe_effects.keep_note), "patience", patience)
    probe_effects.FAILING.append("begun")
    request = await probe.submit("probe", {"wish": "tea"})
    await probe.sleep(minutes=10)
    described = await probe.handle(request).describe()
    (pending,) = described.raw_description.pending_activities
    assert fewest <= pending.attempt <= most
    probe_effects.FAILING.clear()
    await probe.sleep(minutes=11)
    assert probe.request(request).trouble is None


def test_the_undo_of_an_effect_is_as_patient_as_itself() -> None:
    for made in REGISTRY.values():
        assert all(undo.patience == made.patience for undo in made.undo)
    assert REGISTRY["billing.charge"].patience == OF_MONEY
