"""The verdict: nothing coerced, nothing unknown, nothing that cannot be stored."""

from datetime import date
from typing import Any

import pytest

from tests.catalog.forms.samples import World, form, sentences, text, when

NUMBER = {"type": "integer", "title": "Number"}


@pytest.mark.parametrize("value", ["3", 3.5, True, None, [3]])
def test_json_is_never_coerced(value: Any) -> None:
    verdict = form({"n": NUMBER}).evaluate({"n": value})
    assert [e.pointer for e in verdict.errors] == ["/n"]
    assert verdict.answers == {"n": value}


@pytest.mark.parametrize(
    ("format_name", "good", "bad"),
    [
        ("date", "2028-02-29", "2027-02-29"),
        ("date-time", "2027-01-01T10:00:00Z", "2027-01-01 10:00"),
        ("time", "10:00:00Z", "25:00"),
        ("email", "ana@example.com", "ana@"),
        ("uri", "https://example.com/a", "example"),
        ("uuid", "8c5e4d3a-1111-4222-8333-0123456789ab", "8c5e"),
        ("iban", "ES91 2100 0418 4502 0005 1332", "ES91 2100 0418 4502 0005 1333"),
        ("country", "PT", "XX"),
        ("tel", "+34 600 123 456", "12"),
    ],
)
def test_formats_are_checked(format_name: str, good: str, bad: str) -> None:
    sample = form({"a": text("Answer", format=format_name)})
    assert sample.evaluate({"a": good}).valid
    said = sentences(sample.evaluate({"a": bad}))["/a"]
    assert "“Answer”" in said


def test_an_unknown_answer_is_named_with_what_was_meant() -> None:
    sample = form({"postal_code": text()})
    verdict = sample.evaluate({"postalcode": "1"})
    assert sentences(verdict) == {
        "/postalcode": "This form has no question “postalcode”. Did you mean “postal_code”?"
    }
    assert verdict.answers == {}
    assert "Leave that answer out" in sentences(sample.evaluate({"zzz": 1}))["/zzz"]


def test_unknown_answers_inside_groups_and_lists_are_found() -> None:
    group = {"type": "object", "title": "Group", "properties": {"a": text()}}
    sample = form({"g": group, "l": {"type": "array", "title": "List", "items": group}})
    verdict = sample.evaluate({"g": {"b": 1}, "l": [{"a": "x"}, {"c/d": 2}]})
    assert [e.pointer for e in verdict.errors] == ["/g/b", "/l/1/c~1d"]


def test_an_answer_of_another_branch_is_no_unknown_one() -> None:
    sample = form(
        {"kind": text()}, **{"if": when("kind", "car"), "then": {"properties": {"plate": text()}}}
    )
    assert sample.evaluate({"kind": "bike", "plate": "1"}).valid


def test_without_strictness_unknown_answers_are_dropped() -> None:
    verdict = form({"a": text()}).evaluate({"a": "x", "csrf": "1"}, strict=False)
    assert verdict.valid
    assert verdict.answers == {"a": "x"}


@pytest.mark.parametrize(
    "value", ["\0", "\ud800", 10**30, {1: 2}, b"x", date(2027, 1, 1), {"deep": ["\0"]}]
)
def test_what_no_database_can_hold_is_refused_by_name(value: Any) -> None:
    sample = form({"a": text("Answer"), "b": text()})
    verdict = sample.evaluate({"a": value, "b": "kept"})
    assert "cannot be stored" in sentences(verdict)["/a"]
    assert verdict.answers == {"b": "kept"}


def test_a_number_that_is_none_is_no_number() -> None:
    verdict = form({"n": {"type": "number", "title": "N"}}).evaluate({"n": float("nan")})
    assert [e.pointer for e in verdict.errors] == ["/n"]


def test_deep_nesting_is_refused_and_not_followed() -> None:
    deep: list[Any] = []
    for _ in range(3000):
        deep = [deep]
    assert not form({"a": text()}).evaluate({"a": deep}).valid


def test_each_answer_has_one_error_the_most_basic_one() -> None:
    sample = form({"a": text("A", minLength=5, pattern="^x", format="email")})
    verdict = sample.evaluate({"a": "abc"})
    assert [(e.pointer, e.key) for e in verdict.errors] == [("/a", "forms.error.format_email")]


def test_a_missing_group_is_asked_for_field_by_field() -> None:
    group = {
        "type": "object",
        "title": "Address",
        "properties": {"street": text("Street"), "city": text("City"), "note": text("Note")},
        "required": ["city", "street"],
    }
    verdict = form({"address": group}, required=["address"]).evaluate({})
    assert [e.pointer for e in verdict.errors] == ["/address/street", "/address/city"]


def test_computed_values_are_the_servers_alone() -> None:
    price = {"type": "integer", "title": "Price", "x-computed": "price"}
    sample = form({"plan": text(), "price": price})
    world = World(values={"price": 1250})
    verdict = sample.evaluate({"plan": "gold", "price": 1}, context=world)
    assert verdict.answers == {"plan": "gold"}
    assert verdict.computed == {"price": 1250}
    assert verdict.valid
    assert sample.evaluate({"plan": "gold"}).computed == {}


def test_a_computed_value_sees_only_valid_answers_and_may_be_unknown_yet() -> None:
    price = {"type": "integer", "title": "Price", "x-computed": "price"}
    sample = form({"plan": text(), "seats": NUMBER, "price": price})
    world = World()
    verdict = sample.evaluate({"plan": "gold", "seats": "many"}, context=world)
    assert world.asked == [("price", {"plan": "gold"})]
    assert verdict.computed == {}


def test_a_computed_value_on_a_skipped_page_is_not_computed() -> None:
    price = {"type": "integer", "title": "Price", "x-computed": "price"}
    pages = [
        {"id": "a", "title": "A", "fields": ["kind"]},
        {"id": "b", "title": "B", "fields": ["price"], "when": when("kind", "paid")},
    ]
    sample = form({"kind": text(), "price": price}, **{"x-pages": pages})
    world = World(values={"price": 5})
    assert sample.evaluate({"kind": "free"}, context=world).computed == {}
    assert sample.evaluate({"kind": "paid"}, context=world).computed == {"price": 5}
