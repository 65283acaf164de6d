"""A field that people could not answer is refused, with a hint of what would be right."""

from typing import Any

import pytest

from catalog.forms import lint
from catalog.forms.facts import WIDGETS
from catalog.forms.formats import CHECKED
from catalog.forms.lint import metaschema_document
from tests.catalog.forms.samples import schema

CHOICES = [{"const": 1}, {"const": "1"}]


def problems(field: dict[str, Any]) -> list[str]:
    """What is wrong with a form of this field alone, apart from missing texts."""
    found = lint(schema({"x": {"title": "X", **field}}))
    return [f"{p.message} {p.hint}" for p in found if p.rule != "missing-translation"]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"type": "string", "x-widget": "slidr"}, "unknown widget slidr Write one of"),
        ({"type": "string", "x-widget": "textara"}, "`textarea`"),
        ({"type": "string", "format": "emial"}, "`email`"),
        ({"type": "string", "format": "password"}, "ask for no secrets"),
        ({"type": "string", "maxLenght": 3}, "`maxLength`"),
        ({"type": "array", "prefixItems": []}, "Use an object"),
        ({"type": "string", "contentEncoding": "base64"}, "Use x-document"),
        ({"type": "string", "x-widget": "range"}, "cannot take an answer of type string"),
        ({"type": "number", "x-widget": "rating"}, "cannot take an answer of type number"),
        ({"type": "integer", "x-widget": "range", "minimum": 0}, "a range has no ends"),
        ({"type": "integer", "x-widget": "rating", "minimum": 0, "maximum": 99}, "no steps"),
        ({"type": "string", "x-widget": "select"}, "has no options"),
        ({"oneOf": CHOICES}, "look the same to a browser"),
        ({"type": "object"}, "the group has no fields"),
        ({"type": "array"}, "what its items are"),
        ({"type": "array", "items": {"type": "object"}}, "the group has no fields"),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 0}, "can never be right"),
        ({"type": "null"}, "of type null"),
        ({"type": "string", "x-widget": "datetime"}, "needs the format date-time"),
        ({"type": "string", "x-widget": "text", "format": "date-time"}, "Leave x-widget out"),
        ({"type": "string", "format": "region"}, "of which country"),
        ({"type": "string", "format": "region", "x-country": "XX"}, "no country XX"),
        ({"type": "string", "format": "region", "x-country": "contry"}, "no such field"),
        ({"type": "string", "x-country": "ES"}, "needs a telephone number or a region"),
        ({"type": "string", "format": "date-time", "x-zone": "Europe/Madird"}, "Europe/Madrid"),
        ({"type": "string", "x-zone": "UTC"}, "x-zone needs a moment"),
        (
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"a": {"type": "string", "title": "A", "readOnly": True}},
                },
            },
            "nobody could send this item back",
        ),
    ],
)
def test_a_field_that_nobody_could_answer_is_refused(field: dict[str, Any], said: str) -> None:
    found = problems(field)
    assert [one for one in found if said in one], found


def test_editors_know_the_same_widgets_and_formats() -> None:
    words = metaschema_document()["$defs"]["schema"]["properties"]
    assert set(words["x-widget"]["enum"]) == set(WIDGETS)
    assert set(words["format"]["examples"]) == CHECKED
