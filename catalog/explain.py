"""A validation error of pydantic, said to the designer who wrote the file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from catalog.definitions import COUNTRY, CURRENCY, KEY, NAME
from catalog.problems import suggestion

Model = TypeVar("Model", bound=BaseModel)
Schema = dict[str, Any]
Path = tuple[str | int, ...]

KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "set_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "time_type": "a time of day in quotes",
    "time_parsing": "a time of day",
    "date_from_datetime_parsing": "a date",
    "date_type": "a date",
}
BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
EXAMPLES = {"time_type": 'Such as "09:00"', "time_parsing": 'Such as "09:00"'}


@dataclass(frozen=True)
class Mistake:
    """What is wrong at a path of a value, and what would be right."""

    path: Path
    message: str
    hint: str = ""
    rule: str = "definition"


def check(model: type[Model], value: Any, at: Path = ()) -> tuple[Model | None, list[Mistake]]:
    """`value`, which lies at `at` in its file, as a `model`, or every mistake that prevents it."""
    try:
        # Read as JSON, so that `strict` still takes lists for tuples and texts for times.
        return model.model_validate_json(orjson.dumps(value), strict=True), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        found = [mistake(model, detail) for detail in details if not follows(detail, details)]
        return None, [Mistake(at + one.path, one.message, one.hint) for one in found]


def follows(error: ErrorDetails, others: list[ErrorDetails]) -> bool:
    """Whether a list is only called too short because some of its members are wrong."""
    path = error["loc"]
    return error["type"] == "too_short" and any(
        other["loc"][: len(path)] == path for other in others if other is not error
    )


def mistake(model: type[BaseModel], error: ErrorDetails) -> Mistake:
    """One error in a designer's words."""
    path, kind, context = error["loc"], error["type"], error.get("ctx", {})
    schema = schema_of(model)
    if kind == "missing":
        return Mistake(path, f"`{path[-1]}` is missing", help_of(schema, path))
    if kind == "extra_forbidden":
        known = keys_of(schema, schema_at(schema, path[:-1]))
        return Mistake(path, f"`{path[-1]}` is not a key here", suggestion(str(path[-1]), known))
    if "hint" in context:
        return Mistake(path + tuple(context.get("at", ())), error["msg"], context["hint"])
    message, hint = plain(error, context)
    return Mistake(path, message, hint or help_of(schema, path))


def plain(error: ErrorDetails, context: dict[str, Any]) -> tuple[str, str]:
    """Message and hint of an error about one value; no hint where the field's help will do."""
    kind, given = error["type"], shown(error["input"])
    if kind in KINDS:
        text = "the text " if isinstance(error["input"], str) else ""
        return f"{text}{given} is not {KINDS[kind]}", EXAMPLES.get(kind, "")
    if kind in ("literal_error", "enum"):
        allowed = words(context["expected"])
        return f"{given} is not one of the words known here", suggestion(
            str(error["input"]), allowed
        )
    if kind == "union_tag_invalid":
        allowed = words(context["expected_tags"])
        return f"`{context['tag']}` is no kind known here", suggestion(context["tag"], allowed)
    if kind == "union_tag_not_found":
        return "`kind` is missing", "Say which kind it is with the key `kind`"
    if kind in BOUNDS:
        name, words_ = BOUNDS[kind]
        return f"{given} is not {words_} {context[name]}", ""
    if kind == "string_pattern_mismatch":
        return f"{given} is not written as it must be", PATTERN_HINTS.get(context["pattern"], "")
    if kind in ("too_short", "string_too_short"):
        return "this is empty or too short", ""
    return error["msg"].removeprefix("Value error, "), ""


PATTERN_HINTS = {
    NAME: "Use small letters, digits and single dashes: `home-insurance`",
    KEY: "Use small letters, digits and single underscores: `first_response`",
    COUNTRY: "Use the two-letter code in capitals: `ES`",
    CURRENCY: "Use the three-letter code in capitals: `EUR`",
}


def shown(value: Any) -> str:
    """A value as the message quotes it."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"


def words(listed: str) -> list[str]:
    """The quoted words of pydantic's `'a', 'b' or 'c'`."""
    return listed.replace(" or ", ", ").replace("'", "").split(", ")


@cache
def schema_of(model: type[BaseModel]) -> Schema:
    """The JSON Schema of a model: what its keys are and what each is for."""
    return model.model_json_schema(mode="validation")


def schema_at(root: Schema, path: Iterable[str | int]) -> Schema:
    """The part of a JSON Schema that describes the value at `path`."""
    current = resolved(root, root)
    for part in path:
        found = next(iter(below(root, current, part)), None)
        if found is not None:
            current = resolved(root, found)
    return current


def below(root: Schema, schema: Schema, part: str | int) -> Iterator[Schema]:
    """The subschemas that may describe the member `part`; a union's tag picks its branch."""
    if part in schema.get("properties", {}):
        yield schema["properties"][part]
    elif isinstance(part, int) and "items" in schema:
        yield schema["items"]
    elif str(part) in schema.get("discriminator", {}).get("mapping", {}):
        yield {"$ref": schema["discriminator"]["mapping"][str(part)]}
    elif isinstance(schema.get("additionalProperties"), dict):
        yield schema["additionalProperties"]
    for branch in schema.get("anyOf", ()):
        yield from below(root, resolved(root, branch), part)


def resolved(root: Schema, schema: Schema) -> Schema:
    """`schema` with its `$ref` followed; what stands beside the reference wins."""
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**root["$defs"][name], **beside}
    return schema


def keys_of(root: Schema, schema: Schema) -> set[str]:
    """The keys that a mapping described by `schema` may have."""
    keys = set(schema.get("properties", {}))
    for branch in schema.get("anyOf", ()):
        keys |= keys_of(root, resolved(root, branch))
    return keys


def help_of(root: Schema, path: Path) -> str:
    """What the field at `path` is for, or what it belongs to."""
    upwards = (path[:count] for count in range(len(path), 0, -1))
    described = (schema_at(root, upto).get("description") for upto in upwards)
    return next(filter(None, described), "")
