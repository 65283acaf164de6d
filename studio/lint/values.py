"""What is known of a value before anything runs: its kinds, its members, all that it can be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    tuple: "array",
    dict: "object",
}
MOST_CHOICES = 60
DEEPEST = 12


@dataclass(frozen=True)
class Value:
    """What a value may be; None where nothing is known.

    `choices` are all the scalars that it can be, as JSON. `members` are those of an object, and it
    has no others. `origin` says in a word whose members they are, for messages.
    """

    kinds: frozenset[str] | None = None
    choices: frozenset[str] | None = None
    members: Mapping[str, "Value"] | None = None
    items: "Value | None" = None
    origin: str = field(default="", compare=False)
    limits: tuple[float | None, float | None] = field(default=(None, None), compare=False)
    whole: bool = field(default=False, compare=False)
    """Whether a number has no decimals."""

    @property
    def may_be_null(self) -> bool:
        """Whether it may be null, as what was not answered is."""
        return self.kinds is None or "null" in self.kinds

    def member(self, name: str) -> "Value | None":
        """The member of that name; None where an object cannot have it."""
        if self.members is not None:
            found = self.members.get(name)
            return found.or_null() if found and self.may_be_null else found
        return NULL if self.kinds == NULL.kinds else ANYTHING

    def or_null(self) -> "Value":
        """The same, or null."""
        return join(self, NULL)

    def named(self, origin: str) -> "Value":
        """The same, with its origin."""
        return replace(self, origin=origin)


ANYTHING = Value()


def one_of(values: Iterable[Any]) -> Value:
    """One of these scalars."""
    listed = list(values)
    choices = frozenset(orjson.dumps(one).decode() for one in listed)
    return Value(kinds=frozenset(KINDS[type(one)] for one in listed), choices=choices)


NULL = one_of([None])
BOOLEAN = one_of([True, False])
NUMBER = Value(kinds=frozenset(("number",)))
TEXT = Value(kinds=frozenset(("string",)))


def object_of(members: Mapping[str, Value], origin: str = "") -> Value:
    """An object with exactly these members."""
    return Value(kinds=frozenset(("object",)), members=dict(members), origin=origin)


def list_of(items: Value | None) -> Value:
    """A list."""
    return Value(kinds=frozenset(("array",)), items=items)


def items_of(value: Value) -> Value:
    """Any element of a list."""
    return value.items or ANYTHING


def join(one: Value, other: Value) -> Value:
    """Either of two values; of two objects, one with the members of both, each perhaps null."""
    if one == other:
        return one if one.origin == other.origin else one.named("")
    if one.kinds is None or other.kinds is None:
        return ANYTHING
    origin = one.origin or other.origin
    if one.origin and other.origin and one.origin != other.origin:
        origin = ""
    return Value(
        kinds=one.kinds | other.kinds,
        choices=joined_choices(one, other),
        members=joined_members(one, other),
        items=joined_items(one, other),
        origin=origin,
        limits=one.limits if one.limits == other.limits or other == NULL else (None, None),
        whole=one.whole and (other.whole or other == NULL),
    )


def joined_choices(one: Value, other: Value) -> frozenset[str] | None:
    if one.choices is None or other.choices is None:
        return None
    both = one.choices | other.choices
    return both if len(both) <= MOST_CHOICES else None


def joined_members(one: Value, other: Value) -> Mapping[str, Value] | None:
    """The members of both; where only one is an object, its own."""
    objects = [each for each in (one, other) if "object" in (each.kinds or ())]
    if not objects or any(each.members is None for each in objects):
        return None
    names = {name: None for each in objects for name in each.members or ()}
    found = [[(each.members or {}).get(name, NULL) for each in objects] for name in names]
    return {name: joined(values) for name, values in zip(names, found, strict=True)}


def joined_items(one: Value, other: Value) -> Value | None:
    lists = [each for each in (one, other) if "array" in (each.kinds or ())]
    if not lists or any(each.items is None for each in lists):
        return None
    return joined([each.items or ANYTHING for each in lists])


def joined(values: Iterable[Value]) -> Value:
    """Any of these; anything where there are none."""
    found: Value | None = None
    for value in values:
        found = value if found is None else join(found, value)
    return found or ANYTHING


def literal(value: Any, depth: int = 0) -> Value:
    """What is known of a value that is written down."""
    if depth > DEEPEST:
        return ANYTHING
    if isinstance(value, Mapping):
        return object_of({str(key): literal(inner, depth + 1) for key, inner in value.items()})
    if isinstance(value, list | tuple):
        return list_of(joined(literal(one, depth + 1) for one in value) if value else None)
    return one_of([value]) if type(value) in KINDS else ANYTHING


def rooted(value: Value, origin: str) -> Value:
    """The same, it and all inside it named by where they come from: `answers.address.city`."""
    members = value.members
    if members is not None and not isinstance(members, Open):
        members = {name: rooted(one, f"{origin}.{name}") for name, one in members.items()}
    return replace(value, members=members, origin=origin)


def with_member(value: Value, path: tuple[str, ...], member: Value) -> Value:
    """The same object with another member, however deep."""
    if not path:
        return member
    inner = with_member(value.member(path[0]) or ANYTHING, path[1:], member)
    if value.members is None:
        members: Mapping[str, Value] = Open({path[0]: inner})
    else:
        members = {**value.members, path[0]: inner}
    return Value(kinds=frozenset(("object",)), members=members)


class Open(dict[str, Value]):
    """Members of an object that may have others."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name, ANYTHING)


def as_schema(value: Value) -> dict[str, Any]:
    """What is known of a scalar, as JSON Schema."""
    if value.choices is not None:
        return {"enum": [orjson.loads(one) for one in sorted(value.choices)]}
    if value.kinds is None:
        return {}
    kinds = ("integer" if kind == "number" and value.whole else kind for kind in value.kinds)
    found: dict[str, Any] = {"type": sorted(kinds)}
    for word, limit in zip(("minimum", "maximum"), value.limits, strict=True):
        if limit is not None:
            found[word] = limit
    return found
