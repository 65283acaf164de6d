"""What the expressions of a process read."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.expressions import ExpressionError, names_read, source_of


def names_read_by(source: Any) -> set[str]:
    """Every name that some expression in `source` mentions: a few too many, never too few."""
    found: set[str] = set()
    for text in texts(source):
        try:
            found |= names_read(source_of(text))
        except ExpressionError:
            # A plain text, which reads nothing.
            continue
    return found


def texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
