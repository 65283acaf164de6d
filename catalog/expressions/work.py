"""How much work an expression can be, at most, before libjq is asked to do it.

libjq cannot be stopped once it runs. So we walk the tree with sizes instead of values and add up
what each part can cost. A unit of work takes libjq at most 0.4 microseconds. A size counts 1 for
each value, 1 for each key of an object and 1 for each 16 bytes; where the values are at hand,
paths into them have sizes of their own.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from catalog.expressions.functions import FORMATS, FUNCTIONS, Cost, Shape
from catalog.expressions.nodes import (
    Array,
    Binary,
    Bind,
    Call,
    Each,
    Identity,
    If,
    Index,
    Literal,
    Negate,
    Node,
    Object,
    Pipe,
    Slice,
    Text,
    Try,
    Variable,
)

BYTES_IN_UNIT = 16
CHECKED = 20
"""Work of an operator that checks its numbers."""

LARGEST_MESSAGE = 32
"""Units of what a `catch` is given."""

MOST_STEPS = 3_000
"""Steps of this walk itself; what needs more is taken for too much work."""

UNKNOWN = object()


@dataclass(frozen=True)
class Flow:
    """What a part of an expression gives for one input.

    That many values (`outputs`, at least 1), the size of the largest and of all of them together,
    after that much work. Each is an array or object of at most `length` elements. `value` is the
    only value, where it is known.
    """

    outputs: float
    largest: float
    total: float
    work: float
    length: float = math.inf
    value: Any = UNKNOWN

    @property
    def elements(self) -> float:
        """How many elements the largest value may have."""
        return min(self.length, self.largest)

    @classmethod
    def one(cls, size: float, work: float = 1, length: float = math.inf) -> "Flow":
        """A single value."""
        return cls(1.0, size, size, work, length)

    @classmethod
    def of(cls, value: Any) -> "Flow":
        """A value at hand."""
        size = float(units(orjson.dumps(value)))
        length = len(value) if isinstance(value, dict | list) else math.inf
        return cls(1.0, size, size, 1, length, value)


def units(text: bytes) -> int:
    """The size of what is written in JSON, or a little more."""
    marks = sum(map(text.count, (b",", b":", b"[", b"{")))
    return 1 + marks + len(text) // BYTES_IN_UNIT


def estimate(node: Node, here: Flow, variables: Mapping[str, Flow]) -> Flow:
    """What `node` gives and costs, at most, for the state `here` and these variables."""
    return _Walk().flow(node, here, variables)


class _Walk:
    """One walk through a tree."""

    def __init__(self) -> None:
        self.steps = 0

    def flow(self, node: Node, here: Flow, bound: Mapping[str, Flow]) -> Flow:
        """What `node` gives for the one input `here`."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            return Flow.one(1, math.inf)
        match node:
            case Identity():
                return replace(here, work=1)
            case Literal(value):
                return Flow.of(value)
            case Variable(name):
                return replace(bound[name], work=1)
            case Pipe(left, right):
                return _then(self.flow(left, here, bound), self._part(right, bound))
            case Bind(value, name, body):
                found = self.flow(value, here, bound)
                return _then(found, lambda it: self.flow(body, here, {**bound, name: it}))
            case Try(body, handler) if handler:
                caught = self.flow(handler, Flow.one(max(here.largest, LARGEST_MESSAGE)), bound)
                return _sum(self.flow(body, here, bound), caught)
            case Call(name, arguments):
                return self._call(name, arguments, here, bound)
        return _combined(node, [self.flow(child, here, bound) for child in node.children])

    def _part(self, node: Node, bound: Mapping[str, Flow]) -> Callable[[Flow], Flow]:
        return lambda here: self.flow(node, here, bound)

    def _call(
        self, name: str, arguments: tuple[Node, ...], here: Flow, bound: Mapping[str, Flow]
    ) -> Flow:
        cost = FORMATS[name[1:]] if name[0] == "@" else FUNCTIONS[f"{name}/{len(arguments)}"]
        if cost.shape is Shape.EACH:
            found = _then(_larger(_elements(here), cost.growth), self._part(arguments[0], bound))
            read = here.largest + found.total
            work = found.work + cost.fixed + cost.scan * read
            return Flow.one(1 + cost.growth * read, work, found.outputs + here.elements)
        if cost.shape is Shape.JUDGED:
            judged = self.flow(arguments[0], here, bound)
            found = _then(judged, self._part(arguments[1], bound))
            return Flow.one(1, found.work + cost.fixed * found.outputs)
        return _called(cost, here, [self.flow(argument, here, bound) for argument in arguments])


def _called(cost: Cost, here: Flow, arguments: list[Flow]) -> Flow:
    """A call whose arguments take the same input as it does itself."""
    size = here.largest
    extent = sum(argument.largest for argument in arguments)
    match cost.shape:
        case Shape.FILTER:
            return replace(here, work=cost.fixed)
        case Shape.SELECT:
            (condition,) = arguments
            outputs = condition.outputs
            value = here.value if outputs == 1 else UNKNOWN
            return Flow(outputs, size, outputs * size, condition.work + outputs, here.length, value)
        case Shape.GATHER:
            gathered = _sum(*arguments) if arguments else Flow.one(1)
            work = gathered.work + cost.fixed * gathered.outputs + cost.scan * gathered.total
            return Flow.one(1 + cost.growth * gathered.total, work)
        case Shape.DELETE:
            (paths,) = arguments
            return Flow.one(size, paths.work + paths.outputs * (cost.fixed + cost.scan * size))
        case Shape.PAIRS:
            return _made(cost, size * extent, arguments)
        case Shape.JOINED:
            made = _product(arguments, 1 + size + here.elements * extent)
            work = cost.fixed + cost.scan * here.elements + made.largest
            return replace(made, work=made.work + made.outputs * work)
    return _made(cost, size + extent, arguments)


