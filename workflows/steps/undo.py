"""Taking back what has been done, in the middle of a process."""

from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, Wants, example


class TakeBack(Wants):
    """Nothing more need be said."""

    model_config = example()


class Undone(Facts):
    """What was taken back."""

    undone: int
    """How many effects were taken back."""


@step
async def undo(request: RequestWorkflow, wants: TakeBack) -> Undone:
    """Take back every effect so far, the latest first."""
    count = request.journal.once("count", lambda: len(request.carried.undos))
    await request.undo_all()
    return Undone(undone=count)
