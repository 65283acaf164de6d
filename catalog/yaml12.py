"""YAML 1.2 (core schema) with the place of every node, safe for files that strangers wrote.

PyYAML speaks YAML 1.1, where `on` and `no` are booleans and `12:30` is a number. So its C parser
only composes the nodes, and what a scalar means is decided here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import BaseResolver

LARGEST_FILE = 256 * 1024
MOST_NODES = 50_000
DEEPEST = 40
LARGEST_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact."""

CORE = "tag:yaml.org,2002:"
Path = Iterable[str | int]


@dataclass(frozen=True)
class Mark:
    """A place in a text, counted from 1."""

    line: int = 1
    column: int = 1


class Unreadable(Exception):
    """The text is no acceptable YAML; says where, why, and what would be right."""

    def __init__(self, message: str, hint: str = "", mark: Mark | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.mark = mark or Mark()


class RepeatedKey(Unreadable):
    """A mapping has a key twice; the mark is at the second."""


@dataclass(frozen=True)
class Document:
    """The value of a YAML text, made of JSON's types only, and where its parts stand."""

    value: Any
    root: Node

    def mark(self, path: Path) -> Mark:
        """Where the node at `path` begins: its key in a mapping, itself in a list.

        Parts of the path that lead nowhere are passed over, so what is missing is placed at its
        nearest parent.
        """
        return mark_in(self.root, path)


class Core12(BaseResolver):
    """Tags of plain scalars by the core schema of YAML 1.2."""


SCALARS = (
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+0123456789."),
    ),
)
PATTERNS = {CORE + kind: re.compile(rf"(?:{pattern})\Z") for kind, pattern, _ in SCALARS}
for kind, _, first in SCALARS:
    Core12.add_implicit_resolver(CORE + kind, PATTERNS[CORE + kind], first)


class Composer(CParser, Core12):
    """The C parser with our meaning of scalars."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Core12.__init__(self)


def read(text: bytes) -> Document:
    """The document in `text`. Raises `Unreadable` on anything that is not one."""
    if len(text) > LARGEST_FILE:
        raise Unreadable(
            f"the file has {len(text)} bytes; at most {LARGEST_FILE} are read",
            "Split the item, or shorten its texts",
        )
    root = compose(decode(text))
    return Document(Builder().build(root, 1), root)


def locate(text: str, path: Path) -> Mark:
    """The place of `path` in a YAML or JSON text; its beginning where that cannot be told."""
    try:
        return mark_in(compose(text), path)
    except Unreadable:
        return Mark()


def decode(text: bytes) -> str:
    """The characters of a UTF-8 text. Raises `Unreadable` where a byte is none."""
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start].decode("utf-8", "replace")
        raise Unreadable(
            "this is not UTF-8 text", "Save the file with the encoding UTF-8", end_of(before)
        ) from None


def end_of(text: str) -> Mark:
    """The place right after `text`."""
    return Mark(text.count("\n") + 1, len(text) - text.rfind("\n"))


def compose(text: str) -> Node:
    """The node tree of `text`. Raises `Unreadable`."""
    try:
        refuse_abyss(text)
        root = yaml.compose(text, Composer)  # type: ignore[arg-type]
    except yaml.MarkedYAMLError as error:
        raise from_parser(error) from None
    except yaml.reader.ReaderError:
        raise control_character(text) from None
    if root is None:
        raise Unreadable("the file is empty", "Write the definition of one catalog item in it")
    return root


def refuse_abyss(text: str) -> None:
    """Refuse nesting that would overflow the C stack of the composer, which checks no depth.

    Depth cannot exceed the flow brackets plus what indentation and `- - -` on one line allow, so
    ordinary files pass on a count; only suspicious ones are walked event by event.
    """
    if text.count("[") + text.count("{") <= 500 and max(map(len, text.split("\n"))) <= 1000:
        return
    depth = 0
    parser = CParser(text)
    while (event := parser.get_event()) is not None:
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > DEEPEST:
                raise too_deep(mark_of(event.start_mark))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def too_deep(mark: Mark) -> Unreadable:
    return Unreadable(
        f"this is nested more than {DEEPEST} levels deep",
        "Make it flatter; an alias (`*name`) must not lie inside its own anchor",
        mark,
    )


PARSER_HINTS = (
    ("tab character", "Indent with spaces, never with tabs"),
    ("escape character", "Use single quotes, or write the backslash twice"),
    ("cannot start any token", "Indent with spaces; put a text that begins with a sign in quotes"),
    ("end of stream", "Close the quotes that open here"),
    ("flow", "Close the bracket that opens here"),
    ("mapping values are not allowed", "Put a text that contains `: ` in quotes"),
    ("expected a single document", "Keep one item in one file; remove the line `---`"),
    ("undefined alias", "Define the anchor (`&name`) above its alias, or write the value itself"),
    ("", "Look at the indentation, the quotes and the brackets here and just above"),
)


def from_parser(error: yaml.MarkedYAMLError) -> Unreadable:
    """The parser's complaint with a hint."""
    message = " ".join(filter(None, [error.context, error.problem]))
    hint = next(hint for sign, hint in PARSER_HINTS if sign in message)
    unclosed = "flow" in message or "end of stream" in message
    mark = error.context_mark if unclosed else error.problem_mark
    return Unreadable(f"this is not YAML: {message}", hint, mark_of(mark) if mark else None)


FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def control_character(text: str) -> Unreadable:
    """Where the character stands that YAML does not allow."""
    found = FORBIDDEN.search(text)
    code = f"U+{ord(found.group()):04X}" if found else "a character"
    mark = end_of(text[: found.start()]) if found else None
    return Unreadable(f"{code} is not allowed in YAML", "Remove this invisible character", mark)


def mark_of(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


def mark_in(root: Node, path: Path) -> Mark:
    """See `Document.mark`."""
    node, mark = root, mark_of(root.start_mark)
    for part in path:
        if isinstance(node, MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found:
                mark, node = mark_of(found[0].start_mark), found[1]
        elif isinstance(node, SequenceNode) and str(part) in map(str, range(len(node.value))):
            node = node.value[int(part)]
            mark = mark_of(node.start_mark)
    return mark


class Builder:
    """Turns nodes into values, and counts them: an alias costs what it repeats."""

    def __init__(self) -> None:
        self.nodes = 0

    def build(self, node: Node, depth: int) -> Any:
        """The value of `node`. Raises `Unreadable`."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise Unreadable(
                f"the file holds more than {MOST_NODES} values once its aliases are expanded",
                "Repeat less by aliases (`*name`)",
                mark_of(node.start_mark),
            )
        if depth > DEEPEST:
            raise too_deep(mark_of(node.start_mark))
        if isinstance(node, MappingNode):
            return self.mapping(node, depth)
        if isinstance(node, SequenceNode):
            expect_tag(node, "seq")
            return [self.build(item, depth + 1) for item in node.value]
        assert isinstance(node, ScalarNode)
        return scalar(node)

    def mapping(self, node: MappingNode, depth: int) -> dict[str, Any]:
        expect_tag(node, "map")
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.build(key_node, depth + 1)
            if not isinstance(key, str):
                raise bad_key(key_node)
            if key in built:
                raise twice(node, key)
            built[key] = self.build(value_node, depth + 1)
        return built


def expect_tag(node: Node, kind: str) -> None:
    if node.tag != CORE + kind:
        raise unknown_tag(node)


def unknown_tag(node: Node) -> Unreadable:
    tag = node.tag.replace(CORE, "!!")
    return Unreadable(f"the tag `{tag}` is not known here", "Remove it", mark_of(node.start_mark))


def bad_key(node: Node) -> Unreadable:
    if isinstance(node, ScalarNode):
        written = node.value or "(nothing)"
        hint = f'Put it in quotes: "{node.value}"'
        return Unreadable(f"the key {written} is not a text", hint, mark_of(node.start_mark))
    return Unreadable("a key must be a plain text", "", mark_of(node.start_mark))


def twice(node: MappingNode, key: str) -> RepeatedKey:
    first, second = [mark_of(k.start_mark) for k, _ in node.value if k.value == key][:2]
    hint = f"Keep one of them; the first is on line {first.line}"
    return RepeatedKey(f"`{key}` stands here a second time", hint, second)


def scalar(node: ScalarNode) -> Any:
    """A text, number, boolean or null. Raises `Unreadable` on what JSON cannot carry."""
    text, kind = node.value, node.tag.removeprefix(CORE)
    if "\0" in text:
        hint = "Remove `\\0`: databases do not store this character"
        raise Unreadable("U+0000 is not allowed", hint, mark_of(node.start_mark))
    if kind == "str":
        return text
    pattern = PATTERNS.get(node.tag)
    if pattern is None:
        raise unknown_tag(node)
    if not pattern.match(text):
        raise Unreadable(f"`{text}` is no {kind}", "Remove the tag", mark_of(node.start_mark))
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    return number(node, kind)


def number(node: ScalarNode, kind: str) -> int | float:
    """An integer or a finite float."""
    text = node.value
    if kind == "float":
        if "n" in text.lower():
            raise Unreadable(
                f"`{text}` is no number that can be stored", "", mark_of(node.start_mark)
            )
        value: int | float = float(text)
    else:
        value = int(text, 0) if text[:2] in ("0o", "0x") else short_integer(text)
    if abs(value) > LARGEST_INTEGER:
        raise Unreadable(
            f"the number {text[:20]} is too large to be exact",
            "Put it in quotes if it is a code and not an amount",
            mark_of(node.start_mark),
        )
    return value


def short_integer(text: str) -> int:
    """The integer, or one that is surely too large: Python refuses to read thousands of digits."""
    return int(text) if len(text) <= 20 else LARGEST_INTEGER + 1
