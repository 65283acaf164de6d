"""The tree a form is compiled into: which fields there may be, and under which conditions each is.

An object's *shape* lists its properties with guards: a property counts while each condition of one
of its guards came out as the guard wants. Guards come from `if`/`then`/`else`, `dependentSchemas`
and `dependentRequired`; everything else about a value is left to the validator.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from catalog.forms.facts import Facts, merged
from catalog.forms.formats import validator
from catalog.forms.plain import stripped
from catalog.forms.spelling import SPELT
from catalog.forms.walk import Schema

Guard = tuple[tuple[int, bool], ...]
Answers = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """An `if` of one object. `reads` are the properties it looks at, `None` if it may be all."""

    schema: Schema | bool
    reads: tuple[str, ...] | None
    is_valid: Callable[[Any], bool]

    def holds(self, answers: Answers) -> bool:
        # Only what the condition reads crosses into the validator: copying it is the dear part.
        if self.reads is None:
            return self.is_valid(answers)
        return self.is_valid({name: answers[name] for name in self.reads if name in answers})


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What one object schema says about properties.

    A field is declared where it has a title; other mentions only refine it, they do not show it.
    Where no mention has a title, each of them declares. `titled` names the former.
    """

    conditions: tuple[Condition, ...]
    always: dict[str, "tuple[Node, ...]"]
    sometimes: "tuple[tuple[Guard, str, Node], ...]"
    refining: "tuple[tuple[Guard, str, Node], ...]"
    titled: frozenset[str]
    required: frozenset[str]
    sometimes_required: tuple[tuple[Guard, frozenset[str]], ...]
    known: dict[str, "tuple[Node, ...]"]
    open: bool

    def truths(self, answers: Answers) -> list[bool]:
        """How each condition comes out for these answers."""
        return [condition.holds(answers) for condition in self.conditions]


RULES = frozenset(("x-options", "x-not-before", "x-not-after"))


class Node:
    """A place for a value: the schema of a property or of the items of a list."""

    def __init__(self, schema: Any) -> None:
        self.schema: Schema = schema if isinstance(schema, dict) else {}
        flat = flattened(self.schema)
        self.shape = shape_of(self.schema) if describes_object(self.schema) else None
        items = [part["items"] for part in flat if isinstance(part.get("items"), dict)]
        self.items = Node(items[0] if len(items) == 1 else {"allOf": items}) if items else None
        defaults = [part["default"] for part in flat if "default" in part]
        self.has_default = bool(defaults)
        self.default = defaults[0] if defaults else None
        self.titled = any("title" in p or p.get("x-widget") == "hidden" for p in flat)
        self.computed: str = next((p["x-computed"] for p in flat if "x-computed" in p), "")
        #: Whether a rule beyond JSON Schema judges the value or something inside it.
        self.ruled: bool = self._any_inside("ruled", any(map(_has_rule, flat)))
        #: Whether the value or something inside it is kept in one of several ways to write it.
        self.spelt: bool = self._any_inside("spelt", any(p.get("format") in SPELT for p in flat))
        #: Whether something inside the value may have to be pruned.
        self.inner: bool = self.shape is not None or (self.items is not None and self.items.inner)

    def _any_inside(self, flag: str, here: bool) -> bool:
        inner = [*(self.shape.known.values() if self.shape else ()), (self.items,)]
        return here or any(getattr(n, flag) for nodes in inner for n in nodes if n is not None)

    @cached_property
    def facts(self) -> Facts:
        """What people see of this place."""
        return merged([self.schema])


def _has_rule(part: Schema) -> bool:
    return not RULES.isdisjoint(part) or part.get("format") == "region"


def facts_of(nodes: tuple[Node, ...]) -> Facts:
    """What people see of a property that several active schemas describe, later ones on top."""
    return nodes[0].facts if len(nodes) == 1 else merged([node.schema for node in nodes])


def flattened(schema: Schema) -> list[Schema]:
    """The schema and what its `allOf` adds to it without a condition, base first."""
    parts = [schema]
    for part in schema.get("allOf", ()):
        if isinstance(part, dict):
            parts += flattened(part)
    return parts


OBJECT_WORDS = frozenset(["properties", "required", "dependentSchemas", "dependentRequired"])


