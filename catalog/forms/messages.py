"""From a failed keyword to a sentence that says what is wrong, where, and what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

from babel.numbers import format_decimal
from jsonschema_rs import ValidationError

from catalog.forms.facts import Facts
from catalog.forms.nodes import Answers, Shape
from catalog.forms.places import Place, locate, missing
from catalog.forms.walk import Path, pointer
from ground.errors import FieldError
from ground.messages import money

#: How a missing answer is asked for, by widget; every other one is "enter".
ASKED = {
    "radio": "choose",
    "select": "choose",
    "checkboxes": "choose",
    "rating": "choose",
    "country": "choose",
    "region": "choose",
    "file": "upload",
    "signature": "sign",
    "consent": "agree",
    "list": "add",
}
#: What a value of the wrong type should have been, by widget, else by type.
EXPECTED = ("money", "date", "email", "tel", "file", "country")
PLAIN = {
    "minimum": "minimum",
    "exclusiveMinimum": "above",
    "maximum": "maximum",
    "exclusiveMaximum": "below",
    "multipleOf": "multiple",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "uniqueItems": "unique",
    "pattern": "pattern",
    "enum": "option",
    "oneOf": "option",
    "x-options": "option",
    "x-country": "option",
    "unreadable": "unreadable",
    "x-not-before": "not_before",
    "x-not-after": "not_after",
    "additionalProperties": "unknown",
    "unevaluatedProperties": "unknown",
}
#: Formats that have words of their own, and the words that others share with them.
OWN_WORDS = frozenset(
    [
        "country",
        "date",
        "date-time",
        "date-time-local",
        "duration",
        "email",
        "hostname",
        "iban",
        "ipv4",
        "ipv6",
        "tel",
        "time",
        "time-local",
        "uri",
        "uuid",
    ]
)
FORMATS = {name: name for name in OWN_WORDS} | {
    "idn-email": "email",
    "idn-hostname": "hostname",
    "iri": "uri",
    "iri-reference": "uri",
    "uri-reference": "uri",
}
#: Of several faults of one answer, people read the most basic one.
FIRST = [
    "unreadable",
    "required",
    "type",
    "enum",
    "const",
    "oneOf",
    "format",
    "minLength",
    "maxLength",
    "pattern",
]

Ranked = tuple[tuple[int, ...], int, FieldError]


class Speaker:
    """Turns failures over `answers` into messages in `language`."""

    def __init__(
        self, shape: Shape, answers: Answers, ranks: Mapping[str, int], language: str
    ) -> None:
        self.shape = shape
        self.answers = answers
        self.ranks = ranks
        self.language = language

    def place(self, path: Path) -> Place:
        """The place of one answer."""
        return locate(self.shape, self.answers, path, self.ranks, self.language)

    def failures(self, failure: ValidationError) -> Iterator[Ranked]:
        """The errors of one failure; none if it only asks for an answer that is hidden."""
        path, keyword = tuple(failure.instance_path), failure.kind.name
        if keyword == "required":
            yield from self.absent((*path, failure.kind.value))
        elif keyword == "anyOf" and (names := _any_required(failure)):
            yield from self.any_of(path, names)
        else:
            place = self.place(path)
            keyword = _plainer(keyword, place)
            yield self.said(place, keyword, failure.kind.value)

    def absent(self, path: Path) -> Iterator[Ranked]:
        """The errors of a required answer that is not there."""
        place = self.place(path)
        if place.counts and not (place.nodes and place.nodes[0].computed):
            for below in missing(place, self.ranks, self.language):
                yield self.said(below, "required", None)

    def any_of(self, path: Path, names: list[str]) -> Iterator[Ranked]:
        """The error of a group of which at least one answer is required."""
        places = [self.place((*path, name)) for name in names]
        places = [place for place in places if place.counts]
        if places:
            labels = " / ".join(place.label for place in places)
            key, params = "forms.error.any_of", {"field": labels}
            yield self.ranked(places[0], "required", FieldError(_at(places[0]), key, params))

    def said(self, place: Place, keyword: str, value: Any) -> Ranked:
        """The author's message for a failed keyword, else ours."""
        facts = place.facts
        key = f"forms.error.{_key(keyword, value, facts) if place.path else 'form_not_accepted'}"
        params = {"field": place.label, **self.limits(keyword, value, place)}
        own = facts.author_error(keyword, self.language)
        return self.ranked(place, keyword, FieldError(_at(place), key, params, own))

    def ranked(self, place: Place, keyword: str, error: FieldError) -> Ranked:
        weight = FIRST.index(keyword) if keyword in FIRST else len(FIRST)
        return place.order, weight, error

    def limits(self, keyword: str, value: Any, place: Place) -> dict[str, Any]:
        """The limit that was passed, as a parameter of the message."""
        if keyword in ("x-not-before", "x-not-after"):
            return {"limit": value}
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return {}
        facts = place.facts
        if facts.widget == "money" and keyword not in ("minLength", "maxLength"):
            return {"limit": money(int(value), facts.currency)}
        limit = {"limit": format_decimal(value, locale=self.language)}
        if keyword == "maxLength":
            limit["length"] = format_decimal(len(place.value), locale=self.language)
        return limit


def _at(place: Place) -> str:
    return pointer(place.path)


def _any_required(failure: ValidationError) -> list[str]:
    """The properties of which an `anyOf` wants one, if it wants nothing else."""
    found = [error for branch in failure.kind.value for error in branch]
    if any(error.kind.name != "required" for error in found):
        return []
    return list(dict.fromkeys(error.kind.value for error in found))


def _plainer(keyword: str, place: Place) -> str:
    """An empty text or list is a missing answer, whatever keyword noticed it."""
    return "required" if place.value in ("", []) and keyword != "type" else keyword


def _key(keyword: str, value: Any, facts: Facts) -> str:
    if keyword == "required":
        return ASKED.get(facts.widget, "enter")
    if keyword == "const":
        return "agree" if facts.widget == "consent" else "option"
    if keyword == "type":
        return f"type_{facts.widget if facts.widget in EXPECTED else facts.type}"
    if keyword == "format":
        return f"format_{FORMATS[value]}" if value in FORMATS else "pattern"
    return PLAIN.get(keyword, "not_accepted")
