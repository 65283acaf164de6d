"""The data of a process: what goes into a task, what its expressions see, what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from catalog.expressions import ExpressionError, Jq, evaluate_all, source_of
from catalog.processes.model import Task
from workflows.declared.faults import Fault

ENGINE = Jq()
Variables = Mapping[str, Any]


@dataclass
class Frame:
    """What the expressions of one task see besides the data: `$input`, loop items, `$task`, …"""

    variables: Variables
    task: Task | None = None
    given: Any = None
    """The task's input, as `input.from` has made it."""
    started_at: datetime | None = None
    """When the task began; only known where some expression may ask."""
    extra: dict[str, Any] = field(default_factory=dict)

    def seen_by(self, text: str) -> dict[str, Any]:
        """The variables that an expression names; none else are handed over to jq.

        Those that cost something, or must stay the same in every run, are made when they are named.
        """
        known = {**self.variables, "input": self.given, "task": self.about_task, **self.extra}
        named = {name: known[name] for name in known if f"${name}" in text}
        return {name: one() if callable(one) else one for name, one in named.items()}

    def about_task(self) -> dict[str, Any]:
        """`$task`."""
        if self.task is None:
            return {}
        return {
            "name": self.task.name,
            "reference": self.task.pointer,
            "definition": dict(self.task.source),
            "input": self.given,
            "startedAt": as_moment(self.started_at) if self.started_at else None,
        }


def as_moment(at: datetime) -> dict[str, Any]:
    """A moment as the DSL describes it."""
    epoch = {"seconds": int(at.timestamp()), "milliseconds": int(at.timestamp() * 1000)}
    return {"iso8601": at.isoformat(), "epoch": epoch}


def value(source: Any, data: Any, frame: Frame) -> Any:
    """`source` with every `${ … }` in it replaced. Raises `Fault`."""
    try:
        return evaluate_all(ENGINE, source, data, frame.seen_by(texts_of(source)))
    except ExpressionError as error:
        raise expression_fault(error) from error


def texts_of(source: Any) -> str:
    """All that is written in a value, every expression included."""
    return orjson.dumps(source).decode()


def expression(source: str, data: Any, frame: Frame) -> Any:
    """The value of an expression, with or without `${ }` around it. Raises `Fault`."""
    try:
        return ENGINE.evaluate(source_of(source), data, frame.seen_by(source))
    except ExpressionError as error:
        raise expression_fault(error) from error


def transformed(source: Any, data: Any, frame: Frame) -> Any:
    """`data` through an `input.from`, `output.as` or `export.as`, if there is one."""
    if source is None:
        return data
    return (
        expression(source, data, frame) if isinstance(source, str) else value(source, data, frame)
    )


def holds(source: str, data: Any, frame: Frame) -> bool:
    """Whether a condition holds, as jq sees it: neither false nor null."""
    found = expression(source, data, frame)
    return found is not None and found is not False


def expression_fault(error: ExpressionError) -> Fault:
    return Fault.standard("expression", f"{error.message} {error.hint}".strip())


def check(schema: Mapping[str, Any] | None, data: Any, what: str) -> None:
    """Raises a validation `Fault` unless `data` fits the schema, if there is one."""
    if schema is None:
        return
    wrong = next(iter(validator(orjson.dumps(schema)).iter_errors(data)), None)
    if wrong is not None:
        path = "/".join(map(str, wrong.instance_path))
        raise Fault.standard(
            "validation", f"{what}{f' at /{path}' if path else ''}: {wrong.message}"
        )


@lru_cache(256)
def validator(schema: bytes) -> Any:
    """The compiled schema."""
    return jsonschema_rs.validator_for(orjson.loads(schema))
