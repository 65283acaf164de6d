"""Where subschemas lie inside a JSON Schema, and the JSON pointers that name them."""

from collections.abc import Callable, Iterator
from typing import Any

Schema = dict[str, Any]
Path = tuple[str | int, ...]

ONE = frozenset(
    [
        "items",
        "if",
        "then",
        "else",
        "not",
        "contains",
        "additionalProperties",
        "unevaluatedProperties",
        "unevaluatedItems",
        "propertyNames",
    ]
)
MANY = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
NAMED = frozenset(("properties", "patternProperties", "dependentSchemas", "$defs"))


def pointer(path: Path) -> str:
    """The JSON pointer of a path, `~` and `/` escaped."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def steps(text: str) -> list[str]:
    """The steps of a JSON pointer, unescaped."""
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def children(schema: Schema) -> Iterator[tuple[Path, Any]]:
    """Each direct subschema with its path, page conditions included."""
    for keyword, value in schema.items():
        if keyword in ONE:
            yield (keyword,), value
        elif keyword in MANY and isinstance(value, list):
            yield from (((keyword, index), sub) for index, sub in enumerate(value))
        elif keyword in NAMED and isinstance(value, dict):
            yield from (((keyword, name), sub) for name, sub in value.items())
        elif keyword == "x-pages" and isinstance(value, list):
            for index, page in enumerate(value):
                if isinstance(page, dict) and "when" in page:
                    yield (keyword, index, "when"), page["when"]


def mapped(schema: Schema, change: Callable[[Any, Path], Any]) -> Schema:
    """A copy of `schema` with each direct subschema replaced by `change(subschema, path)`."""
    result = dict(schema)
    for path, sub in children(schema):
        keyword, new = str(path[0]), change(sub, path)
        if len(path) == 1:
            result[keyword] = new
            continue
        if result[keyword] is schema[keyword]:
            result[keyword] = schema[keyword].copy()
        if len(path) == 3:
            new = {**schema[keyword][path[1]], "when": new}
        result[keyword][path[1]] = new
    return result


def everything(schema: Any, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Every subschema that is an object, itself first, depth first."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for step, sub in children(schema):
        yield from everything(sub, path + step)
