"""What a process must get right to be published, beyond its shape.

Each finding would make the process fail, or do harm, in the request of any customer. What may be
meant, or only looks wrong, is left to `studio/lint/`.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.definitions import CatalogItem
from catalog.expressions import ExpressionError, Jq, is_expression, source_of, variables_read
from catalog.problems import suggestion
from catalog.processes import refused
from catalog.processes.findings import Finding
from catalog.processes.inputs import given, misfits, names_in, usual_forms
from catalog.processes.model import Call, Path, Process, Run
from catalog.processes.places import expressions
from catalog.processes.scopes import ALWAYS, OF_ITEMS, Scope, scoped
from catalog.registry import Registry

ENGINE = Jq()
OUTSIDE = ("http", "openapi")
SECRET_KEY = re.compile(
    r"(.*[_-])?(pass(word|wd|phrase)?|secret|token|api[_-]?key|authorization|private[_-]?key)", re.I
)
WITH_PASSWORD = re.compile(r"^\w+://[^/@\s]+:[^/@\s]+@")
BY_REFERENCE = re.compile(r"secret://\w")


@dataclass(frozen=True)
class Checked:
    """A process and what it is checked against; a document of its own has no item.

    `first` is the process that the item names itself.
    """

    process: Process
    item: CatalogItem | None
    registry: Registry
    first: Process

    @property
    def known(self) -> Scope:
        """The variables that all expressions see."""
        return ALWAYS if self.first.bare else ALWAYS | OF_ITEMS

    def calls(self) -> Iterator[Call]:
        """Every call in it, those of functions included."""
        return (task for task in self.process.every_task() if isinstance(task, Call))


def check_process(
    process: Process, item: CatalogItem | None, registry: Registry, first: Process | None = None
) -> list[Finding]:
    """Every error in a document, the process of an item, or one that its `first` process runs."""
    checked = Checked(process, item, registry, first or process)
    return [found for check in CHECKS for found in check(checked)]


def check_document(process: Process) -> list[Finding]:
    """Every error in the expressions of a document that is no item's, whatever steps there are."""
    return [*check_expressions(process), *unknown_variables(process, ALWAYS)]


def check_expressions(process: Process) -> Iterator[Finding]:
    """Expressions that are broken, or that our profile does not allow."""
    for path, text in expressions(process):
        try:
            ENGINE.check(source_of(text))
        except ExpressionError as error:
            yield Finding("expression", path, error.message, error.hint)


def unknown_variables(process: Process, known: Scope) -> Iterator[Finding]:
    """Variables that nothing defines where they are read."""
    for path, text, scope in scoped(process, known):
        try:
            read = variables_read(source_of(text))
        except ExpressionError:
            # Another rule tells of it.
            continue
        for name in sorted(read - scope):
            hint = suggestion(f"${name}", [f"${one}" for one in scope])
            yield Finding("unknown-variable", path, f"nothing defines `${name}` here", hint)


def check_step(checked: Checked) -> Iterator[Finding]:
    """Calls of steps and functions that there are."""
    known = set(checked.registry.steps) | set(checked.process.functions)
    for task in checked.calls():
        # The parser has told of those that are not of our profile.
        if task.function not in known and not refused.is_refused(task.function):
            message = f"there is no step `{task.function}`"
            hint = suggestion(task.function, known)
            yield Finding("unknown-step", (*task.path, "call"), message, hint)


def check_inputs(checked: Checked) -> Iterator[Finding]:
    """What the steps are given is what they take."""
    for task in checked.calls():
        step = checked.registry.steps.get(task.function)
        if step is None or task.function in checked.process.functions:
            continue
        for found in misfits(step.model, given(task, step)):
            at = (*task.path, "with", *found.path)
            yield Finding("step-input", at, f"`{step.name}`: {found.message}", found.hint)


def check_stages(checked: Checked) -> Iterator[Finding]:
    """Stages that are entered are those that the item lists."""
    stages = {stage.id for stage in checked.item.stages} if checked.item else set()
    for path, stage in stages_named(checked) if checked.item else ():
        if not isinstance(stage, str) or stage not in stages:
            message, hint = f"there is no stage `{stage}`", suggestion(str(stage), stages)
            yield Finding("unknown-stage", path, message, hint)


