"""What is wrong with an expression, in the words that a designer reads."""

import re

KIND = "(null|boolean|number|string|array|object)"
VALUES = (
    (re.compile(rf"{KIND} \(.*\) and {KIND} \(.*\)", re.DOTALL), r"\1 and \2"),
    (re.compile(rf"{KIND} \(.*\)", re.DOTALL), r"\1"),
    (
        re.compile(r'^date ".*" does not match.*', re.DOTALL),
        "the date is not like 2026-03-01T12:00:00Z",
    ),
    (re.compile(r" with result .*", re.DOTALL), ""),
)
"""Where libjq's messages quote values, which may be a person's data."""

HINTS = (
    ("Cannot iterate over null", "Where the list may be missing, write `.items[]?`."),
    ("null and", "Where a field may be missing, write `(.amount // 0)`."),
    ("and null", "Where a field may be missing, write `(.amount // 0)`."),
    ("Cannot index", "Where the kind of value may differ, write `.name?`."),
)


class ExpressionError(Exception):
    """One mistake in an expression, or what went wrong when it was evaluated.

    `position` counts the expression's characters from 0, where the place is known.
    """

    def __init__(self, message: str, hint: str = "", position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.position = position

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


def failure(source: str, said: str) -> ExpressionError:
    """What libjq said when it evaluated `source`, without the values that it quotes."""
    for pattern, kept in VALUES:
        said = pattern.sub(kept, said)
    hint = next((hint for part, hint in HINTS if part in said), "")
    return ExpressionError(f"`{source}` cannot be evaluated: {said.rstrip('.')}.", hint)
