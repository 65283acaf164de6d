"""Where a process holds expressions."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.expressions import is_expression
from catalog.processes.model import (
    Call,
    Consumption,
    Emit,
    Flow,
    For,
    Listen,
    Path,
    Process,
    Raise,
    Retry,
    Run,
    Set,
    Switch,
    Task,
    Try,
    Wait,
)

Place = tuple[Path, str]


def expressions(process: Process) -> Iterator[Place]:
    """Every expression of a process with its path, those that need no `${ }` included."""
    yield from of_flow(process.flow, ())
    for task in process.every_task():
        yield from of_task(task)


def of_task(task: Task) -> Iterator[Place]:
    """The expressions of one task, not those of the tasks inside it."""
    at = task.path
    yield from bare(task.condition, (*at, "if"))
    yield from of_flow(task.flow, at)
    yield from of_length(task.timeout, (*at, "timeout", "after"))
    yield from inside(task.metadata.get("values"), (*at, "metadata", "values"))
    match task:
        case Call():
            yield from inside(task.arguments, (*at, "with"))
        case For():
            yield from transform(task.collection, (*at, "for", "in"))
            yield from bare(task.loop_while, (*at, "while"))
        case Switch():
            for case in task.cases:
                yield from bare(case.when, (*case.path, "when"))
        case Set():
            yield from transform(task.value, (*at, "set"))
        case Raise():
            yield from inside(task.error, (*at, "raise", "error"))
        case Wait():
            yield from of_length(task.duration, (*at, "wait"))
        case Emit():
            yield from inside(task.event, (*at, "emit", "event", "with"))
        case Run():
            yield from inside(task.arguments, (*at, "run", "workflow", "input"))
        case Listen():
            yield from of_consumption(task.to, (*at, "listen", "to"))
            yield from of_flow(task.each_flow, (*at, "foreach"))
        case Try():
            yield from bare(task.catch.when, (*at, "catch", "when"))
            yield from bare(task.catch.except_when, (*at, "catch", "exceptWhen"))
            if task.catch.retry:
                yield from of_retry(task.catch.retry, (*at, "catch", "retry"))


def of_flow(flow: Flow, at: Path) -> Iterator[Place]:
    yield from transform(flow.input_from, (*at, "input", "from"))
    yield from transform(flow.output_as, (*at, "output", "as"))
    yield from transform(flow.export_as, (*at, "export", "as"))


def of_retry(retry: Retry, at: Path) -> Iterator[Place]:
    yield from bare(retry.when, (*at, "when"))
    yield from bare(retry.except_when, (*at, "exceptWhen"))
    yield from of_length(retry.delay, (*at, "delay"))


def of_consumption(to: Consumption, at: Path) -> Iterator[Place]:
    for index, each in enumerate(to.filters):
        here = (*at, "one") if to.mode == "one" else (*at, to.mode, index)
        yield from inside(each.attributes, (*here, "with"))
        for name, how in each.correlate.items():
            yield from bare(how.get("from"), (*here, "correlate", name, "from"))
            yield from inside(how.get("expect"), (*here, "correlate", name, "expect"))
    yield from bare(to.until_condition, (*at, "until"))
    if to.until_events:
        yield from of_consumption(to.until_events, (*at, "until"))


def bare(text: str | None, at: Path) -> Iterator[Place]:
    """A text that is an expression with or without `${ }`."""
    if text is not None:
        yield at, text


def of_length(length: Any, at: Path) -> Iterator[Place]:
    if isinstance(length, str):
        yield at, length


def transform(value: Any, at: Path) -> Iterator[Place]:
    """An expression as a text, or a value that holds some."""
    if isinstance(value, str):
        yield at, value
    else:
        yield from inside(value, at)


def inside(value: Any, at: Path) -> Iterator[Place]:
    """Every `${ … }` in a value."""
    if is_expression(value):
        yield at, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from inside(inner, (*at, key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from inside(inner, (*at, index))
