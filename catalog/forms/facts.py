"""What people see of a field: widget, texts in each language, options, limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from babel.numbers import get_currency_precision

from catalog.forms.inline import annotated
from catalog.forms.walk import Schema

BY_FORMAT = {
    "date": "date",
    "time": "time",
    "time-local": "time",
    "date-time": "datetime",
    "date-time-local": "datetime",
    "email": "email",
    "idn-email": "email",
    "uri": "url",
    "iri": "url",
    "tel": "tel",
    "country": "country",
    "region": "region",
}
BY_TYPE = {"integer": "number", "number": "number", "boolean": "checkbox", "object": "group"}
TEXT, NUMBER = ("string",), ("integer", "number")
SCALAR = (*TEXT, *NUMBER, "boolean")
WIDGETS: Mapping[str, tuple[str, ...]] = {
    "text": (*TEXT, *NUMBER),
    "textarea": TEXT,
    "email": TEXT,
    "tel": TEXT,
    "url": TEXT,
    "date": TEXT,
    "time": TEXT,
    "datetime": TEXT,
    "number": NUMBER,
    "range": NUMBER,
    "rating": ("integer",),
    "money": ("integer",),
    "radio": SCALAR,
    "select": SCALAR,
    "checkbox": ("boolean",),
    "checkboxes": ("array",),
    "file": ("string", "array"),
    "country": TEXT,
    "region": TEXT,
    "signature": TEXT,
    "consent": ("boolean",),
    "hidden": SCALAR,
    "group": ("object",),
    "list": ("array",),
}
"""The ways to ask, each with the types of answers that it can take."""
CHOOSING = frozenset(("radio", "select", "checkboxes"))
"""Widgets that need options."""
MOST_RADIOS = 5
LONG_TEXT = 200
MOST_STEPS = 11
"""How many steps a rating may have."""


@dataclass(frozen=True, slots=True)
class Option:
    """A value to choose, with its title by language; the empty key is the schema's own."""

    value: Any
    titles: Mapping[str, str]

    def title(self, language: str) -> str:
        """The title in `language`, else as the schema has it."""
        return self.titles.get(language) or self.titles[""]


@dataclass(frozen=True, slots=True)
class Facts:
    """One field, merged from every schema that describes it.

    `rules` holds the merged keywords; `options` and `source`, the name of a data source of more
    options, are those of the items where the field takes `many` values.
    """

    rules: Schema
    type: str
    widget: str
    options: tuple[Option, ...] = ()
    source: str = ""
    many: bool = False
    i18n: Mapping[str, Schema] = field(default_factory=dict)

    def text(self, keyword: str, language: str) -> str:
        """`title`, `description` or `x-help` in `language`, else the schema's own, else empty."""
        return str(self.i18n.get(language, {}).get(keyword) or self.rules.get(keyword) or "")

    def author_error(self, keyword: str, language: str) -> str | None:
        """The message the author wrote for a failed keyword, or for every one under `*`."""
        here: Schema = self.i18n.get(language, {}).get("x-error", {})
        base: Schema = self.rules.get("x-error", {})
        for words in (here, base):
            for wanted in (keyword, "*"):
                if wanted in words:
                    return str(words[wanted])
        return None

    @property
    def currency(self) -> str:
        """The ISO code of the amounts of this field."""
        return str(self.rules.get("x-currency", "EUR"))

    @property
    def format(self) -> str:
        """The format of the answer; empty where it has none."""
        return str(self.rules.get("format", ""))

    @property
    def decimals(self) -> int:
        """How many decimals the currency has: 2 for euros."""
        return get_currency_precision(self.currency)


def merged(schemas: list[Schema]) -> Facts:
    """The facts of a field that several schemas describe; the later one wins."""
    rules: Schema = {}
    for schema in schemas:
        rules = _onto(rules, schema)
    kind = _type(rules)
    many = kind == "array"
    items = rules.get("items", {})
    inner = merged([items]) if many and isinstance(items, dict) else None
    options = inner.options if inner else _options(rules)
    source = inner.source if inner else rules.get("x-options", "")
    widget = rules.get("x-widget") or _widget(rules, kind, options, inner)
    if widget == "rating" and not options:
        options = tuple(Option(step, {"": str(step)}) for step in steps_of(rules))
    return Facts(rules, kind, widget, options, source, many, rules.get("x-i18n", {}))


def _onto(rules: Schema, schema: Schema) -> Schema:
    result = rules
    for part in schema.get("allOf", ()):
        if isinstance(part, dict):
            result = _onto(result, part)
    return annotated(result, {k: v for k, v in schema.items() if k != "allOf"})


def _type(rules: Schema) -> str:
    kind = rules.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), None)
    if kind:
        return str(kind)
    if "properties" in rules:
        return "object"
    if "items" in rules:
        return "array"
    values = [option.value for option in _options(rules)]
    if "const" in rules:
        values.append(rules["const"])
    return _type_of(values[0]) if values else "string"


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "number" if isinstance(value, float) else "string"


def _options(rules: Schema) -> tuple[Option, ...]:
    for word in ("oneOf", "anyOf"):
        branches = rules.get(word, [])
        if branches and all(isinstance(b, dict) and "const" in b for b in branches):
            return tuple(Option(b["const"], _titles(b)) for b in branches)
    return tuple(Option(value, {"": str(value)}) for value in rules.get("enum", ()))


def steps_of(rules: Schema) -> range:
    """The steps of a rating; none where its limits are not those of one."""
    least, most = rules.get("minimum"), rules.get("maximum")
    if not (isinstance(least, int) and isinstance(most, int)) or most - least >= MOST_STEPS:
        return range(0)
    return range(least, most + 1)


def _titles(branch: Schema) -> dict[str, str]:
    titles = {"": str(branch.get("title", branch["const"]))}
    for language, words in branch.get("x-i18n", {}).items():
        if "title" in words:
            titles[language] = words["title"]
    return titles


def _widget(rules: Schema, kind: str, options: tuple[Option, ...], inner: Facts | None) -> str:
    if inner is not None:
        if inner.widget == "file":
            return "file"
        return "checkboxes" if options or inner.source else "list"
    if "x-document" in rules:
        return "file"
    if "x-options" in rules:
        return "select"
    if options:
        return "radio" if len(options) <= MOST_RADIOS else "select"
    if kind == "boolean" and rules.get("const") is True:
        return "consent"
    if kind == "string":
        long = rules.get("maxLength", 0) > LONG_TEXT
        return BY_FORMAT.get(rules.get("format", ""), "textarea" if long else "text")
    return BY_TYPE.get(kind, "text")
