"""What is hidden is not kept, and what is not kept hides and shows nothing."""

import pytest

from catalog.forms import Form
from tests.catalog.forms.samples import Schema, form, schema, text, when


def asks_more(name: str, value: object, extra: Schema) -> Schema:
    return {"if": when(name, value), "then": {"properties": extra, "required": list(extra)}}


def test_an_answer_whose_condition_does_not_hold_is_pruned() -> None:
    sample = form({"kind": text()}, **asks_more("kind", "car", {"plate": text()}))
    assert sample.evaluate({"kind": "bike", "plate": "X 1"}).answers == {"kind": "bike"}


def test_a_hidden_required_field_does_not_block() -> None:
    sample = form({"kind": text()}, **asks_more("kind", "car", {"plate": text()}))
    assert sample.evaluate({"kind": "bike"}).valid
    assert [e.pointer for e in sample.evaluate({"kind": "car"}).errors] == ["/plate"]


def test_even_a_requirement_that_forgets_the_condition_does_not_block() -> None:
    sample = form(
        {"kind": text()},
        required=["kind", "plate"],
        allOf=[{"if": when("kind", "car"), "then": {"properties": {"plate": text()}}}],
    )
    assert sample.evaluate({"kind": "bike"}).valid
    assert not sample.evaluate({"kind": "car"}).valid


def test_pruning_goes_on_until_nothing_changes() -> None:
    sample = form(
        {"a": text()},
        allOf=[
            asks_more("a", "1", {"b": text()}),
            asks_more("b", "1", {"c": text()}),
            asks_more("c", "1", {"d": text()}),
        ],
    )
    assert sample.evaluate({"a": "0", "b": "1", "c": "1", "d": "1"}).answers == {"a": "0"}


def test_an_answer_hidden_by_a_hidden_answer_is_kept() -> None:
    sample = form(
        {"a": text()},
        allOf=[
            asks_more("a", "1", {"b": text()}),
            {"if": when("b", "1"), "else": {"properties": {"c": text()}, "required": ["c"]}},
        ],
    )
    verdict = sample.evaluate({"a": "0", "b": "1", "c": "kept"})
    assert verdict.answers == {"a": "0", "c": "kept"}
    assert verdict.valid


def test_conditions_that_run_in_a_circle_end_nevertheless() -> None:
    sample = form(
        {},
        allOf=[
            {"if": {"required": ["b"]}, "else": {"properties": {"a": text()}}},
            {"if": {"required": ["a"]}, "else": {"properties": {"b": text()}}},
        ],
    )
    once = sample.evaluate({"a": "1", "b": "1"}).answers
    assert sample.evaluate(once).answers == once


def test_a_default_comes_in_where_its_field_counts_and_may_show_others() -> None:
    sample = form(
        {"a": text()},
        allOf=[
            {
                "if": when("a", "1"),
                "then": {"properties": {"b": {**text(), "default": "yes"}}},
            },
            asks_more("b", "yes", {"c": text()}),
        ],
    )
    assert sample.evaluate({"a": "0"}).answers == {"a": "0"}
    verdict = sample.evaluate({"a": "1"})
    assert verdict.answers == {"a": "1", "b": "yes"}
    assert [e.pointer for e in verdict.errors] == ["/c"]


def test_a_default_is_a_copy() -> None:
    sample = form({"a": {"type": "array", "items": text(), "default": ["x"]}})
    sample.evaluate({}).answers["a"].append("y")
    assert sample.evaluate({}).answers == {"a": ["x"]}


def test_dependent_schemas_and_dependent_required() -> None:
    sample = form(
        {"card": text()},
        dependentSchemas={"card": {"properties": {"holder": text(), "code": text()}}},
        dependentRequired={"card": ["holder"]},
    )
    assert sample.evaluate({"holder": "Ana"}).answers == {}
    assert [e.pointer for e in sample.evaluate({"card": "1"}).errors] == ["/holder"]
    assert sample.evaluate({"card": "1", "holder": "Ana"}).valid


ONE_OF = [
    {
        "required": ["kind", "plate"],
        "properties": {"kind": {"const": "car", "title": "Car"}, "plate": text()},
    },
    {"required": ["kind"], "properties": {"kind": {"const": "foot"}, "shoes": text()}},
]


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_the_discriminator_chooses_the_branch(keyword: str) -> None:
    sample = form({"kind": {"title": "How?"}}, **{keyword: ONE_OF})
    given = {"kind": "foot", "plate": "X 1", "shoes": "red"}
    verdict = sample.evaluate(given)
    assert verdict.answers == {"kind": "foot", "shoes": "red"}
    assert verdict.valid
    assert [e.pointer for e in sample.evaluate({"kind": "car"}).errors] == ["/plate"]
    assert [e.pointer for e in sample.evaluate({"kind": "boat"}).errors] == ["/kind"]
    assert [e.pointer for e in sample.evaluate({}).errors] == ["/kind"]


