"""Schedules of the workflow engine, against a real one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select
from temporalio.client import Client, ScheduleActionStartWorkflow, ScheduleDescription
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from activities import schedules as activity
from services import forms, schedule_keeping, schedules
from services.schedule_keeping import schedule_id, turn
from settings import Settings
from store.database import Database
from store.events import ItemSchedule
from store.requests import Request
from tests.services.test_schedules import publish, row
from workflows.sandbox import sandbox
from workflows.scheduled_start import ScheduledStart


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "catalog"


@pytest.fixture
def _tea_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that accepts no answers, as a schedule by time gives none."""
    accept = forms.accept

    def with_tea(s: Session, version: str, name: str, who: str, given: Any, how: str) -> Any:
        return accept(s, version, name, who, {"wish": "tea"} | given, how)

    monkeypatch.setattr(forms, "accept", with_tea)


async def described(temporal: Client, item: str) -> ScheduleDescription | None:
    """What the engine knows of an item's schedule."""
    try:
        return await temporal.get_schedule_handle(schedule_id(item)).describe()
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return None


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_the_engine_follows_what_is_published(
    database: Database, temporal: Client, settings: Settings, folder: Path
) -> None:
    publish(database, folder, item={"every": {"minutes": 5}})
    await turn(database, temporal, settings, anew=False)
    found = await described(temporal, "item")
    assert found
    assert [one.every for one in found.schedule.spec.intervals] == [timedelta(minutes=5)]
    assert isinstance(found.schedule.action, ScheduleActionStartWorkflow)
    assert found.schedule.action.task_queue == settings.task_queue
    assert row(database, "item").applied

    publish(database, folder, item={"cron": "0 6 * * 1"})
    await turn(database, temporal, settings, anew=False)
    found = await described(temporal, "item")
    assert found
    assert found.schedule.spec.intervals == []
    assert found.info.next_action_times[0].strftime("%a %H:%M") == "Mon 06:00"

    publish(database, folder, item=None)
    await turn(database, temporal, settings, anew=False)
    assert await described(temporal, "item") is None
    assert row(database, "item").applied


async def test_a_schedule_that_the_engine_lost_is_made_again_at_the_next_start(
    database: Database, temporal: Client, settings: Settings, folder: Path
) -> None:
    publish(database, folder, item={"every": "PT1H"})
    await turn(database, temporal, settings, anew=False)
    await temporal.get_schedule_handle(schedule_id("item")).delete()
    await turn(database, temporal, settings, anew=False)
    assert await described(temporal, "item") is None
    await turn(database, temporal, settings, anew=True)
    assert await described(temporal, "item")


async def test_one_that_is_gone_already_may_be_taken_away(
    database: Database, temporal: Client, settings: Settings, folder: Path
) -> None:
    publish(database, folder, item={"every": "PT1H"})
    publish(database, folder, item=None)
    await turn(database, temporal, settings, anew=False)
    assert row(database, "item").applied


async def test_what_the_engine_refuses_is_noted_and_holds_up_no_other(
    database: Database, temporal: Client, settings: Settings, folder: Path
) -> None:
    publish(database, folder, a={"every": "PT1H"}, b={"every": "PT1H"})

    def spoil(session: Session) -> None:
        one = session.get_one(ItemSchedule, "a")
        one.schedule, one.kind = {"cron": "at dawn"}, "cron"
        session.add(one)

    database.write_now(spoil)
    await turn(database, temporal, settings, anew=False)
    assert "5-7 fields" in (row(database, "a").problem or "")
    assert await described(temporal, "a") is None
    assert await described(temporal, "b")


@asynccontextmanager
async def working(temporal: Client, database: Database, settings: Settings) -> AsyncIterator[None]:
    async with Worker(
        temporal,
        task_queue=settings.task_queue,
        workflows=[ScheduledStart],
        activities=activity.bind(database),
        workflow_runner=sandbox(),
    ):
        yield


@pytest.mark.usefixtures("_tea_for_all")
async def test_at_its_times_a_request_begins(
    database: Database, temporal: Client, settings: Settings, folder: Path
) -> None:
    publish(database, folder, item={"every": {"seconds": 1}})

    def begun() -> list[Request]:
        return list(database.read_now(lambda s: s.exec(select(Request)).all()))

    async with working(temporal, database, settings):
        await turn(database, temporal, settings, anew=False)
        await until(lambda: len(begun()) >= 2)
        await temporal.get_schedule_handle(schedule_id("item")).delete()
    assert {request.channel for request in begun()} == {"schedule"}


async def test_a_request_that_cannot_begin_is_a_failure_that_ops_see(
    database: Database, temporal: Client, settings: Settings, folder: Path
) -> None:
    publish(database, folder, item={"every": "PT1H"})
    async with working(temporal, database, settings):
        handle = await temporal.start_workflow(
            schedules.WORKFLOW, {"item": "item"}, id="by-hand", task_queue=settings.task_queue
        )
        with pytest.raises(Exception, match="failed") as caught:
            await handle.result()
    assert "forms.invalid" in str(caught.value.__cause__.__cause__)  # type: ignore[union-attr]


async def test_an_engine_that_does_not_answer_is_asked_again(
    database: Database, settings: Settings, folder: Path, temporal: Client, monkeypatch: Any
) -> None:
    publish(database, folder, item={"every": "PT1H"})
    monkeypatch.setattr(schedule_keeping, "EVERY_SECONDS", 0.05)
    nowhere = await Client.connect("127.0.0.1:9", lazy=True)
    keeping = asyncio.create_task(schedule_keeping.run(database, nowhere, settings))
    await asyncio.sleep(0.5)
    assert not keeping.done()
    assert not row(database, "item").applied
    keeping.cancel()
    keeping = asyncio.create_task(schedule_keeping.run(database, temporal, settings))
    await until(lambda: row(database, "item").applied)
    keeping.cancel()
