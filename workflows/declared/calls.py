"""Calling steps by name, and the few words a process says by itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from temporalio.exceptions import ActivityError, ApplicationError

from activities.effects import Nothing
from activities.outside import FAULT
from activities.requests import tell
from catalog.processes.model import Call, Task
from workflows.declared.data import Frame, texts_of, value
from workflows.declared.faults import Fault
from workflows.outside import PICKED
from workflows.request import RequestWorkflow
from workflows.steps import Step, all_steps

READ_ANSWERS = "read-answers"
IN_VAIN = "in vain"
"""The key in the journal of a step whose result has changed nothing."""


async def call(
    request: RequestWorkflow, task: Call, given: Any, frame: Frame, reads: Sequence[str]
) -> Any:
    """The output of a step; see `picked` for where its `output.as` is applied already.

    Raises `Fault` for what it cannot do, and `Refused` as it does.

    `reads` are the answers that the process reads.
    """
    step = all_steps().get(task.function)
    if step is None:
        raise Fault.standard("configuration", f"There is no step `{task.function}`.")
    arguments = value(dict(task.arguments), given, frame)
    if "pick" in step.wants.model_fields and task.flow.output_as is not None:
        arguments["pick"] = picking(task.flow.output_as, frame)
    wants = wanted(step, task, arguments, given, reads)
    try:
        return step.dump(await made(request, step, wants))
    except (ActivityError, ApplicationError) as error:
        raise problem_of(error) from error


def picking(source: Any, frame: Frame) -> dict[str, Any]:
    """The `output.as` of a task with what it reads besides the output."""
    return {"source": source, "variables": frame.seen_by(texts_of(source))}


def picked(output: Any) -> bool:
    """Whether an output is under `PICKED`."""
    return isinstance(output, dict) and output.keys() == {PICKED}


async def made(request: RequestWorkflow, step: Step[Any, Any, Any], wants: Any) -> Any:
    """What a step answers; one that has had its effect is not run again by another attempt."""
    journal = request.journal
    if not step.has_effect or journal.path == journal.steady:
        return await step(request, wants)
    number = journal.once("time", lambda: times_over(request))
    with journal.steadily(f"~{number}/"):
        result = await step(request, wants)
        if step.in_vain and step.in_vain(result):
            journal.results[f"{journal.path}{IN_VAIN}"] = True
    return result


def times_over(request: RequestWorkflow) -> int:
    """How often earlier attempts did here what does not last: it was taken back, or in vain."""
    results, steady = request.journal.results, request.journal.steady
    undone = f"undo/{request.start.request}/"

    def is_over(path: str) -> bool:
        return f"{path}{IN_VAIN}" in results or any(
            key.startswith(f"{undone}{path}") for key in results
        )

    number = 0
    while is_over(f"{steady}~{number}/"):
        number += 1
    return number


def wanted(
    step: Step[Any, Any, Any],
    task: Call,
    arguments: dict[str, Any],
    given: Any,
    reads: Sequence[str],
) -> Any:
    """The step's typed input. Raises a validation `Fault` that says what does not fit."""
    fields = step.wants.model_fields
    if step.name == READ_ANSWERS and "names" not in arguments:
        arguments["names"] = list(reads)
    title = task.metadata.get("title")
    if title and "title" in fields and "title" not in arguments:
        arguments["title"] = title
    if "variables" in fields and isinstance(given, dict):
        arguments["variables"] = given
    try:
        return step.wants.model_validate(arguments)
    except ValidationError as error:
        found = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False)
        )
        raise Fault.standard("validation", f"The step `{step.name}` was given {found}") from error


def problem_of(error: ActivityError | ApplicationError) -> Fault:
    """The problem behind a failed activity, whatever it is: somebody has to look into it."""
    cause = error.cause if isinstance(error, ActivityError) else error
    if isinstance(cause, ApplicationError) and cause.type == FAULT and cause.details:
        return Fault(dict(cause.details[0]))
    return Fault.standard("runtime", str(cause or error))


def takes_title(task: Task) -> bool:
    """Whether the task hands its title to a step that asks people."""
    if not isinstance(task, Call):
        return False
    step = all_steps().get(task.function)
    return step is not None and "title" in step.wants.model_fields


def own_title(task: Task) -> str | None:
    """What a step tells by itself where its task has no title: a message key."""
    step = all_steps().get(task.function) if isinstance(task, Call) else None
    return step.told if step else None


def say(request: RequestWorkflow, title: Any, values: dict[str, Any]) -> None:
    """Tell the timeline: a message key, or a text that the definition has in every language."""
    if isinstance(title, str):
        request.say(title, **values)
    else:
        request.say("process.said", what=title | ({"params": values} if values else {}))


async def rest(request: RequestWorkflow, until: datetime, why: str) -> None:
    """Wait for a moment; what has been told so far is told before."""
    if request.telling.carried.pending:
        await request.act(tell, Nothing())
    await request.wait(lambda: False, until, why)
