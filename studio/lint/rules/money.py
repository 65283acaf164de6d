"""Rules about amounts of money."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.definitions import Free
from catalog.expressions import ExpressionError, source_of, variables_read
from catalog.expressions.nodes import Binary, Bind, Call, If, Literal, Node, Pipe
from catalog.processes.model import Call as CallTask
from catalog.processes.model import Path
from studio.lint.rule import Found, rule
from studio.lint.subject import Definition, Subject

AMOUNT = re.compile(r"(.*_)?(amount|credit|debit|fee|fees|price|total|cost|deposit)(_minor)?")
WHOLE = frozenset(("ceil", "floor", "round", "trunc"))


@rule("decimal-setting", "warning", about="item")
def decimal_setting(definition: Definition) -> Iterator[Found]:
    """A setting for an amount that is written with decimals instead of in minor units."""
    assert definition.item
    if definition.processes:
        for path in decimals(definition.item.settings, ("settings",)):
            message = f"`{path[-1]}` looks like an amount with decimals"
            yield Found(path, message, "Write minor units: 1250 is 12.50")


def decimals(value: Any, at: Path) -> Iterator[Path]:
    """Where amounts are written with decimals."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from decimals(inner, (*at, str(key)))
    elif isinstance(value, float) and any(AMOUNT.fullmatch(str(key)) for key in at[1:]):
        yield at


@rule("free-with-fee", "warning", about="item")
def free_with_fee(definition: Definition) -> Iterator[Found]:
    """An item that says it is free, and whose process charges a fee of its settings or its own."""
    assert definition.item
    if not isinstance(definition.item.price, Free):
        return
    for subject in definition.processes:
        for task in subject.calls_of("charge", "quote"):
            if is_ours(task) or any(amounts(definition.item.settings, ("settings",))):
                message = f"this says that it is free, and `{task.name}` asks for money"
                hint = "Say the price, or `{kind: varies}` where it depends on what is asked for"
                yield Found(("price",) if "price" in definition.source else (), message, hint)
                return


def is_ours(task: CallTask) -> bool:
    """Whether an amount is written in the process, or comes of its settings."""
    amount = task.arguments.get("amount")
    if not isinstance(amount, str):
        return isinstance(amount, int)
    try:
        return "settings" in variables_read(source_of(amount))
    except ExpressionError:
        # Its own rule tells of it.
        return False


def amounts(value: Any, at: Path) -> Iterator[Path]:
    """Where settings hold amounts of money."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from amounts(inner, (*at, str(key)))
    elif isinstance(value, int) and any(AMOUNT.fullmatch(str(key)) for key in at[1:]):
        yield at


@rule("unrounded-amount", "warning")
def unrounded_amount(subject: Subject) -> Iterator[Found]:
    """An amount that is divided, or multiplied by a fraction, and not rounded to minor units."""
    for site in subject.sites:
        names = [str(key) for key in site.path if isinstance(key, str)]
        in_step = "with" in names and AMOUNT.fullmatch(names[-1])
        if in_step and site.tree is not None and may_be_fraction(site.tree):
            hint = "Round it: `${ (…) | round }`"
            yield Found(site.path, "this amount may come out with decimals", hint)


def may_be_fraction(node: Node) -> bool:
    """Whether a number may come out with decimals."""
    match node:
        case Pipe(_, right) | Bind(_, _, right):
            return not rounds(right) and may_be_fraction(right)
        case Binary("/"):
            return True
        case Binary("*", left, right):
            return any(is_fraction(one) or may_be_fraction(one) for one in (left, right))
        case Binary("+" | "-" | "//", left, right):
            return may_be_fraction(left) or may_be_fraction(right)
        case If(_, yes, no):
            return may_be_fraction(yes) or may_be_fraction(no)
    return is_fraction(node)


def rounds(node: Node) -> bool:
    return isinstance(node, Call) and node.name in WHOLE


def is_fraction(node: Node) -> bool:
    """Whether it is a number with decimals."""
    return (
        isinstance(node, Literal) and isinstance(node.value, float) and not node.value.is_integer()
    )
