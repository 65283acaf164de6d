"""Reading the answers to the request's form anew, after they have changed."""

from typing import Any

from activities import processes
from activities.processes import Names
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import AnswerName, Wants, example


class ReadAnswers(Wants):
    """Which answers the process works with."""

    model_config = example()

    names: tuple[AnswerName, ...] = ()
    """The answers that expressions of the process name; the process fills them in by itself."""


@step
async def read_answers(request: RequestWorkflow, wants: ReadAnswers) -> dict[str, Any]:
    """Read the answers of the request again, after an amendment or a correction."""
    return await request.act(processes.read_answers, Names(names=list(wants.names)))
