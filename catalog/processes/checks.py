"""What a process must get right to be published, beyond its shape."""

from collections.abc import Iterator

from catalog.definitions import CatalogItem
from catalog.expressions import ExpressionError, Jq, source_of
from catalog.problems import suggestion
from catalog.processes.findings import Finding
from catalog.processes.model import Call, Process, Run, Task, walk
from catalog.processes.places import expressions
from catalog.registry import Registry

ENGINE = Jq()


def check_process(process: Process, item: CatalogItem, registry: Registry) -> list[Finding]:
    """Every error that would make the process fail, or do harm, in the request of any customer."""
    stages = {stage.id for stage in item.stages}
    found = list(check_expressions(process))
    for task in walk([*process.tasks, *process.functions.values()]):
        found += check_call(task, process, registry)
        found += check_stage(task, stages)
        if isinstance(task, Run) and task.process not in process.parts:
            hint = suggestion(task.process, process.parts)
            message = f"there is no process `{task.process}`"
            found.append(Finding("unknown-process", (*task.path, "run"), message, hint))
    return found


def check_expressions(process: Process) -> Iterator[Finding]:
    """Expressions that are broken, or that our profile does not allow."""
    for path, text in expressions(process):
        try:
            ENGINE.check(source_of(text))
        except ExpressionError as error:
            yield Finding("expression", path, error.message, error.hint)


def check_call(task: Task, process: Process, registry: Registry) -> Iterator[Finding]:
    """Calls of steps and functions that there are."""
    if not isinstance(task, Call):
        return
    known = set(registry.steps) | set(process.functions)
    if task.function not in known:
        message = f"there is no step `{task.function}`"
        hint = suggestion(task.function, known)
        yield Finding("unknown-step", (*task.path, "call"), message, hint)


def check_stage(task: Task, stages: set[str]) -> Iterator[Finding]:
    """Stages that the item lists."""
    stage = task.metadata.get("stage")
    if stage is not None and stage not in stages:
        message = f"there is no stage `{stage}`"
        yield Finding(
            "unknown-stage",
            (*task.path, "metadata", "stage"),
            message,
            suggestion(str(stage), stages),
        )
