"""What only the world around a form can judge: today's date, and options from a data source."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from catalog.forms.activity import Nodes, active, inner_shapes, item_nodes
from catalog.forms.annotations import Context
from catalog.forms.nodes import Answers, Node, Shape
from catalog.forms.regions import region_choices
from catalog.forms.spelling import country_of
from catalog.forms.walk import Path

DAY = re.compile(r"today(?:(?P<sign>[+-])(?P<count>\d{1,4})(?P<unit>[dmy]))?")

Broken = tuple[Path, str, Any]


def day_limit(rule: str, today: date) -> date:
    """The day that `today`, `today+30d`, `today-6m`, `today-2y` or `2027-01-31` means.

    The 31st becomes the last day of a shorter month. Raises `ValueError` for anything else.
    """
    match = DAY.fullmatch(rule)
    if match is None:
        return date.fromisoformat(rule)
    if match["unit"] is None:
        return today
    count = int(match["sign"] + match["count"])
    if match["unit"] == "d":
        return today + timedelta(days=count)
    months = today.year * 12 + today.month - 1 + count * (12 if match["unit"] == "y" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def broken(
    shape: Shape, answers: Answers, sound: Answers, context: Context | None
) -> Iterator[Broken]:
    """Path, keyword and limit of each rule that an answer breaks.

    `sound` are the answers without an error so far: only they are judged, and only they are seen by
    a data source. An answer that breaks a rule is not seen by what comes after it. Without a
    context only regions are judged.
    """
    for name, nodes in active((shape,), answers).items():
        if name in sound and any(node.ruled for node in nodes):
            judge = _Judge(sound, context)
            for found in list(judge.judged(nodes, sound[name], (name,), answers)):
                yield found
                sound = without(sound, [str(step) for step in found[0]])


def without(answers: Answers, path: list[str]) -> Answers:
    """A copy of the answers without one of them; an item of a list takes its list with it."""
    if not path or path[0] not in answers:
        return answers
    rest = {name: value for name, value in answers.items() if name != path[0]}
    value = answers[path[0]]
    if len(path) > 1 and isinstance(value, dict):
        return {**rest, path[0]: without(value, path[1:])}
    if len(path) > 2 and isinstance(value, list):
        items = value.copy()
        index = int(path[1])
        if isinstance(items[index], dict):
            items[index] = without(items[index], path[2:])
            return {**rest, path[0]: items}
    return rest


class _Judge:
    def __init__(self, sound: Answers, context: Context | None) -> None:
        self.sound = sound
        self.context = context
        self.values: dict[str, list[Any]] = {}

    def judged(self, nodes: Nodes, value: Any, path: Path, holds: Answers) -> Iterator[Broken]:
        for node in nodes:
            yield from self.own(node, value, path, holds)
        if isinstance(value, dict):
            for name, inner in active(inner_shapes(nodes), value).items():
                if name in value and any(node.ruled for node in inner):
                    yield from self.judged(inner, value[name], (*path, name), value)
        elif isinstance(value, list) and (items := item_nodes(nodes)):
            for index, item in enumerate(value):
                yield from self.judged(items, item, (*path, index), holds)

    def own(self, node: Node, value: Any, path: Path, holds: Answers) -> Iterator[Broken]:
        rules = node.facts.rules
        if node.facts.format == "region" and isinstance(value, str):
            listed = region_choices(country_of(node.facts, holds, self.sound))
            if listed and value not in dict(listed):
                yield path, "x-country", None
        if self.context is None:
            return
        if "x-options" in rules and value not in self.allowed(rules["x-options"], self.context):
            yield path, "x-options", None
        for keyword, too_far in (("x-not-before", _before), ("x-not-after", _after)):
            if keyword in rules and isinstance(value, str):
                limit = day_limit(rules[keyword], self.context.today)
                if too_far(date.fromisoformat(value[:10]), limit):
                    yield path, keyword, limit

    def allowed(self, source: str, context: Context) -> list[Any]:
        if source not in self.values:
            self.values[source] = [value for value, _ in context.options(source, self.sound)]
        return self.values[source]


def _before(value: date, limit: date) -> bool:
    return value < limit


def _after(value: date, limit: date) -> bool:
    return value > limit
