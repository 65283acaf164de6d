"""The tree of an expression."""

from collections.abc import Iterator
from dataclasses import dataclass, fields


class Node:
    """A part of an expression."""

    @property
    def children(self) -> Iterator["Node"]:
        """The parts directly inside."""
        for field in fields(self):  # type: ignore[arg-type]
            yield from _nodes(getattr(self, field.name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for inner in value:
            yield from _nodes(inner)


@dataclass(frozen=True)
class Identity(Node):
    """`.`"""


@dataclass(frozen=True)
class Literal(Node):
    """A number, a plain text, true, false or null."""

    value: float | str | bool | None


@dataclass(frozen=True)
class Text(Node):
    """A text with interpolations, each written by `format`."""

    format: str
    parts: tuple[str | Node, ...]


@dataclass(frozen=True)
class Variable(Node):
    """`$name`"""

    name: str


@dataclass(frozen=True)
class Index(Node):
    """`.name` and `.[key]`; `optional` is the `?` right behind, here and below."""

    target: Node
    key: Node
    optional: bool = False


@dataclass(frozen=True)
class Slice(Node):
    """`.[start:end]`"""

    target: Node
    start: Node | None
    end: Node | None
    optional: bool = False


@dataclass(frozen=True)
class Each(Node):
    """`.[]`"""

    target: Node
    optional: bool = False


@dataclass(frozen=True)
class Try(Node):
    """`(body)?` and `try body catch handler`"""

    body: Node
    handler: Node | None


@dataclass(frozen=True)
class Array(Node):
    """`[body]`"""

    body: Node | None


@dataclass(frozen=True)
class Object(Node):
    """`{key: value, …}`"""

    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True)
class Call(Node):
    """A function with its arguments; a format such as `@json` is a function too."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Negate(Node):
    """`-value`"""

    value: Node


@dataclass(frozen=True)
class Binary(Node):
    """Two parts with an operator between them, other than the pipe."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Pipe(Node):
    """`left | right`"""

    left: Node
    right: Node


@dataclass(frozen=True)
class Bind(Node):
    """`value as $name | body`"""

    value: Node
    name: str
    body: Node


@dataclass(frozen=True)
class If(Node):
    """`if condition then yes else no end`"""

    condition: Node
    yes: Node
    no: Node


def free_variables(node: Node) -> frozenset[str]:
    """The variables that the expression reads and does not bind itself."""
    if isinstance(node, Variable):
        return frozenset((node.name,))
    if isinstance(node, Bind):
        return free_variables(node.value) | (free_variables(node.body) - {node.name})
    return frozenset().union(*map(free_variables, node.children))
