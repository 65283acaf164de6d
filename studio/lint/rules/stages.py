"""Rules about the stages that customers see, and what they may do in each."""

from collections.abc import Iterator

from catalog.expressions import is_expression
from catalog.processes.model import Call, Emit, Path, Task
from services.http_calls import SAFE_METHODS
from studio.lint.rule import Found, rule
from studio.lint.subject import Definition, Subject

TELLING = ("notify",)
"""Steps whose effect is words, which nobody expects to be taken back."""


@rule("stage-never-reached", "warning", about="item")
def stage_never_reached(definition: Definition) -> Iterator[Found]:
    """A stage that no task enters: customers see it and it never comes."""
    assert definition.item
    stages, entered = [stage.id for stage in definition.item.stages], stages_entered(definition)
    for index, stage in enumerate(stages[1:-1], 1):
        if entered is not None and stage not in entered:
            yield Found(("stages", index, "id"), f"no task enters the stage `{stage}`", HINT)


HINT = "Enter it with `metadata: {stage: …}`, or take it out"


@rule("last-stage-missed", "warning", about="item")
def last_stage_missed(definition: Definition) -> Iterator[Found]:
    """A process that never enters its last stage, so that no request looks finished."""
    assert definition.item
    last, entered = definition.item.stages[-1].id, stages_entered(definition)
    if entered is not None and len(definition.item.stages) > 1 and last not in entered:
        at = ("stages", len(definition.item.stages) - 1, "id")
        yield Found(at, f"no task enters the last stage, `{last}`", HINT)


def stages_entered(definition: Definition) -> set[str] | None:
    """Every stage that some task enters or leaves out; None where that cannot be told."""
    found = set[str]()
    for subject in definition.processes:
        if any(is_expression(given) for task in subject.tasks for given in raw_stages(task)):
            return None
        reachable = subject.graph.reachable
        for task in subject.tasks:
            if task.path in reachable and isinstance(stage := task.metadata.get("stage"), str):
                found.add(stage)
        found |= {str(name) for task, _, name in subject.names("stage") if task.path in reachable}
    return found if definition.processes else None


def raw_stages(task: Task) -> Iterator[object]:
    """What a task says about stages, expressions included."""
    yield task.metadata.get("stage")
    if isinstance(task, Call) and task.function == "set-stage":
        yield from task.arguments.values()


@rule("stage-backwards", "warning")
def stage_backwards(subject: Subject) -> Iterator[Found]:
    """A task that enters an earlier stage than the one the request is in, other than in a loop."""
    if subject.item is None:
        return
    order = {stage.id: index for index, stage in enumerate(subject.item.stages)}
    for task in subject.tasks:
        stage = entered_by(subject, task)
        if stage not in order:
            continue
        before = [one for one in stages_before(subject).get(task.path, ()) if one in order]
        # What comes again after it is a loop, in which going back is meant.
        again = {entered_by(subject, one) for one in tasks_after(subject, task)}
        later = [one for one in before if order[one] > order[stage] and one not in again]
        if later:
            message = f"this goes back to `{stage}` from `{max(later, key=order.__getitem__)}`"
            hint = "List the stages in the order in which they come, or leave the stage as it is"
            yield Found((*task.path, "metadata", "stage"), message, hint)


def tasks_after(subject: Subject, task: Task) -> Iterator[Task]:
    """The tasks that may run some time after one."""
    tasks = subject.graph.tasks
    return (tasks[path] for path in subject.graph.after(task.path) if path in tasks)


def entered_by(subject: Subject, task: Task) -> str | None:
    """The stage that a task enters."""
    stage = task.metadata.get("stage")
    if stage is None and isinstance(task, Call) and task.function == "set-stage":
        stage = subject.literal_at(task, "stage")
    return stage if isinstance(stage, str) else None


def stages_before(subject: Subject) -> dict[Path, set[str]]:
    """The stages in which a request may be when it comes to each task."""
    if subject.item is None or not subject.first:
        return {}
    found: dict[Path, set[str]] = {}
    left = [(path, subject.item.stages[0].id) for path in subject.graph.start]
    while left:
        path, stage = left.pop()
        if stage in found.setdefault(path, set()):
            continue
        found[path].add(stage)
        task = subject.graph.tasks.get(path)
        now = (entered_by(subject, task) if task else None) or stage
        left += ((following, now) for following in subject.graph.follows.get(path, ()))
    return found


# What customers may do


@rule("undo-missing", "warning")
def undo_missing(subject: Subject) -> Iterator[Found]:
    """An effect that nothing can take back, in a stage in which the customer may still withdraw."""
    last = subject.item.customer_can.withdraw_until if subject.item else None
    if subject.item is None or last is None:
        return
    order = [stage.id for stage in subject.item.stages]
    early = set(order[: order.index(last) + 1])
    before = stages_before(subject)
    for task in subject.tasks:
        now = {entered_by(subject, task) or stage for stage in before.get(task.path, ())}
        if lasting(subject, task) and now & early:
            message = f"what `{task.name}` does cannot be undone, and one may still withdraw"
            hint = f"Enter a stage after `{last}` first, or let nobody withdraw so late"
            yield Found(task.path, message, hint)


def lasting(subject: Subject, task: Task) -> bool:
    """Whether a task does what nothing takes back."""
    if isinstance(task, Emit):
        return True
    if not isinstance(task, Call) or task.function in TELLING:
        return False
    if task.function == "http":
        return str(subject.literal_at(task, "method") or "POST").upper() not in SAFE_METHODS
    step = subject.step(task)
    return step is not None and step.has_effect and not step.undoable


@rule("amendment-unread", "warning", about="item")
def amendment_unread(definition: Definition) -> Iterator[Found]:
    """Customers may change their answers, and no task reads the answers again."""
    assert definition.item
    if definition.item.customer_can.amend_until is None or not definition.processes:
        return
    calls = (task for subject in definition.processes for task in subject.calls)
    if not any(task.function == "read-answers" for task in calls):
        message = "answers may be changed, and the process never reads them again"
        hint = "Call `read-answers` before they matter, or write `amend_until: null`"
        yield Found(("customer_can", "amend_until"), message, hint)
