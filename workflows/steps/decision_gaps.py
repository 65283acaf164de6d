"""What a decision table leaves open or says twice, found by trying one value of every kind.

The conditions cut each input's values into cells within which they all come out the same, so one
value of each cell is enough. Where an input's schema does not say which values there can be, one
that no condition mentions stands for all others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, product
from math import prod
from typing import Any, Literal

from workflows.steps.decision_tables import Row, Table, bounds_of, holds

MOST_CELLS = 20_000
OTHER = "\ufffdsomething else"
"""A text that no condition mentions."""
FINEST = Decimal("0.5")
"""Half of the smallest step between whole numbers: between two bounds lies something."""

KINDS = {bool: "boolean", Decimal: "number", str: "string", type(None): "null"}

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """What is wrong with a table: the rules (from 1) that it concerns, and values that show it."""

    kind: Literal["gap", "overlap", "never", "too-big"]
    rules: tuple[int, ...] = ()
    example: tuple[tuple[str, Any], ...] = ()


def problems(table: Table, schemas: Mapping[str, Schema]) -> list[Problem]:
    """Gaps, overlaps and rules that never come to hold; `schemas` say what each input can be.

    A gap is reported once, an overlap once for each pair of rules of a `unique` table.
    """
    cells = {name: values(table, name, schemas.get(name, {})) for name in table.inputs}
    if prod(map(len, cells.values())) > MOST_CELLS:
        return [Problem("too-big")]
    found: dict[tuple[str, tuple[int, ...]], Problem] = {}
    reached: set[int] = set()
    for chosen in product(*cells.values()):
        inputs = dict(zip(cells, chosen, strict=True))
        hits = [n for n, rule in enumerate(table.rules, 1) if holds(rule, inputs)]
        reached.update(hits[:1] if table.hit == "first" else hits)
        for problem in wrong(table, hits, inputs):
            found.setdefault((problem.kind, problem.rules), problem)
    never = [Problem("never", (n,)) for n, _ in enumerate(table.rules, 1) if n not in reached]
    return [*found.values(), *never]


def wrong(table: Table, hits: Sequence[int], inputs: dict[str, Any]) -> Iterator[Problem]:
    """What is wrong where these rules hold."""
    example = tuple(inputs.items())
    if not hits and table.default is None and table.hit != "collect":
        yield Problem("gap", (), example)
    if table.hit == "unique":
        for index, one in enumerate(hits):
            for other in hits[index + 1 :]:
                yield Problem("overlap", (one, other), example)


def values(table: Table, name: str, schema: Schema) -> list[Any]:
    """One value of each cell of an input."""
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return list(schema["enum"])
    options = schema.get("oneOf", [])
    if options and all("const" in option for option in options):
        return [option["const"] for option in options]
    mentioned = list(mentions(table.rules, name))
    kinds = kinds_of(schema, mentioned)
    found: list[Any] = [True, False] if "boolean" in kinds else []
    found += [None] if "null" in kinds else []
    if kinds & {"integer", "number"}:
        found += numbers(mentioned, schema, whole="integer" in kinds)
    found += texts(mentioned) if "string" in kinds else []
    return found or [None]


def kinds_of(schema: Schema, mentioned: Sequence[Any]) -> set[str]:
    """The kinds of values that a schema allows; without it, those that conditions mention."""
    if kinds := schema.get("type"):
        return {kinds} if isinstance(kinds, str) else set(kinds)
    return {KINDS[type(one)] for one in mentioned if type(one) in KINDS}


def mentions(rules: Sequence[Row], name: str) -> Iterator[Any]:
    """The values and bounds that conditions name for an input."""
    left = [rule.when[name] for rule in rules if name in rule.when]
    while left:
        condition = left.pop()
        if isinstance(condition, list | tuple):
            left += condition
        elif isinstance(condition, str) and (bounds := bounds_of(condition)):
            yield from (bound for _, bound in bounds.limits)
        elif isinstance(condition, int | float) and not isinstance(condition, bool):
            yield Decimal(str(condition))
        else:
            yield condition


def numbers(mentioned: Sequence[Any], schema: Schema, whole: bool) -> list[Decimal | int]:
    """The bounds and something on each side of them, as far as the schema goes."""
    points = {one for one in mentioned if isinstance(one, Decimal)} or {Decimal(0)}
    near = Decimal(1) if whole else smallest_gap(points) / 2
    around = {at for point in points for at in (point - near, point, point + near)}
    low, high = (limit(schema, word) for word in ("minimum", "maximum"))
    around |= {end for end in (low, high) if end is not None}
    fit = sorted(at for at in around if fits(at, schema, low, high))
    return [int(at) for at in dict.fromkeys(fit) if at == int(at)] if whole else list(fit)


def limit(schema: Schema, word: str) -> Decimal | None:
    """A limit of the schema's numbers."""
    return Decimal(str(schema[word])) if word in schema else None


def fits(at: Decimal, schema: Schema, low: Decimal | None, high: Decimal | None) -> bool:
    """Whether the schema allows a number."""
    above, below = (limit(schema, f"exclusive{word}") for word in ("Minimum", "Maximum"))
    return (
        (low is None or at >= low)
        and (high is None or at <= high)
        and (above is None or at > above)
        and (below is None or at < below)
    )


def smallest_gap(points: set[Decimal]) -> Decimal:
    """The distance of the two points that are nearest to one another; 1 for a single one."""
    ordered = sorted(points)
    return min((b - a for a, b in pairwise(ordered)), default=2 * FINEST)


def texts(mentioned: Sequence[Any]) -> list[str]:
    """The texts that are named, something between and around them, and something else."""
    named = sorted({one for one in mentioned if isinstance(one, str)} - {"-"})
    return ["", *(text for each in named for text in (each, f"{each}\x01")), OTHER]
