"""What processes give to steps: whether it fits, and which names stand in it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from catalog.explain import Mistake, mistake, resolved
from catalog.expressions import is_expression
from catalog.processes.model import Call, Path
from catalog.registry import StepType

Named = tuple[Path, str, Any]
"""Where a name stands in a step's input, what kind of thing it names, and the name."""

DEEPEST = 12


def given(task: Call, step: StepType) -> dict[str, Any]:
    """What the step is given: `with`, and the task's title where the step asks for one."""
    arguments = dict(task.arguments)
    title = task.metadata.get("title")
    if title and "title" in step.input_schema.get("properties", {}):
        arguments.setdefault("title", title)
    return arguments


def misfits(model: type[BaseModel], arguments: dict[str, Any]) -> list[Mistake]:
    """What the step would refuse; the values of expressions are not known yet."""
    try:
        model.model_validate(arguments)
    except ValidationError as error:
        found = error.errors(include_url=False)
        kept = (one for one in found if not is_expression(one["input"]))
        return [mistake(model, one) for one in kept if not is_other_kind(one, found)]
    return []


def is_other_kind(error: ErrorDetails, others: Iterable[ErrorDetails]) -> bool:
    """Whether a value is only not of one kind, and is of another, in which something is wrong."""
    at = error["loc"]
    return error["type"].endswith("_type") and any(
        len(one["loc"]) > len(at) and one["loc"][: len(at) - 1] == at[:-1] for one in others
    )


def usual_forms(step: StepType, arguments: Mapping[str, Any]) -> dict[str, str]:
    """The forms that a step may show because its input names no others, by their keys."""
    found = {}
    for key, schema in step.input_schema.get("properties", {}).items():
        usual = schema.get("default")
        if schema.get("x-names") == "form" and key not in arguments and isinstance(usual, str):
            found[key] = usual
    return found


def names_in(step: StepType, arguments: Mapping[str, Any]) -> Iterator[Named]:
    """Every name that stands in a step's input, expressions left out; defaults are none."""
    yield from named(step.input_schema, step.input_schema, arguments, (), 0)


def named(root: Any, schema: Any, value: Any, at: Path, depth: int) -> Iterator[Named]:
    """See `names_in`, below one schema."""
    schema = resolved(root, schema)
    if depth > DEEPEST:
        return
    kind = schema.get("x-names")
    if kind and not is_expression(value):
        yield at, kind, value
    for branch in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from named(root, branch, value, at, depth + 1)
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from named(root, schema.get("propertyNames", {}), key, (*at, key), depth + 1)
            yield from named(root, below(schema, key), member, (*at, key), depth + 1)
    elif isinstance(value, list | tuple):
        items = schema.get("items", {})
        for index, item in enumerate(value):
            yield from named(root, items, item, (*at, index), depth + 1)


def below(schema: Any, key: str) -> Any:
    """The schema of one member."""
    more = schema.get("additionalProperties")
    return schema.get("properties", {}).get(key, more if isinstance(more, dict) else {})
