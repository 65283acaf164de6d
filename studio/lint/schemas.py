"""What is known of values that a JSON Schema or a form describes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from catalog.explain import resolved
from catalog.forms import Form
from catalog.forms.nodes import Node, Shape, facts_of
from studio.lint.values import (
    ANYTHING,
    BOOLEAN,
    DEEPEST,
    NULL,
    NUMBER,
    TEXT,
    Value,
    joined,
    list_of,
    object_of,
    one_of,
)

SCALARS = {
    "null": NULL,
    "boolean": BOOLEAN,
    "integer": NUMBER,
    "number": NUMBER,
    "string": TEXT,
}
Schema = Mapping[str, Any]


def of_schema(root: Schema, schema: Schema | None = None, depth: int = 0) -> Value:
    """What a step's JSON Schema says of its output: it has the members listed and no others."""
    found = resolved(dict(root), dict(root if schema is None else schema))
    if depth > DEEPEST:
        return ANYTHING
    if "const" in found:
        return one_of([found["const"]])
    if "enum" in found:
        return one_of(found["enum"])
    if "anyOf" in found:
        return joined(of_schema(root, one, depth + 1) for one in found["anyOf"])
    kind = found.get("type")
    if kind in SCALARS:
        return SCALARS[kind]
    if kind == "array":
        items = found.get("items")
        return list_of(of_schema(root, items, depth + 1) if isinstance(items, dict) else None)
    if kind == "object" and not found.get("additionalProperties") and "properties" in found:
        members = found["properties"].items()
        return object_of({name: of_schema(root, one, depth + 1) for name, one in members})
    return ANYTHING


def of_form(form: Form, origin: str) -> Value:
    """The answers that a form can give: what need not be answered may be null."""
    return of_shape(form.shape).named(origin)


def of_shape(shape: Shape, depth: int = 0) -> Value:
    if shape.open or depth > DEEPEST:
        return ANYTHING
    members = {}
    for name, nodes in shape.known.items():
        found = of_nodes(nodes, depth)
        always = name in shape.required and name in shape.always
        members[name] = found if always else found.or_null()
    return object_of(members)


def of_nodes(nodes: tuple[Node, ...], depth: int) -> Value:
    """What several descriptions of one field leave possible, in all cases together."""
    facts = facts_of(nodes)
    shapes = [node.shape for node in nodes if node.shape is not None]
    if facts.type == "object":
        return of_shape(shapes[0], depth + 1) if len(shapes) == 1 else ANYTHING
    options = [option.value for node in nodes for option in node.facts.options]
    if facts.many or facts.type == "array":
        lists = [node.items for node in nodes if node.items is not None]
        return list_of(of_nodes(tuple(lists), depth + 1) if lists else None)
    if options and not facts.source and all(isinstance(one, str | int | float) for one in options):
        return one_of(options)
    found = SCALARS.get(facts.type, ANYTHING)
    if found is NUMBER:
        limits = (facts.rules.get("minimum"), facts.rules.get("maximum"))
        known = limits if len(nodes) == 1 else (None, None)
        return replace(found, limits=known, whole=facts.type == "integer")
    if found is BOOLEAN and facts.rules.get("const") is True:
        return one_of([True])
    return found
