"""libjq behind two methods."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jq  # type: ignore[import-not-found]
import orjson

from catalog.expressions.errors import ExpressionError, failure
from catalog.expressions.limits import (
    LARGEST_EXACT,
    LARGEST_RESULT,
    LARGEST_STATE,
    MOST_KEPT,
    MOST_WORK,
    USUAL_SIZE,
)
from catalog.expressions.nodes import free_variables
from catalog.expressions.parsing import parse
from catalog.expressions.program import program
from catalog.expressions.work import Flow, estimate, units
from catalog.problems import suggestion

MOST_CERTAIN = 2 * LARGEST_RESULT
"""Units up to which a result is measured only once it is Python's."""

MEASURING = 5 * LARGEST_RESULT
"""Work of measuring a larger one before."""

LOOPS = "Loops in loops take long: divide the expression, or have it read less."


class Jq:
    """Checks and evaluates expressions. It has no state of its own, and threads may share it.

    `largest_state` are the bytes that state and variables may have together.
    """

    def __init__(self, largest_state: int = LARGEST_STATE) -> None:
        self.largest_state = largest_state

    def check(self, source: str) -> None:
        """Raise `ExpressionError` unless `source` may be evaluated."""
        if not _fit(_coarse(source, USUAL_SIZE)):
            raise ExpressionError(f"`{source}` is too much work even for few values.", LOOPS)
        _compiled(source, large=False)

    def evaluate(self, source: str, state: Any, variables: Mapping[str, Any]) -> Any:
        """The first value that `source` gives for `state`, or None where it gives none.

        Raises `ExpressionError` where it is not allowed, too much work, or fails.
        """
        read = _read(source, variables)
        text = _json({"v": read, "s": state}, self.largest_state)
        found = _coarse(source, 1 << units(text).bit_length())
        if not _fit(found):
            found = _fine(source, state, read)
        compiled = _compiled(source, large=_large(found))
        try:
            result = next(iter(compiled.input_text(text.decode())), None)
        except ValueError as error:
            raise failure(source, str(error)) from None
        return _checked(source, result)


@lru_cache(MOST_KEPT)
def _names(source: str) -> tuple[str, ...]:
    return tuple(sorted(free_variables(parse(source))))


@lru_cache(MOST_KEPT)
def _coarse(source: str, size: int) -> Flow:
    """The estimate if the state and each variable could be as large as all of them together."""
    every = Flow.one(float(size))
    return estimate(parse(source), every, dict.fromkeys(_names(source), every))


def _fine(source: str, state: Any, read: dict[str, Any]) -> Flow:
    """The estimate from the values themselves."""
    variables = {name: Flow.of(value) for name, value in read.items()}
    found = estimate(parse(source), Flow.of(state), variables)
    if not _fit(found):
        raise ExpressionError(f"`{source}` is too much work for values of this size.", LOOPS)
    return found


def _large(found: Flow) -> bool:
    return not found.total <= MOST_CERTAIN


def _fit(found: Flow) -> bool:
    # Written so that what is not a number is not fit.
    return found.work + (MEASURING if _large(found) else 0) <= MOST_WORK


@lru_cache(MOST_KEPT)
def _compiled(source: str, *, large: bool) -> Any:
    try:
        return jq.compile(program(parse(source), _names(source), large=large))
    except ValueError as error:
        raise ExpressionError(f"`{source}` is not jq: {error}.") from None


def _read(source: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that the expression reads; the others need not be of any size."""
    names = _names(source)
    for name in names:
        if name not in variables:
            raise ExpressionError(
                f"`{source}` reads `${name}`, which is not defined here.",
                suggestion(name, variables),
            )
    return {name: variables[name] for name in names}


def _json(values: dict[str, Any], largest: int) -> bytes:
    """The values as JSON, if libjq can take them as they are."""
    try:
        text = orjson.dumps(values, option=orjson.OPT_STRICT_INTEGER)
    except TypeError as error:
        if str(error).startswith("Integer exceeds"):
            raise ExpressionError(*_inexact("A value")) from None
        raise ExpressionError(f"The values are not JSON: {error}.") from None
    if len(text) > largest:
        raise ExpressionError(
            f"The values read have {len(text)} bytes; {largest} are allowed.",
            "Keep less in the context, and leave texts and files where they are.",
        )
    if b"null" in text and not _finite(values):
        raise ExpressionError("A value is not a finite number.")
    return text


def _finite(values: dict[str, Any]) -> bool:
    """Whether no number is infinite or undefined: orjson makes null of them, json refuses."""
    try:
        json.dumps(values, allow_nan=False, default=str)
    except ValueError:
        return False
    return True


def _checked(source: str, result: Any) -> Any:
    """The result, if its numbers are exact and it is small."""
    if not _exact(result):
        raise ExpressionError(*_inexact(f"The result of `{source}`"))
    if type(result) in (str, list, dict) and len(orjson.dumps(result)) > LARGEST_RESULT:
        raise ExpressionError(
            f"The result of `{source}` has more than {LARGEST_RESULT} bytes.", "Take only a part."
        )
    return result


def _exact(value: Any) -> bool:
    # By the type itself: JSON has no other, and the workflow sandbox makes `isinstance` slow.
    kind = type(value)
    if kind in (int, float):
        return bool(-LARGEST_EXACT <= value <= LARGEST_EXACT)
    if kind is dict:
        return all(map(_exact, value.values()))
    return all(map(_exact, value)) if kind is list else True


def _inexact(what: str) -> tuple[str, str]:
    return (
        f"{what} is or holds a number above {LARGEST_EXACT}, where jq loses digits.",
        "Money is counted in minor units; write longer numbers as texts.",
    )