def stages_named(checked: Checked) -> Iterator[tuple[Path, Any]]:
    """Every stage that tasks name, with its place."""
    for task in checked.process.every_task():
        if (stage := task.metadata.get("stage")) is not None:
            yield (*task.path, "metadata", "stage"), stage
    for task, at, kind, name in names(checked):
        if kind == "stage" and name is not None:
            yield (*task.path, "with", *at), name


def names(checked: Checked) -> Iterator[tuple[Call, Path, str, Any]]:
    """Every name in the inputs of steps: the task, the place, what it names, and the name."""
    for task in checked.calls():
        if step := checked.registry.steps.get(task.function):
            for at, kind, name in names_in(step, task.arguments):
                yield task, at, kind, name


def check_forms(checked: Checked) -> Iterator[Finding]:
    """Forms that tasks show are among the item's `task_forms`."""
    if checked.item is None:
        return
    listed = checked.item.form_names()
    for task, at, kind, name in names(checked):
        if kind == "form" and isinstance(name, str) and name not in listed:
            message = f"the form `{name}` is not among the item's `task_forms`"
            hint = f"Add it: `task_forms: [{', '.join([*checked.item.task_forms, name])}]`"
            yield Finding("task-form", (*task.path, "with", *at), message, hint)
    yield from usual(checked, listed)


def usual(checked: Checked, listed: Collection[str]) -> Iterator[Finding]:
    """The forms that steps show where `with` names none."""
    for task in checked.calls():
        step = checked.registry.steps.get(task.function)
        # Those under other keys are not always shown.
        name = usual_forms(step, task.arguments).get("form") if step else None
        if name and name not in listed:
            message = f"`{task.function}` shows the form `{name}`, not among the `task_forms`"
            hint = f"Add `{name}` to `task_forms`, or name another form with `form:`"
            yield Finding("task-form", task.path, message, hint)


def check_cases(checked: Checked) -> Iterator[Finding]:
    """A case needs targets to be measured by, and is opened before it is routed."""
    called = {task.function for task in checked.calls()} | {
        task.function for task in checked.first.every_task() if isinstance(task, Call)
    }
    for task in checked.calls():
        timed = checked.item is None or checked.item.service_level is not None
        if task.function == "open-case" and not timed:
            message = "a case needs targets, and the item has no `service_level`"
            hint = "Add `service_level:` with a calendar and targets"
            yield Finding("case", task.path, message, hint)
        if task.function == "route-case" and "open-case" not in called:
            hint = "Call `open-case` before it"
            yield Finding("case", task.path, "there is no case that could be routed", hint)


def check_parts(checked: Checked) -> Iterator[Finding]:
    """Processes that are run are there."""
    known = checked.first.parts
    for task in checked.process.every_task():
        if isinstance(task, Run) and task.process not in known:
            message = f"there is no process `{task.process}`"
            hint = suggestion(task.process, known)
            yield Finding("unknown-process", (*task.path, "run"), message, hint)


def inline_secrets(process: Process) -> Iterator[Finding]:
    """No password, token or key is written down in a definition."""
    use = process.source.get("use")
    named = use.get("authentications") if isinstance(use, Mapping) else None
    found = list(secrets_in(named, ("use", "authentications")))
    for task in process.every_task():
        if isinstance(task, Call) and task.function in OUTSIDE:
            found += secrets_in(task.arguments, (*task.path, "with"))
    for path in found:
        message = f"a secret is written down under `{path[-1]}`"
        hint = "Name it under `use.secrets` and write `${ $secrets.its_name }`"
        yield Finding("inline-secret", path, message, hint)


def secrets_in(value: Any, at: Path) -> Iterator[Path]:
    """Where a value holds what looks like a secret of its own."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from secrets_in(inner, (*at, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from secrets_in(inner, (*at, index))
    elif isinstance(value, str) and is_written_down(str(at[-1]), value):
        yield at


def is_written_down(key: str, value: str) -> bool:
    """Whether a text is itself a secret, as opposed to a name or an expression for one."""
    if is_expression(value) or "${" in value or BY_REFERENCE.search(value):
        return False
    return bool(value and SECRET_KEY.fullmatch(key)) or bool(WITH_PASSWORD.match(value))


CHECKS: tuple[Callable[[Checked], Iterator[Finding]], ...] = (
    lambda checked: check_expressions(checked.process),
    lambda checked: unknown_variables(checked.process, checked.known),
    check_step,
    check_inputs,
    check_stages,
    check_forms,
    check_cases,
    check_parts,
    lambda checked: inline_secrets(checked.process),
)