def _made(cost: Cost, read: float, arguments: list[Flow]) -> Flow:
    """A new value for each combination of the arguments' values."""
    made = _product(arguments, 1 + cost.growth * read)
    return replace(made, work=made.work + made.outputs * (cost.fixed + cost.scan * read))


def _combined(node: Node, parts: list[Flow]) -> Flow:
    """A node whose parts all take its own input."""
    match node:
        case Index(_, Literal(key)):
            return _field(parts[0], key)
        case Index() | Slice():
            found = _product(parts, parts[0].largest)
            scanned = found.outputs * parts[0].largest if isinstance(node, Slice) else 0
            return replace(found, work=found.work + scanned)
        case Each():
            return _elements(parts[0])
        case Try():
            return replace(parts[0], work=parts[0].work + 1)
        case Array():
            held = _sum(*parts) if parts else Flow.one(0)
            return Flow.one(1 + held.total, held.work + held.outputs, held.outputs)
        case Object():
            made = _product(parts, 1 + sum(part.largest for part in parts))
            return replace(made, work=made.work + 2 * made.outputs * len(parts))
        case Negate():
            return _product(parts, 1)
        case Text(form, texts):
            length = sum(len(text) for text in texts if isinstance(text, str))
            written = sum(2 + FORMATS[form].growth * part.largest for part in parts)
            made = _product(parts, 1 + length + written)
            return replace(made, work=made.work + FORMATS[form].scan * made.total)
        case If():
            condition, *branches = parts
            chosen = _sum(*branches)
            return replace(_product([condition, chosen], chosen.largest), length=chosen.length)
        case Binary(operator, _, _):
            return _binary(operator, *parts)
    raise TypeError(node)


def _field(target: Flow, key: Any) -> Flow:
    if isinstance(target.value, dict):
        return replace(Flow.of(target.value.get(key)), work=target.work + 1)
    work = target.work + target.outputs
    return replace(target, work=work, length=math.inf, value=UNKNOWN)


def _elements(target: Flow) -> Flow:
    if isinstance(target.value, dict | list) and target.value:
        inside = target.value.values() if isinstance(target.value, dict) else target.value
        sizes = [float(units(orjson.dumps(value))) for value in inside]
        return Flow(len(sizes), max(sizes), sum(sizes), target.work + 2 * len(sizes))
    outputs = max(1.0, min(target.total, target.outputs * target.length))
    return Flow(outputs, target.largest, target.total, target.work + 2 * outputs)


def _larger(flow: Flow, growth: float) -> Flow:
    """The same values, if each may first be made larger, as `with_entries` does."""
    if growth <= 1:
        return flow
    return replace(flow, largest=growth * flow.largest, total=growth * flow.total, length=math.inf)


def _binary(operator: str, left: Flow, right: Flow) -> Flow:
    if operator in (",", "//"):
        return _sum(left, right)
    if operator in ("and", "or"):
        return _product([left, right], 1)
    read = left.total * right.outputs + right.total * left.outputs
    if operator in ("+", "*"):
        made = _product([left, right], left.largest + right.largest)
        return replace(made, total=read, work=made.work + CHECKED * made.outputs + read)
    judged = _product([left, right], 1)
    costs = CHECKED * judged.outputs if operator in ("-", "/", "%") else read
    return replace(judged, work=judged.work + costs)


def _then(first: Flow, rest: Callable[[Flow], Flow]) -> Flow:
    """`rest` for each value of `first`.

    Of many values we know only how large all are together. Costs grow at least as fast as sizes,
    so that they are highest if some are as large as can be and the others as small.
    """
    if first.outputs <= 1:
        only = rest(replace(first, work=0))
        return replace(only, work=first.work + only.work)
    small, large = rest(Flow.one(1)), rest(Flow.one(first.largest))
    spare = first.total - first.outputs
    as_large = min(first.outputs, spare / (first.largest - 1)) if spare > 0 else 0

    def both(of_small: float, of_large: float) -> float:
        return (first.outputs - as_large) * of_small + as_large * of_large

    return Flow(
        both(small.outputs, large.outputs),
        large.largest,
        both(small.total, large.total),
        first.work + both(small.work, large.work),
        large.length,
    )


def _sum(*parts: Flow) -> Flow:
    """The values of all parts, one after the other."""
    return Flow(
        sum(part.outputs for part in parts),
        max(part.largest for part in parts),
        sum(part.total for part in parts),
        sum(part.work for part in parts) + 1,
        max(part.length for part in parts),
    )


def _product(parts: list[Flow], size: float) -> Flow:
    """A value of this size for each combination of the parts' values."""
    outputs = math.prod(part.outputs for part in parts)
    # Later parts are evaluated anew for each value of those before.
    work = sum(part.work * outputs / part.outputs for part in parts)
    return Flow(outputs, size, outputs * size, work + outputs)
