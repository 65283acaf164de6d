"""Decision tables: rows of conditions and results.

A condition is a value, a list of conditions of which one must hold, a comparison (`> 100`,
`<= 2026-12-01`), a range with both its ends (`10..20`), or `-` for whatever. Numbers are compared
as numbers, texts (dates among them) letter by letter, and nothing else is alike.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from operator import ge, gt, le, lt
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from workflows.steps.inputs import Wants

ANY = "-"
COMPARISON = re.compile(r"(<=|>=|<|>)\s*(\S.*)")
RANGE = re.compile(r"(\S+?)\s*\.\.\s*(\S+)")
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}

Bound = Decimal | str


@dataclass(frozen=True)
class Bounds:
    """What a comparison or a range lets through: each bound with its operator."""

    limits: tuple[tuple[str, Bound], ...]

    def hold_for(self, value: Any) -> bool:
        """Whether a value is of the kind of each bound and on its right side."""
        known = comparable(value)
        return known is not None and all(
            isinstance(known, type(bound)) and OPERATORS[sign](known, bound)
            for sign, bound in self.limits
        )


class Row(Wants):
    """One rule: if every condition holds, the result."""

    when: dict[str, Any] = Field(default={})
    """A condition for each input that matters."""
    then: dict[str, Any]
    """The result."""


class Table(Wants):
    """A decision table."""

    hit: Literal["unique", "first", "collect"] = "unique"
    """`unique`: at most one rule holds; `first`: the first that does; `collect`: all that do."""
    inputs: dict[str, Any]
    """What is decided by, each by a name: values, or expressions for them."""
    rules: tuple[Row, ...] = Field(min_length=1)
    """The rules in their order."""
    default: dict[str, Any] | None = None
    """The result where no rule holds."""

    @model_validator(mode="after")
    def rules_name_inputs(self) -> Self:
        for number, rule in enumerate(self.rules, 1):
            if unknown := rule.when.keys() - self.inputs.keys():
                raise ValueError(f"rule {number} asks for {', '.join(sorted(unknown))}, no input")
        return self


def decided(table: Table) -> Any:
    """The result for the inputs given; for `collect` all of them, in the order of the rules.

    Raises `ValueError` where the table has no answer, or a unique one has several.
    """
    hits = [n for n, rule in enumerate(table.rules) if holds(rule, table.inputs)]
    results = [table.rules[number].then for number in hits]
    if table.hit == "collect":
        return results or ([table.default] if table.default is not None else [])
    if len(results) > 1 and table.hit == "unique":
        numbers = ", ".join(str(number + 1) for number in hits)
        raise ValueError(f"rules {numbers} of the decision table hold at once")
    if results:
        return results[0]
    if table.default is None:
        raise ValueError("no rule of the decision table holds, and it has no default")
    return table.default


def holds(rule: Row, inputs: dict[str, Any]) -> bool:
    """Whether every condition of a rule holds."""
    return all(met(condition, inputs.get(name)) for name, condition in rule.when.items())


def met(condition: Any, value: Any) -> bool:
    """Whether a value meets a condition."""
    if isinstance(condition, list | tuple):
        return any(met(each, value) for each in condition)
    if isinstance(condition, str):
        if condition.strip() == ANY:
            return True
        if bounds := bounds_of(condition):
            return bounds.hold_for(value)
    return alike(condition, value)


def bounds_of(condition: str) -> Bounds | None:
    """The bounds that a text writes down, if it does."""
    if found := COMPARISON.fullmatch(condition.strip()):
        return Bounds(((found[1], bound(found[2])),))
    if found := RANGE.fullmatch(condition.strip()):
        return Bounds(((">=", bound(found[1])), ("<=", bound(found[2]))))
    return None


def bound(text: str) -> Bound:
    """A bound: a number where it reads as one, else the text."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text.strip()


def comparable(value: Any) -> Bound | None:
    """A value as bounds compare it; None for what has no order."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value))
    return value if isinstance(value, str) else None


def alike(one: Any, other: Any) -> bool:
    """Whether two values are the same; a truth value is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    known = comparable(one)
    return one == other if known is None else known == comparable(other)
