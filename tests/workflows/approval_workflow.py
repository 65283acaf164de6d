"""A story that only asks for an approval, for the tests of that step."""

from pydantic import BaseModel
from temporalio import workflow

from activities.effects import Nothing
from activities.requests import tell
from workflows.messages import Start
from workflows.request import RequestWorkflow
from workflows.steps.approval import Approval, approval


class ApprovalSettings(BaseModel):
    """What to ask; the delivered settings of the probe ask for nothing."""

    approval: Approval


@workflow.defn(name="probe")
class ApprovalProbe(RequestWorkflow):
    """Ask, and tell staff what came of it."""

    Settings = ApprovalSettings

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> str:
        return await self.carry()

    async def story(self) -> None:
        found = await approval(self, self.settings(ApprovalSettings).approval)
        self.say("found", visible="staff", **found.model_dump(mode="json"))
        await self.act(tell, Nothing())
