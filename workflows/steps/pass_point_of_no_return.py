"""Passing the point of no return, which a stage does too that lies beyond the last withdrawal."""

from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, Wants, example


class PassPoint(Wants):
    """Which answers are carried out."""

    model_config = example(revision="${ $context.change.revision }")

    revision: int | None = None
    """If given, the point is not passed once the customer has changed the answers beyond it."""


class Passed(Facts):
    """Whether there is no way back."""

    passed: bool
    """False when a change of the answers came first."""


@step
async def pass_point_of_no_return(request: RequestWorkflow, wants: PassPoint) -> Passed:
    """From here on the customer neither withdraws nor changes the answers."""
    return Passed(passed=await request.pass_point_of_no_return(wants.revision))
