"""What an expression gives and reads, followed through its tree without running it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from catalog.expressions.functions import FUNCTIONS, Shape
from catalog.expressions.nodes import (
    Array,
    Binary,
    Bind,
    Call,
    Each,
    Identity,
    If,
    Index,
    Literal,
    Negate,
    Node,
    Object,
    Pipe,
    Slice,
    Text,
    Try,
    Variable,
)
from studio.lint.values import (
    ANYTHING,
    BOOLEAN,
    NULL,
    NUMBER,
    TEXT,
    Value,
    items_of,
    join,
    list_of,
    object_of,
    one_of,
)

COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
NUMERIC = frozenset(
    ("abs", "ceil", "fabs", "floor", "length", "round", "tonumber", "trunc", "utf8bytelength")
)
JUDGING = frozenset(
    ("all", "any", "contains", "endswith", "has", "in", "inside", "isempty", "startswith")
)
NARROWING = frozenset(
    (
        *("arrays", "booleans", "iterables", "nulls", "numbers", "objects", "scalars", "select"),
        *("strings", "values"),
    )
)
YES, NO = one_of([True]), one_of([False])


@dataclass(frozen=True)
class Missing:
    """A member that is read and cannot be there."""

    spelt: str
    owner: Value
    name: str


@dataclass(frozen=True)
class Impossible:
    """A value that is compared with something that is never it."""

    spelt: str
    value: str
    choices: frozenset[str]


@dataclass
class Reader:
    """Follows expressions over what is known of the variables; notes gather on the way.

    `reads` are the members that were read, by what they belong to; `compared` the paths that stood
    in a comparison, with what is known of them.
    """

    variables: Mapping[str, Value]
    notes: list[Missing | Impossible] = field(default_factory=list)
    reads: set[tuple[str, str]] = field(default_factory=set)
    compared: dict[str, tuple[Node, Value]] = field(default_factory=dict)

    def value(self, node: Node, dot: Value) -> Value:
        """What the expression gives for this input."""
        match node:
            case Identity():
                return dot
            case Literal(value):
                return one_of([value])
            case Variable(name):
                return self.variables.get(name, ANYTHING)
            case Index(target, key):
                return self.index(node, self.value(target, dot), key, dot)
            case Each(target):
                return items_of(self.value(target, dot))
            case Pipe(left, right):
                return self.value(right, self.value(left, dot))
            case Bind(value, name, body):
                return self.bound(name, self.value(value, dot), body, dot)
            case Object(entries):
                return self.made(entries, dot)
            case Binary(operator, left, right):
                return self.binary(operator, left, right, dot)
            case Call(name, arguments):
                return self.call(name, arguments, dot)
        return self.simple(node, dot)

    def simple(self, node: Node, dot: Value) -> Value:
        """The same, of what gives one kind of value or one of its parts."""
        parts = [self.value(part, dot) for part in node.children]
        match node:
            case Slice():
                return parts[0]
            case Array():
                return list_of(parts[0] if parts else None)
            case Text():
                return TEXT
            case Negate():
                return NUMBER
            case Try():
                return join(parts[0], parts[1] if len(parts) > 1 else NULL)
            case If():
                holds = truth(parts[0])
                return join(*parts[1:]) if holds is None else parts[1 if holds else 2]
        return ANYTHING

    def bound(self, name: str, value: Value, body: Node, dot: Value) -> Value:
        """What the body gives once a variable has its value."""
        known = self.variables
        self.variables = {**known, name: value}
        found = self.value(body, dot)
        self.variables = known
        return found

    def index(self, node: Node, owner: Value, key: Node, dot: Value) -> Value:
        """A member or an element."""
        if not isinstance(key, Literal) or not isinstance(key.value, str):
            self.value(key, dot)
            return (owner.items or ANYTHING).or_null()
        return self.member(spelt(node), owner, key.value)

    def member(self, words: str, owner: Value, name: str) -> Value:
        """The member of that name, noted."""
        if owner.origin:
            self.reads.add((owner.origin, name))
        found = owner.member(name)
        if found is None:
            self.notes.append(Missing(words, owner, name))
        return NULL if found is None else found

    def made(self, entries: tuple[tuple[Node, Node], ...], dot: Value) -> Value:
        """An object; what it has is only known if every key is written down."""
        members: dict[str, Value] = {}
        written = True
        for key, value in entries:
            found = self.value(value, dot)
            self.value(key, dot)
            if isinstance(key, Literal):
                members[str(key.value)] = found
            else:
                written = False
        return object_of(members) if written else ANYTHING

    def binary(self, operator: str, left: Node, right: Node, dot: Value) -> Value:
        """What an operator gives."""
        one, other = self.value(left, dot), self.value(right, dot)
        if operator in COMPARISONS:
            return self.comparison(operator, (left, one), (right, other))
        if operator in ("and", "or"):
            return logical(operator, truth(one), truth(other))
        if operator == ",":
            return join(one, other)
        if operator == "//":
            return alternative(one, other)
        if operator == "+":
            return added(one, other)
        return NUMBER if {one.kinds, other.kinds} == {NUMBER.kinds} else ANYTHING

    def comparison(
        self, operator: str, left: tuple[Node, Value], right: tuple[Node, Value]
    ) -> Value:
        """Whether two values are alike; one that can never be is noted."""
        for (node, known), (other, wanted) in ((left, right), (right, left)):
            if is_path(node) and not isinstance(other, Identity):
                self.compared.setdefault(spelt(node), (node, known))
            if operator in ("==", "!=") and isinstance(other, Literal):
                self.note_impossible(node, known, wanted)
        one, other_value = left[1], right[1]
        if operator not in ("==", "!=") or one.choices is None or other_value.choices is None:
            return BOOLEAN
        if not one.choices & other_value.choices:
            return YES if operator == "!=" else NO
        if len(one.choices) == len(other_value.choices) == 1:
            return YES if operator == "==" else NO
        return BOOLEAN

    def note_impossible(self, node: Node, known: Value, wanted: Value) -> None:
        """Note a value that is compared with a path which is never it."""
        (text,) = wanted.choices or ("null",)
        if known.choices and is_path(node) and text not in known.choices and text != "null":
            self.notes.append(Impossible(spelt(node), text, known.choices))

    def call(self, name: str, arguments: tuple[Node, ...], dot: Value) -> Value:
        """What a function gives."""
        if name == "IN" and len(arguments) == 1:
            return self.is_in(arguments[0], dot)
        if name == "not":
            holds = truth(dot)
            return BOOLEAN if holds is None else one_of([not holds])
        given = self.given(name, arguments, dot)
        if name == "has" and isinstance(arguments[0], Literal):
            key = str(arguments[0].value)
            self.member(f'has("{key}")', dot, key)
        if name in ("first", "last"):
            return (given[0] if given else items_of(dot)).or_null()
        if name in NARROWING:
            return dot
        if name == "map":
            return list_of(given[0])
        return NUMBER if name in NUMERIC else BOOLEAN if name in JUDGING else ANYTHING

    def given(self, name: str, arguments: tuple[Node, ...], dot: Value) -> list[Value]:
        """What the arguments of a function give, each for the input that it sees."""
        cost = FUNCTIONS.get(f"{name}/{len(arguments)}")
        if cost and cost.shape is Shape.JUDGED:
            first = self.value(arguments[0], dot)
            return [first, *(self.value(one, first) for one in arguments[1:])]
        inner = items_of(dot) if cost and cost.shape is Shape.EACH else dot
        return [self.value(argument, inner) for argument in arguments]

    def is_in(self, argument: Node, dot: Value) -> Value:
        """Whether the input is one of some values, each of which is noted if it can never be."""
        listed = list(alternatives(argument))
        found = self.value(argument, dot)
        if not all(isinstance(one, Literal) for one in listed) or dot.choices is None:
            return BOOLEAN
        for text in found.choices or ():
            if text not in dot.choices and text != "null":
                self.notes.append(Impossible(".", text, dot.choices))
        inside = dot.choices & (found.choices or frozenset())
        if not inside:
            return NO
        return YES if inside == dot.choices else BOOLEAN


def truth(value: Value) -> bool | None:
    """Whether a value counts as true, if that is known."""
    if value.choices:
        no = value.choices & {"false", "null"}
        return None if no and no != value.choices else not no
    if value.kinds is None or value.kinds & {"boolean", "null"}:
        return None
    return True


def logical(operator: str, one: bool | None, other: bool | None) -> Value:
    """`and` or `or` of what is known."""
    decides = operator == "or"
    if decides in (one, other):
        return one_of([decides])
    return BOOLEAN if None in (one, other) else one_of([not decides])


def alternative(one: Value, other: Value) -> Value:
    """The first, unless it is null or false."""
    holds = truth(one)
    if holds is not None:
        return one if holds else other
    return join(without_null(one), other)


def without_null(value: Value) -> Value:
    """The same, if it is not null."""
    if value.kinds is None:
        return value
    kinds = value.kinds - {"null"}
    choices = value.choices - {"null"} if value.choices is not None else None
    return replace(value, kinds=kinds, choices=choices)


def added(one: Value, other: Value) -> Value:
    """A sum: of objects, one with the members of both; nothing adds nothing."""
    for left, right in ((one, other), (other, one)):
        if left.kinds == NULL.kinds:
            return right
    if one.may_be_null and one.kinds and one.members is not None:
        return join(other, added(without_null(one), other))
    if one.members is not None and other.members is not None and not one.may_be_null:
        return object_of({**one.members, **other.members}, one.origin)
    if one.kinds == other.kinds and one.kinds in (NUMBER.kinds, TEXT.kinds):
        return Value(kinds=one.kinds)
    return ANYTHING


def alternatives(node: Node) -> Iterator[Node]:
    """The parts between commas."""
    if isinstance(node, Binary) and node.operator == ",":
        yield from alternatives(node.left)
        yield from alternatives(node.right)
    else:
        yield node


def is_path(node: Node) -> bool:
    """Whether it is `.a.b` or `$name.a.b`."""
    while isinstance(node, Index) and isinstance(node.key, Literal):
        node = node.target
    return isinstance(node, Variable | Identity)


def spelt(node: Node) -> str:
    """A path as it is written; other expressions end in `…`."""
    if isinstance(node, Identity):
        return "."
    if isinstance(node, Variable):
        return f"${node.name}"
    if isinstance(node, Index) and isinstance(node.key, Literal):
        target = spelt(node.target)
        return f"{'' if target == '.' else target}.{node.key.value}"
    return "…"


def path_of(node: Node) -> tuple[str, tuple[str, ...]]:
    """The variable of a path (empty for `.`) and the names behind it."""
    names: list[str] = []
    while isinstance(node, Index) and isinstance(node.key, Literal):
        names.insert(0, str(node.key.value))
        node = node.target
    return (node.name if isinstance(node, Variable) else ""), tuple(names)
