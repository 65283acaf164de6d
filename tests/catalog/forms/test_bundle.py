"""Shared field sets are files; what is stored is one whole."""

import pytest

from catalog.forms import Form, FormInvalid, bundle
from tests.catalog.forms.samples import Schema, schema, text

FILES: dict[str, Schema] = {
    "parts/address.json": {
        "$schema": "../form.schema.json",
        "type": "object",
        "title": "Address",
        "properties": {"city": {"$ref": "#/$defs/name"}, "country": {"$ref": "land.json"}},
        "$defs": {"name": text("City", maxLength=4)},
    },
    "parts/land.json": text("Country", maxLength=2),
    "shared.json": {"$defs": {"email": text("E-mail", format="email")}},
}


def test_files_become_definitions_of_the_whole() -> None:
    whole = bundle(
        schema(
            {
                "home": {"$ref": "parts/address.json"},
                "office": {"$ref": "./parts/address.json", "title": "Work"},
                "email": {"$ref": "shared.json#/$defs/email"},
            }
        ),
        FILES.__getitem__,
    )
    assert set(whole["$defs"]) == {"parts.address", "parts.land", "shared"}
    verdict = Form.compile(whole, "sample").evaluate(
        {"home": {"city": "Lugo", "country": "ESP"}, "office": {"city": "Madrid"}, "email": "x"}
    )
    assert [e.pointer for e in verdict.errors] == ["/home/country", "/office/city", "/email"]


def test_the_dialect_of_the_whole_is_the_standard_one() -> None:
    whole = bundle({"$schema": "./form.schema.json", **schema({})}, FILES.__getitem__)
    assert whole["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_own_references_stay() -> None:
    whole = schema({"a": {"$ref": "#/$defs/a"}}, **{"$defs": {"a": text()}})
    assert bundle(whole, FILES.__getitem__)["properties"] == {"a": {"$ref": "#/$defs/a"}}


@pytest.mark.parametrize("reference", ["../secret.json", "/etc/x.json", "https://example.com/x"])
def test_nothing_outside_the_folder_is_read(reference: str) -> None:
    with pytest.raises(FormInvalid, match="outside the folder"):
        bundle(schema({"a": {"$ref": reference}}), FILES.__getitem__)


def test_files_that_refer_to_each_other_are_found_in_a_circle() -> None:
    files = {
        "a.json": schema({"b": {"$ref": "b.json"}}),
        "b.json": schema({"a": {"$ref": "a.json"}}),
    }
    whole = bundle(schema({"a": {"$ref": "a.json"}}), files.__getitem__)
    with pytest.raises(FormInvalid, match="in a circle"):
        Form.compile(whole, "sample")


def test_what_the_reader_raises_passes_through() -> None:
    with pytest.raises(KeyError, match=r"none\.json"):
        bundle(schema({"a": {"$ref": "none.json"}}), FILES.__getitem__)


def test_texts_beside_a_reference_replace_those_of_its_target_in_every_language() -> None:
    part = text(
        "City",
        **{
            "x-help": "Where?",
            "x-error": {"required": "City!", "maxLength": "Long!"},
            "x-i18n": {
                "es": {
                    "title": "Ciudad",
                    "x-help": "¿Dónde?",
                    "x-error": {"required": "¡Ciudad!", "maxLength": "¡Larga!"},
                }
            },
        },
    )
    here = {"$ref": "#/$defs/city", "title": "Town", "x-error": {"required": "Town!"}}
    whole = schema({"a": here}, **{"$defs": {"city": part}}, required=["a"])
    sample = Form.compile(whole, "sample")
    shown = sample.view({}, "es").pages[0].fields[0]
    assert (shown.title, shown.help) == ("Town", "¿Dónde?")
    assert sample.evaluate({}, "es").errors[0].text == "Town!"


def test_rules_beside_a_reference_apply_too() -> None:
    whole = schema(
        {"a": {"$ref": "#/$defs/a", "maxLength": 2}}, **{"$defs": {"a": text(minLength=2)}}
    )
    sample = Form.compile(whole, "sample")
    assert [bool(sample.evaluate({"a": "x" * n}).errors) for n in (1, 2, 3)] == [True, False, True]
