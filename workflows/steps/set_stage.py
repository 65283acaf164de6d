"""Moving through the stages that the customer sees."""

from typing import Self

from pydantic import model_validator

from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, StageName, Wants, example, unfit


class SetStage(Wants):
    """Which stage begins, or is left out."""

    model_config = example(
        skip="approval",
    )

    stage: StageName | None = None
    """The stage that begins; the one before is done."""
    skip: StageName | None = None
    """The stage that this request does not need."""

    @model_validator(mode="after")
    def says_one_stage(self) -> Self:
        if (self.stage is None) == (self.skip is None):
            raise ValueError("give either `stage` or `skip`")
        return self


@step(again=True)
async def set_stage(request: RequestWorkflow, wants: SetStage) -> Facts:
    """Enter a stage, or leave one out."""
    named = wants.stage or wants.skip
    if named not in request.stages:
        raise unfit(f"the item has no stage `{named}`")
    if wants.stage:
        await request.stage(wants.stage)
    else:
        request.skip(named)
    return Facts()
