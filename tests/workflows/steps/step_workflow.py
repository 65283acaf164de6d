"""A story that calls the steps its request is given, one after the other, and tells what they say.

An input may refer to what an earlier call has answered: `@0.payment` is the `payment` of the first.
"""

from typing import Any

from pydantic import BaseModel
from temporalio import workflow

from activities.effects import Nothing
from activities.requests import tell
from workflows.casework import CaseWorkflow
from workflows.messages import Start
from workflows.request import Refused
from workflows.steps import all_steps


class Calls(BaseModel):
    """The steps to call, each with its input; then the request is refused, if that is wished."""

    calls: list[tuple[str, dict[str, Any]]] = []
    refuse: bool = False


@workflow.defn(name="steps")
class StepsProbe(CaseWorkflow):
    """Call steps."""

    Settings = Calls

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.results: list[Any] = []

    @workflow.run
    async def run(self, start: Start) -> str:
        return await self.carry()

    async def story(self) -> None:
        wants = self.settings(Calls)
        for name, given in wants.calls:
            step = all_steps()[name]
            result = await step(self, step.wants.model_validate(self.resolved(given)))
            self.results.append(step.dump(result))
            self.say(f"answered {len(self.results)}", visible="staff", result=self.results[-1])
        await self.act(tell, Nothing())
        if wants.refuse:
            raise Refused("tasks.not_for_you")

    def resolved(self, given: Any) -> Any:
        """An input with earlier answers in the place of references to them."""
        if isinstance(given, dict):
            return {key: self.resolved(value) for key, value in given.items()}
        if isinstance(given, list):
            return [self.resolved(value) for value in given]
        if isinstance(given, str) and given.startswith("@"):
            number, _, name = given[1:].partition(".")
            return self.results[int(number)][name]
        return given