def describes_object(schema: Any) -> bool:
    """Whether the schema says something about the properties of an object."""
    if not isinstance(schema, dict):
        return False
    if schema.get("type") == "object" or not OBJECT_WORDS.isdisjoint(schema):
        return True
    inner = [schema[word] for word in ("then", "else") if word in schema]
    for word in ("allOf", "anyOf", "oneOf"):
        inner += schema.get(word, ())
    return any(map(describes_object, inner))


def shape_of(schema: Schema) -> Shape:
    """Compile one object schema, without its `$ref`s and page conditions."""
    return _Collector().collected(schema)


class _Collector:
    def __init__(self) -> None:
        self.conditions: dict[bytes, Condition] = {}
        self.found: list[tuple[Guard, str, Node]] = []
        self.required: list[tuple[Guard, frozenset[str]]] = []
        self.open = False

    def collected(self, schema: Schema) -> Shape:
        self.collect(schema, ())
        titled = frozenset(name for _, name, node in self.found if node.titled)
        refining = [entry for entry in self.found if entry[1] in titled and not entry[2].titled]
        declaring = [entry for entry in self.found if entry not in refining]
        always: dict[str, tuple[Node, ...]] = {}
        known: dict[str, tuple[Node, ...]] = {}
        for _, name, node in self.found:
            known[name] = (*known.get(name, ()), node)
        for guard, name, node in declaring:
            if not guard:
                always[name] = (*always.get(name, ()), node)
        must = [names for guard, names in self.required if not guard]
        return Shape(
            conditions=tuple(self.conditions.values()),
            always=always,
            sometimes=tuple(entry for entry in declaring if entry[0]),
            refining=tuple(refining),
            titled=titled,
            required=frozenset().union(*must),
            sometimes_required=tuple(entry for entry in self.required if entry[0]),
            known=known,
            open=self.open,
        )

    def collect(self, schema: Any, guard: Guard, asserted: bool = True) -> None:
        if not isinstance(schema, dict):
            return
        for name, sub in schema.get("properties", {}).items():
            self.found.append((guard, name, Node(sub)))
        if asserted and schema.get("required"):
            self.required.append((guard, frozenset(schema["required"])))
        if any(schema.get(word, False) for word in OPENING):
            self.open = True
        for sub in schema.get("allOf", ()):
            self.collect(sub, guard, asserted)
        for sub in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            self.collect(sub, guard, False)
        self.collect_conditional(schema, guard, asserted)

    def collect_conditional(self, schema: Schema, guard: Guard, asserted: bool) -> None:
        if "if" in schema:
            index = self.condition(schema["if"])
            self.collect(schema.get("then"), (*guard, (index, True)), asserted)
            self.collect(schema.get("else"), (*guard, (index, False)), asserted)
        for name, sub in schema.get("dependentSchemas", {}).items():
            self.collect(sub, (*guard, (self.present(name), True)), asserted)
        for name, names in schema.get("dependentRequired", {}).items():
            if names and asserted:
                self.required.append(((*guard, (self.present(name), True)), frozenset(names)))

    def present(self, name: str) -> int:
        return self.condition({"required": [name]})

    def condition(self, schema: Any) -> int:
        rule = stripped(schema)
        key = orjson.dumps(rule, option=orjson.OPT_SORT_KEYS)
        if key not in self.conditions:
            reads = names_read(rule)
            order = None if reads is None else tuple(sorted(reads))
            self.conditions[key] = Condition(rule, order, validator(rule).is_valid)
        return list(self.conditions).index(key)


OPENING = ("additionalProperties", "unevaluatedProperties", "patternProperties")
READABLE = frozenset(
    [
        "properties",
        "required",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "type",
        "dependentRequired",
    ]
)


def names_read(rule: Any) -> set[str] | None:
    """The properties that a condition on an object looks at, or `None` if it may look at all."""
    if not isinstance(rule, dict):
        return set()
    if not rule.keys() <= READABLE:
        return None
    names = {*rule.get("properties", ()), *rule.get("required", ())}
    for name, needed in rule.get("dependentRequired", {}).items():
        names |= {name, *needed}
    inner = [rule[word] for word in ("not", "if", "then", "else") if word in rule]
    for word in ("allOf", "anyOf", "oneOf"):
        inner += rule.get(word, [])
    for sub in inner:
        read = names_read(sub)
        if read is None:
            return None
        names |= read
    return names