def test_any_of_requirements_show_no_field_and_hide_none() -> None:
    sample = form(
        {"email": text("E-mail"), "phone": text("Telephone")},
        anyOf=[{"required": ["email"]}, {"required": ["phone"]}],
    )
    assert sample.evaluate({"phone": "1", "email": "a"}).answers == {"email": "a", "phone": "1"}
    assert sample.evaluate({"phone": "1"}).valid
    assert [e.pointer for e in sample.evaluate({}).errors] == ["/email"]


def test_groups_are_pruned_by_conditions_inside_and_outside() -> None:
    home = {
        "type": "object",
        "title": "Home",
        "properties": {"kind": text(), "rooms": {"type": "integer", "title": "Rooms"}},
        "allOf": [asks_more("kind", "flat", {"floor": text()})],
    }
    sample = form(
        {"home": home},
        allOf=[
            {
                "if": {
                    "properties": {"home": when("kind", "house")},
                    "required": ["home"],
                },
                "then": {"properties": {"garden": text()}},
            }
        ],
    )
    verdict = sample.evaluate({"home": {"kind": "house", "floor": "3"}, "garden": "big"})
    assert verdict.answers == {"home": {"kind": "house"}, "garden": "big"}
    verdict = sample.evaluate({"home": {"kind": "flat", "floor": "3"}, "garden": "big"})
    assert verdict.answers == {"home": {"kind": "flat", "floor": "3"}}


def test_each_item_of_a_list_is_pruned_by_itself() -> None:
    item = {
        "type": "object",
        "properties": {"kind": text()},
        "allOf": [asks_more("kind", "car", {"plate": text()})],
    }
    sample = form({"things": {"type": "array", "title": "Things", "items": item}})
    verdict = sample.evaluate({"things": [{"kind": "x", "plate": "1"}, {"kind": "car"}]})
    assert verdict.answers == {"things": [{"kind": "x"}, {"kind": "car"}]}
    assert [e.pointer for e in verdict.errors] == ["/things/1/plate"]


def test_references_to_definitions_count_like_what_they_name() -> None:
    whole = schema(
        {"home": {"$ref": "#/$defs/place"}, "office": {"$ref": "#/$defs/place", "title": "Work"}},
        **{
            "$defs": {
                "place": {
                    "type": "object",
                    "title": "Home",
                    "properties": {"city": {"$ref": "#/$defs/name"}},
                    "required": ["city"],
                },
                "name": text("City", maxLength=5),
            }
        },
    )
    sample = Form.compile(whole, "sample")
    verdict = sample.evaluate({"home": {"city": "Vigo"}, "office": {"city": "Santander"}})
    assert [e.pointer for e in verdict.errors] == ["/office/city"]


def test_a_group_may_stay_open() -> None:
    notes = {"type": "object", "title": "Notes", "additionalProperties": {"type": "string"}}
    sample = form({"notes": notes, "free": {"type": "object", "title": "Free"}})
    verdict = sample.evaluate({"notes": {"x": "1"}, "free": {"y": [1]}})
    assert verdict.answers == {"notes": {"x": "1"}, "free": {"y": [1]}}
    assert verdict.valid
    assert [e.pointer for e in sample.evaluate({"notes": {"x": 1}}).errors] == ["/notes/x"]


def test_answers_given_are_never_changed() -> None:
    sample = form({"kind": text()}, **asks_more("kind", "car", {"plate": text()}))
    given = {"kind": "bike", "plate": "X 1"}
    sample.evaluate(given)
    assert given == {"kind": "bike", "plate": "X 1"}


def test_a_mention_without_a_title_refines_a_field_and_does_not_show_it() -> None:
    sample = form(
        {"a": text(), "c": text()},
        allOf=[
            asks_more("a", "1", {"b": text()}),
            {"if": when("c", "1"), "then": {"properties": {"b": {"maxLength": 1}}}},
        ],
    )
    assert sample.evaluate({"a": "0", "b": "long", "c": "1"}).answers == {"a": "0", "c": "1"}
    assert sample.evaluate({"a": "1", "b": "long", "c": "0"}).valid
    assert [e.pointer for e in sample.evaluate({"a": "1", "b": "long", "c": "1"}).errors] == ["/b"]


def test_a_condition_may_refine_what_another_shows_inside_a_group() -> None:
    group = {"type": "object", "title": "G", "properties": {"x": text()}}
    inside = {"properties": {"g": {"properties": {"x": {"maxLength": 1}, "y": text()}}}}
    sample = form({"a": text(), "g": group}, **{"if": when("a", "1"), "then": inside})
    assert sample.evaluate({"a": "0", "g": {"x": "long", "y": "1"}}).answers["g"] == {"x": "long"}
    verdict = sample.evaluate({"a": "1", "g": {"x": "long", "y": "1"}})
    assert verdict.answers["g"] == {"x": "long", "y": "1"}
    assert [e.pointer for e in verdict.errors] == ["/g/x"]
