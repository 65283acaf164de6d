"""What people type into an HTML form, read as the schema means it.

Nothing typed is lost: what cannot be read stays as it was, and the verdict names it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_symbol, get_group_symbol

from catalog.forms.activity import Nodes, inner_shapes, item_nodes
from catalog.forms.facts import Facts
from catalog.forms.moments import PARTS, joined, read_date
from catalog.forms.nodes import Answers, Shape, facts_of

ABSENT = object()
TRUE = frozenset(("true", "on", "yes", "1"))
FALSE = frozenset(("false", "off", "no", "0"))
NUMBER = re.compile(r"([+\-−]?)(\d[\d.,]*)")
SPACES = re.compile(r"[\s'’]")
MOST_DIGITS = 15
ITEM = re.compile(r"[0-9]{1,15}")
"""The number of an item in the name of its fields."""
NEW = "new"
"""What is posted under the number of a row that was drawn blank."""


@dataclass
class Typed:
    """What was posted under one name, and under longer names that begin with it."""

    values: list[str] = field(default_factory=list)
    inner: "dict[str, Typed]" = field(default_factory=dict)


def answers_from(shape: Shape, pairs: Iterable[tuple[str, str]], language: str) -> Answers:
    """See `Form.from_fields`."""
    root = Typed()
    for name, value in pairs:
        place = root
        for step in name.split("."):
            place = place.inner.setdefault(step, Typed())
        place.values.append(value)
    return _properties((shape,), root, language)


def _properties(
    shapes: tuple[Shape, ...], typed: Typed, language: str, blank: bool = False
) -> Answers:
    answers: Answers = {}
    for shape in shapes:
        for name, nodes in shape.known.items():
            if name in typed.inner and not nodes[0].computed:
                value = _read(nodes, typed.inner[name], language, blank)
                if value is not ABSENT:
                    answers[name] = value
    return answers


def _read(nodes: Nodes, typed: Typed, language: str, blank: bool = False) -> Any:
    """The answer; in a `blank` row a box without a tick says nothing."""
    facts = facts_of(nodes)
    if facts.rules.get("readOnly"):
        return ABSENT
    if facts.type == "object":
        return _properties(inner_shapes(nodes), typed, language, blank) or ABSENT
    if facts.type == "array":
        return _list(item_nodes(nodes), typed, language) or ABSENT
    if facts.format in PARTS and typed.inner:
        return _moment(facts, typed, language) or ABSENT
    if blank and facts.widget == "checkbox" and typed.values == ["false"]:
        return ABSENT
    return _scalar(facts, typed.values[-1], language) if typed.values else ABSENT


def _list(items: Nodes, typed: Typed, language: str) -> list[Any]:
    """The items that hold something, in the order of their numbers; a blank row is no item."""
    numbered = sorted((int(step), step) for step in typed.inner if ITEM.fullmatch(step))
    posted = [typed.inner[step] for _, step in numbered]
    posted += [Typed([value]) for value in typed.values]
    if not items:
        return []
    touched = (
        one
        for one in posted
        if NEW not in one.values or _read(items, one, language, True) is not ABSENT
    )
    read = (_read(items, one, language) for one in touched)
    return [value for value in read if value is not ABSENT]


def _moment(facts: Facts, typed: Typed, language: str) -> str:
    """A day, a time or both, from their parts."""
    known = ((name, typed.inner[name]) for name in PARTS[facts.format] if name in typed.inner)
    parts = {name: part.values[-1].strip() for name, part in known if part.values}
    return joined(facts.format, parts, language)


def _scalar(facts: Facts, typed: str, language: str) -> Any:
    text = typed.replace("\r\n", "\n").strip()
    if not text:
        return ABSENT
    for option in facts.options:
        if text == coded(option.value):
            return option.value
    if facts.type == "boolean":
        word = text.lower()
        return True if word in TRUE else False if word in FALSE else text
    if facts.widget == "money":
        return _money(facts, text, language)
    if facts.type in ("integer", "number"):
        return _number(facts, text, language)
    if facts.format == "time-local":
        return joined(facts.format, {"time": text}, language)
    return read_date(text, language) if facts.format == "date" else text


def coded(value: Any) -> str:
    """The `value` attribute of an option or a tick box."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(facts: Facts, text: str, language: str) -> Any:
    whole = facts.type == "integer"
    number = decimal_of(text, language, decimals=0 if whole else None)
    if number is None or (whole and number != int(number)):
        return text
    return int(number) if number == int(number) else float(number)


def _money(facts: Facts, text: str, language: str) -> Any:
    bare = text.replace(facts.currency, "")
    bare = bare.replace(get_currency_symbol(facts.currency, locale=language), "")
    number = decimal_of(bare, language, facts.decimals)
    minor = None if number is None else number.scaleb(facts.decimals)
    return text if minor is None or minor != int(minor) else int(minor)


def decimal_of(text: str, language: str, decimals: int | None = None) -> Decimal | None:
    """A number as people write it: `1,250.50`, `1.250,50`, `1 250,5`; `None` if it is none.

    A single mark before three digits is read the way `language` groups digits, and always as a
    group where no more than two `decimals` are possible.
    """
    match = NUMBER.fullmatch(SPACES.sub("", text))
    if match is None or sum(map(str.isdigit, match[2])) > MOST_DIGITS:
        return None
    digits = match[2]
    mark = max(".,", key=digits.rfind) if digits.strip("0123456789") else ""
    if mark and _only_groups(digits, mark, language, decimals):
        mark = ""
    whole, _, part = digits.rpartition(mark) if mark else (digits, "", "")
    groups = re.split(r"[.,]", whole)
    if len(groups) > 1 and any(len(group) != 3 for group in groups[1:]):
        return None
    sign = "-" if match[1] in ("-", "−") else ""
    return Decimal(f"{sign}{''.join(groups)}.{part or '0'}")


def _only_groups(digits: str, mark: str, language: str, decimals: int | None) -> bool:
    """Whether the last `mark` of `digits` parts thousands, not decimals."""
    if digits.count(mark) > 1:
        return True
    other = "," if mark == "." else "."
    if other in digits or len(digits.rpartition(mark)[2]) != 3:
        return False
    return (decimals is not None and decimals < 3) or mark == get_group_symbol(locale=language)
