"""The words of a jq expression.

Only what our profile of jq allows has a token; all else is refused where it stands. The text of a
string is decoded, and what stands between `\\(` and `)` is code like the rest.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from catalog.expressions.errors import ExpressionError
from catalog.expressions.limits import MOST_CHARACTERS, MOST_INTERPOLATIONS

SPACE = " \t\r\n"
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
DIGITS = frozenset("0123456789")
SIGNS = (
    *("?//", "//=", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "//", "..", "::"),
    *".?=;,:|+-*/%<>()[]{}",
)
"""Longer signs first: jq takes the longest that fits."""


class Kind(StrEnum):
    """What a token is."""

    NAME = "name"
    FIELD = "field"
    VARIABLE = "variable"
    FORMAT = "format"
    NUMBER = "number"
    STRING = "string"
    SIGN = "sign"


@dataclass(frozen=True)
class Token:
    """One word. `text` lacks the dot, `$` or `@` before it; `position` counts characters from 0.

    A string has `parts`: its texts, and the tokens of its interpolations.
    """

    kind: Kind
    text: str
    position: int
    parts: tuple["str | tuple[Token, ...]", ...] = ()

    @property
    def plain(self) -> str | None:
        """A string's text, unless it has interpolations."""
        if self.kind is not Kind.STRING or not all(isinstance(part, str) for part in self.parts):
            return None
        return "".join(part for part in self.parts if isinstance(part, str))

    def __str__(self) -> str:
        before = {Kind.FIELD: ".", Kind.VARIABLE: "$", Kind.FORMAT: "@"}.get(self.kind, "")
        return before + self.text


def tokenize(source: str) -> tuple[Token, ...]:
    """The tokens of `source`; raises `ExpressionError`."""
    if len(source) > MOST_CHARACTERS:
        raise ExpressionError(
            f"The expression has {len(source)} characters; {MOST_CHARACTERS} are allowed.",
            "Divide it, and keep what lies between in the context with `export`.",
        )
    for position, character in enumerate(source):
        if (character < " " and character not in SPACE) or "\ud800" <= character <= "\udfff":
            raise ExpressionError(
                f"The expression contains the character {character!r}.", "", position
            )
    return _Reader(source).tokens(depth=0)


def flat(tokens: tuple[Token, ...]) -> Iterator[Token]:
    """The tokens, each string followed by those of its interpolations."""
    for token in tokens:
        yield token
        for part in token.parts:
            if not isinstance(part, str):
                yield from flat(part)


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def tokens(self, depth: int) -> tuple[Token, ...]:
        """Up to the end or, inside a string, up to the parenthesis that ends the interpolation."""
        found: list[Token] = []
        opened = 0
        while self._skip_space():
            token = self._token(depth)
            opened += {"(": 1, ")": -1}.get(token.text, 0) if token.kind is Kind.SIGN else 0
            if depth and opened < 0:
                return tuple(found)
            found.append(token)
        if depth:
            raise ExpressionError("A string's `\\(` has no `)`.", "", self.at)
        return tuple(found)

    def _skip_space(self) -> bool:
        while self.at < len(self.source) and self.source[self.at] in SPACE:
            self.at += 1
        return self.at < len(self.source)

    def _token(self, depth: int) -> Token:
        start, here, after = self.at, self._peek(), self._peek(1)
        if here == '"':
            return self._string(depth)
        if here in LETTERS:
            return Token(Kind.NAME, self._word(), start)
        if here in DIGITS or (here == "." and after in DIGITS):
            return Token(Kind.NUMBER, self._number(), start)
        for sign, kind in ((".", Kind.FIELD), ("$", Kind.VARIABLE), ("@", Kind.FORMAT)):
            if here == sign and after in LETTERS:
                self.at += 1
                return Token(kind, self._word(), start)
        return self._sign()

    def _peek(self, ahead: int = 0) -> str:
        return self.source[self.at + ahead : self.at + ahead + 1]

    def _word(self) -> str:
        return self._run(LETTERS | DIGITS)

    def _run(self, allowed: frozenset[str]) -> str:
        start = self.at
        while self.at < len(self.source) and self.source[self.at] in allowed:
            self.at += 1
        return self.source[start : self.at]

    def _number(self) -> str:
        start = self.at
        self._run(DIGITS)
        if self._peek() == ".":
            self.at += 1
            self._run(DIGITS)
        sign = 1 if self._peek(1) in ("+", "-") else 0
        if self._peek() in ("e", "E") and self._peek(1 + sign) in DIGITS:
            self.at += 1 + sign
            self._run(DIGITS)
        return self.source[start : self.at]

    def _sign(self) -> Token:
        for sign in SIGNS:
            if self.source.startswith(sign, self.at):
                self.at += len(sign)
                return Token(Kind.SIGN, sign, self.at - len(sign))
        character = self._peek()
        hints = {
            "#": "Comments belong into the YAML around the expression.",
            "'": 'jq writes texts in double quotes: "…".',
            "$": "A variable's name follows its `$` at once; what begins with `${` ends with `}`.",
            "&": "Write `and`.",
            "!": "Write `!=` or `| not`.",
        }
        raise ExpressionError(
            f"`{character}` means nothing in an expression.", hints.get(character, ""), self.at
        )

    def _string(self, depth: int) -> Token:
        start = self.at
        self.at += 1
        parts: list[str | tuple[Token, ...]] = []
        while (character := self._peek()) != '"':
            if not character:
                raise ExpressionError('A text has no closing `"`.', "", start)
            if character == "\\" and self._peek(1) == "(":
                if depth == MOST_INTERPOLATIONS:
                    raise ExpressionError("Texts stand too deep in one another.", "", self.at)
                self.at += 2
                parts.append(self.tokens(depth + 1))
            else:
                parts.append(self._text())
        self.at += 1
        return Token(Kind.STRING, self.source[start : self.at], start, tuple(parts))

    def _text(self) -> str:
        """A string's characters up to its end or its next interpolation, decoded."""
        start = self.at
        while (character := self._peek()) and character != '"':
            if character == "\\":
                if self._peek(1) == "(":
                    break
                self.at += 1
            self.at += 1
        raw = self.source[start : self.at]
        try:
            decoded: str = json.loads(f'"{raw}"', strict=False)
            decoded.encode()
        except ValueError:
            raise ExpressionError(
                f"`{raw}` has an escape that JSON does not know.",
                'Write a backslash as `\\\\` and a quote as `\\"`.',
                start,
            ) from None
        return decoded
