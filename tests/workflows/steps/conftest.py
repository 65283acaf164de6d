"""A counter whose only item calls the steps that a test wants."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from services import relay
from settings import ROOT, Settings
from store.database import Database
from store.requests import Request, TimelineEntry
from tests.workflows.counter import CUSTOMER, Counter, open_counter
from tests.workflows.steps.step_workflow import StepsProbe
from workflows.registry import definition_registry

HERE = Path(__file__).parent


class Bench(Counter):
    """A counter on which single steps are tried."""

    async def call(
        self,
        *calls: tuple[str, dict[str, Any]],
        refuse: bool = False,
        by: str = CUSTOMER,
        history_limit: int = 4000,
        **answers: Any,
    ) -> Request:
        """A request that calls these steps, come as far as it does by itself."""
        start = relay.start_input
        settings = {"calls": [list(one) for one in calls], "refuse": refuse}

        def with_calls(request: Request, plan: Any) -> dict[str, object]:
            whole = start(request, plan.model_copy(update={"settings": settings}))
            return whole | {"history_limit": history_limit}

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(relay, "start_input", with_calls)
            request = await self.submit("steps", {"wish": "tea"} | answers, by)
        await self.sleep(minutes=1)
        return request

    async def say(self, request: Request, kind: str, by: str = CUSTOMER, **answers: Any) -> None:
        """Somebody answers, and the request goes on as far as it does by itself."""
        await self.answer(request, kind, by, **answers)
        await self.sleep(minutes=1)

    async def answers(self, request: Request, status: str = "completed") -> list[Any]:
        """What each step has answered, once the request has ended in this way."""
        assert await self.result(request) == status
        return self.so_far(request)

    def so_far(self, request: Request) -> list[Any]:
        """What each step has answered so far."""
        told = [entry for entry in self.timeline(request) if entry.text.startswith("answered ")]
        return [entry.params["result"] for entry in told]

    def entry(self, request: Request, text: str) -> TimelineEntry:
        """The one timeline entry with this message."""
        [found] = [entry for entry in self.timeline(request) if entry.text == text]
        return found


@pytest.fixture
async def bench(
    sqlite_url: str, time_skipping: WorkflowEnvironment, settings: Settings, tmp_path: Path
) -> AsyncIterator[Bench]:
    """A bench with the delivered forms and two of its own."""
    forms = tmp_path / "forms"
    shutil.copytree(ROOT / "forms", forms)
    shutil.copytree(HERE / "forms", forms, dirs_exist_ok=True)
    registry = replace(definition_registry(), workflow_settings={"steps": None})
    async with (
        Database(sqlite_url) as database,
        open_counter(
            database, time_skipping, settings, [StepsProbe], registry, HERE / "items", forms
        ) as counter,
    ):
        yield Bench(**vars(counter))
