"""Whether a field can be asked at all: its widget, its options, and what they need to know."""

from collections.abc import Callable, Iterator
from typing import Any

from catalog.forms.activity import Nodes, inner_shapes, item_nodes
from catalog.forms.decode import coded
from catalog.forms.facts import CHOOSING, MOST_STEPS, WIDGETS, Facts, steps_of
from catalog.forms.formats import is_country
from catalog.forms.moments import PARTS, zone_names
from catalog.problems import suggestion

Said = tuple[str, str]
"""What is wrong, and what would be right."""


def field_problems(facts: Facts, nodes: Nodes) -> Iterator[Said]:
    """What keeps people from answering the field."""
    if facts.widget not in WIDGETS:
        return  # the shape of the form says so already
    for check in CHECKS:
        yield from check(facts, nodes)


def _widget(facts: Facts, nodes: Nodes) -> Iterator[Said]:
    if facts.type not in WIDGETS[facts.widget]:
        fitting = [name for name, types in WIDGETS.items() if facts.type in types]
        hint = f"Widgets for it: {', '.join(fitting)}." if fitting else "Ask for something else."
        yield f"the widget {facts.widget} cannot take an answer of type {facts.type}", hint


def _parts(facts: Facts, nodes: Nodes) -> Iterator[Said]:
    wanted = {"date": ("date",), "time": ("time", "time-local"), "region": ("region",)}
    wanted["datetime"] = ("date-time", "date-time-local")
    formats = wanted.get(facts.widget, (facts.format,))
    if facts.format not in formats:
        hint = f'Add "format": "{formats[-1]}".'
        yield f"the widget {facts.widget} needs the format {' or '.join(formats)}", hint
    elif facts.format in PARTS and facts.widget not in ("time", "datetime", "hidden"):
        yield f"the widget {facts.widget} cannot ask for {facts.format}", "Leave x-widget out."


def _options(facts: Facts, nodes: Nodes) -> Iterator[Said]:
    if facts.widget in CHOOSING and not (facts.options or facts.source):
        hint = 'Add "oneOf": [{"const": …, "title": …}], or x-options.'
        yield f"the widget {facts.widget} has no options", hint
    codes = [coded(option.value) for option in facts.options]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"two options look the same to a browser: {code}", "Give each a value of its own."
    if facts.source and facts.options:
        yield "the field has options of its own and a source of more", "Keep one of the two."


def _limits(facts: Facts, nodes: Nodes) -> Iterator[Said]:
    if facts.widget == "range" and not {"minimum", "maximum"} <= facts.rules.keys():
        yield "a range has no ends", 'Add "minimum" and "maximum".'
    if facts.widget == "rating" and not (facts.options or len(steps_of(facts.rules))):
        hint = f'Add "minimum" and "maximum", at most {MOST_STEPS} steps, or options.'
        yield "a rating has no steps", hint


def _members(facts: Facts, nodes: Nodes) -> Iterator[Said]:
    if facts.widget == "group" and not any(shape.known for shape in inner_shapes(nodes)):
        yield "the group has no fields", 'Add "properties".'
    if "x-lookup" in facts.rules and facts.widget != "group":
        yield "x-lookup needs a group of fields", "Put it on the address as a whole."
    if facts.widget == "list" and not item_nodes(nodes):
        yield "the list does not say what its items are", 'Add "items".'
    most, least = facts.rules.get("maxItems"), facts.rules.get("minItems", 0)
    if facts.many and most is not None and most < max(least, 1):
        yield "the list can never be right", "Let maxItems be minItems or more."


def _countries(facts: Facts, nodes: Nodes) -> Iterator[Said]:
    named = str(facts.rules.get("x-country", ""))
    if named and facts.format not in ("tel", "region"):
        yield "x-country needs a telephone number or a region", 'Add "format": "tel" or "region".'
    if facts.format == "region" and not named:
        hint = 'Add "x-country": a code such as ES, or the name of the field that holds it.'
        yield "the region does not say of which country", hint
    if named.isupper() and not is_country(named):
        yield f"there is no country {named}", "Countries have codes of two letters, such as ES."


def _zones(facts: Facts, nodes: Nodes) -> Iterator[Said]:
    zone = facts.rules.get("x-zone")
    if zone is None:
        return
    if facts.format != "date-time":
        yield "x-zone needs a moment", 'Add "format": "date-time".'
    if zone not in zone_names():
        yield f"there is no time zone {zone}", suggestion(str(zone), zone_names())


CHECKS: tuple[Callable[[Facts, Nodes], Iterator[Said]], ...] = (
    _widget,
    _parts,
    _options,
    _limits,
    _members,
    _countries,
    _zones,
)

UNSUPPORTED: dict[str, str] = {
    "prefixItems": "Use an object with a name for each answer.",
    "unevaluatedItems": "Use items; a form has no further ones.",
    "additionalItems": "Use items; a form has no further ones.",
    "dependencies": "Use dependentRequired or dependentSchemas.",
    "definitions": "Use $defs.",
    "$anchor": "Use $ref: #/$defs/name.",
    "$dynamicRef": "Use $ref: #/$defs/name.",
    "$dynamicAnchor": "Use $ref: #/$defs/name.",
    "$recursiveRef": "A form has an end: write a list of objects.",
    "$id": "A form is named by its file.",
    "contentEncoding": "Use x-document: files are uploaded and the answer is their id.",
    "contentMediaType": "Use x-document: files are uploaded and the answer is their id.",
    "contentSchema": "Use x-document: files are uploaded and the answer is their id.",
    "enumNames": "Write oneOf: a const and a title for each.",
}
"""Keywords of JSON Schema, and of other renderers, that forms do not have, and what to write."""

SECRET = "Forms are read by staff: ask for no secrets. x-mask: all masks what is shown."
NO_FORMATS = {"password": SECRET, "binary": UNSUPPORTED["contentEncoding"]}


def keyword_hint(name: str, known: Any) -> str:
    """What to write in the place of an unknown keyword."""
    return UNSUPPORTED.get(name) or suggestion(name, known)
