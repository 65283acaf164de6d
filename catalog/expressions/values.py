"""Where expressions stand in the values of a definition."""

from collections.abc import Mapping
from typing import Any, Protocol


class Engine(Protocol):
    """What evaluates expressions."""

    def check(self, source: str) -> None:
        """Raise `ExpressionError` unless the expression may be evaluated."""

    def evaluate(self, source: str, state: Any, variables: Mapping[str, Any]) -> Any:
        """The first value that the expression gives; None where it gives none."""


def is_expression(value: Any) -> bool:
    """Whether `value` is a text of the form `${ … }`, space around it allowed."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    return text.startswith("${") and text.endswith("}")


def source_of(value: str) -> str:
    """The jq between `${` and `}`, or the whole text where it is written without them."""
    text = value.strip()
    return text[2:-1].strip() if is_expression(text) else text


def evaluate_all(engine: Engine, value: Any, state: Any, variables: Mapping[str, Any]) -> Any:
    """`value` with every `${ … }` inside replaced by its value; all else, keys included, stays."""
    if isinstance(value, Mapping):
        return {key: evaluate_all(engine, inner, state, variables) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [evaluate_all(engine, inner, state, variables) for inner in value]
    if is_expression(value):
        return engine.evaluate(source_of(value), state, variables)
    return value
