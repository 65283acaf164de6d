"""A small story for the tests of what all requests share: an effect, two questions, an ending."""

from datetime import datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow

from activities.effects import Nothing
from activities.requests import tell
from store.tasks import Audience
from tests.workflows import probe_effects
from workflows.messages import Start
from workflows.request import Refused, RequestWorkflow
from workflows.steps import step
from workflows.steps.asking import Ask, ask


class ProbeSettings(BaseModel):
    """How long to wait for each answer."""

    patience_days: int


class Question(BaseModel):
    """One question to a group."""

    group: str
    days: int


@step(internal=True)
async def question(request: RequestWorkflow, wants: Question) -> str:
    """Ask a group, remind after a day, escalate after two; the decision, or `expired`."""
    began = datetime.fromisoformat(
        request.journal.once("began", lambda: workflow.now().isoformat())
    )
    answer = await ask(
        request,
        Ask(
            kind="approval",
            audience=Audience.STAFF,
            title="tasks.approval",
            form="probe-decision",
            group=wants.group,
            due_at=began + timedelta(days=wants.days),
            remind_at=[began + timedelta(days=1)],
            escalate_at=[(began + timedelta(days=2), "operations")],
        ),
    )
    return answer.decision if answer else "expired"


@workflow.defn(name="probe")
class Probe(RequestWorkflow):
    """Keep a note, ask twice, and end as the answers say."""

    Settings = ProbeSettings

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> str:
        return await self.carry()

    async def story(self) -> None:
        days = self.settings(ProbeSettings).patience_days
        await self.act(probe_effects.keep_note, probe_effects.Note(text="begun"))
        await self.stage("check")
        for group in ("support", "support"):
            decision = await question(self, Question(group=group, days=days))
            if decision != "approve":
                raise Refused("tasks.not_for_you", decision=decision)
        both = await self.together(left=self.branch, right=self.branch)
        assert both == {"left": None, "right": None}
        await self.stage("done")
        await self.act(tell, Nothing())

    async def branch(self) -> None:
        """One of two things done side by side."""
        await self.act(probe_effects.keep_note, probe_effects.Note(text=self.journal.path))
