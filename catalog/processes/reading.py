"""What the expressions of a process read."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.expressions import ExpressionError, names_read, source_of
from catalog.processes.texts import DEFINED


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


NUMBER = re.compile(r"(?<![\w.])\d{1,15}(?![\w.])")


def numbers_in(value: Any) -> set[int]:
    """Every whole number in a value, those inside of expressions included.

    The places of texts are no values.
    """
    if isinstance(value, bool) or (isinstance(value, Mapping) and DEFINED in value):
        return set()
    if isinstance(value, int):
        return {value}
    if isinstance(value, str):
        return {int(found) for found in NUMBER.findall(value)}
    inner = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping | list | tuple):
        return set().union(*map(numbers_in, inner)) if inner else set()
    return set()
