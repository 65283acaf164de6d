"""A node of a source: what is written at one place, and how to say what is wrong with it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from catalog.expressions import is_expression
from catalog.problems import suggestion
from catalog.processes.findings import Finding
from catalog.processes.lengths import length
from catalog.processes.model import Length, Path
from catalog.processes.scopes import ALWAYS, OF_ITEMS

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
GIVEN = ALWAYS | OF_ITEMS | {"output"}
"""The variables that the language or a catalog item gives; no loop takes their names."""


@dataclass
class Reading:
    """What the nodes of one source share: what `use` defines, and what was seen so far."""

    use: Mapping[str, Any]
    findings: list[Finding] = field(default_factory=list)
    tasks: int = 0


@dataclass(frozen=True)
class Node:
    """A value with its place. Its readers note what is wrong and give the best they can."""

    value: Any
    path: Path
    reading: Reading

    def wrong(self, rule: str, message: str, hint: str = "") -> None:
        """Note an error."""
        self.reading.findings.append(Finding(rule, self.path, message, hint))

    def __contains__(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def at(self, key: str | int) -> "Node":
        """What a mapping holds under `key`; nothing is null."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(value, (*self.path, key), self.reading)

    def entries(self) -> Iterator[tuple[str, "Node"]]:
        """The keys of a mapping with what is under them."""
        for key in self.mapping().value:
            yield key, self.at(key)

    def elements(self, message: str, hint: str) -> list["Node"]:
        """The elements of a list; `message` and `hint` are for what is none."""
        if not isinstance(self.value, list):
            self.wrong("shape", message, hint)
            return []
        places = enumerate(self.value)
        return [Node(value, (*self.path, index), self.reading) for index, value in places]

    def mapping(self, message: str = "a mapping of keys to values belongs here") -> "Node":
        """A mapping; nothing counts as an empty one."""
        if isinstance(self.value, dict):
            return self
        if self.value is not None:
            self.wrong("shape", message)
        return Node({}, self.path, self.reading)

    def known(self, *keys: str) -> "Node":
        """A mapping with none but these keys."""
        found = self.mapping()
        for key, inner in found.entries():
            if key not in keys:
                inner.unknown(keys)
        return found

    def unknown(self, keys: Iterable[str]) -> None:
        """Note that the key of this node has no meaning here; `keys` have one."""
        key = self.path[-1]
        self.wrong("unknown-key", f"`{key}` means nothing here", suggestion(str(key), keys))

    def single(self, message: str, hint: str) -> "Node | None":
        """The one named node that a mapping holds."""
        if not isinstance(self.value, dict) or len(self.value) != 1:
            self.wrong("shape", message, hint)
            return None
        ((name, value),) = self.value.items()
        return Node(value, (*self.path, str(name)), self.reading)

    def named(self, kind: str) -> "Node":
        """What `use` defines, where this is the name of it."""
        if not isinstance(self.value, str):
            return self
        defined = Node(self.reading.use.get(kind), ("use", kind), self.reading).mapping().value
        if self.value not in defined:
            hint = suggestion(self.value, defined) if defined else f"Define it under `use.{kind}`"
            self.wrong("unknown-name", f"`use.{kind}` has no `{self.value}`", hint)
        return Node(defined.get(self.value), self.path, self.reading)

    def text(self) -> str:
        """A text."""
        if not isinstance(self.value, str):
            self.wrong("shape", f"a text belongs here, not `{self.value}`", "Put it in quotes")
        return str(self.value)

    def optional_text(self) -> str | None:
        """A text, or nothing."""
        return None if self.value is None else self.text()

    def count(self) -> int | None:
        """A whole number of at least one, or nothing."""
        value = self.value
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self.wrong("shape", f"a whole number of at least 1 belongs here, not `{value}`")
            return None
        return value

    def length(self) -> Length | None:
        """A duration, the expression that gives one, or nothing."""
        if self.value is None or is_expression(self.value):
            return cast(str | None, self.value)
        try:
            return length(self.value)
        except ValueError as error:
            hint = "Write `{days: 3}`, `P3D` or `PT2H`; years and months have no fixed length"
            self.wrong("duration", str(error), hint)
            return None

    def variable(self, key: str, usual: str) -> str:
        """The name of a variable that a task sets, under `key` of a mapping."""
        if key not in self:
            return usual
        node = self.at(key)
        name = node.text()
        if not VARIABLE.fullmatch(name):
            hint = "Use letters, digits and `_`"
            node.wrong("reserved-name", f"`${name}` is no name of a variable", hint)
        elif name in GIVEN:
            node.wrong("reserved-name", f"`${name}` means something else", "Give it another name")
        return name
