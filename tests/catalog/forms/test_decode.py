"""HTML forms become typed answers, and nothing typed is lost."""

from decimal import Decimal
from typing import Any

import pytest

from catalog.forms.decode import decimal_of
from tests.catalog.forms.samples import form, sentences, text, when

MONEY = {"type": "integer", "title": "Rent", "x-widget": "money", "x-currency": "EUR"}
YEN = {**MONEY, "x-currency": "JPY"}


@pytest.mark.parametrize(
    ("typed", "language", "number"),
    [
        ("12", "en", "12"),
        ("1,250.50", "en", "1250.5"),
        ("1.250,50", "en", "1250.5"),
        ("1.250,50", "es", "1250.5"),
        ("1 250,50", "pt", "1250.5"),
        ("1’250.50", "en", "1250.5"),
        ("1,250", "en", "1250"),
        ("1,250", "es", "1.25"),
        ("1.250", "es", "1250"),
        ("1.250", "en", "1.25"),
        ("0.5", "es", "0.5"),
        ("1.250.000", "en", "1250000"),
        ("−3", "en", "-3"),
        ("12abc", "en", None),
        ("1,25,000", "en", None),
        ("1.2.3,4", "en", None),
        ("", "en", None),
        (",", "en", None),
        ("1e5", "en", None),
        ("9" * 16, "en", None),
    ],
)
def test_numbers_as_people_write_them(typed: str, language: str, number: str | None) -> None:
    assert decimal_of(typed, language) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (text(), "  Ana  ", "Ana"),
        (text(**{"x-widget": "textarea"}), "a\r\nb\r\n", "a\nb"),
        ({"type": "integer"}, "1.250", 1250),
        ({"type": "integer"}, "12.5", "12.5"),
        ({"type": "number"}, "12.50", 12.5),
        ({"type": "number"}, "12.0", 12),
        ({"type": "boolean"}, "on", True),
        ({"type": "boolean"}, "False", False),
        ({"type": "boolean"}, "maybe", "maybe"),
        (MONEY, "1,250.50", 125050),
        (MONEY, "1.250", 125000),
        (MONEY, "€ 12", 1200),
        (MONEY, "12 EUR", 1200),
        (MONEY, "12.505", 1250500),
        (MONEY, "12.5055", "12.5055"),
        (MONEY, "a lot", "a lot"),
        (YEN, "1,250", 1250),
        (YEN, "12.5", "12.5"),
        ({"oneOf": [{"const": 12}, {"const": 24}]}, "24", 24),
        ({"oneOf": [{"const": True}, {"const": False}]}, "false", False),
        ({"oneOf": [{"const": "a"}]}, "z", "z"),
        (text(format="date"), "2027-03-31", "2027-03-31"),
        (text(format="date"), "31/12/2027", "2027-12-31"),
        (text(format="date"), "12/31/2027", "2027-12-31"),
        (text(format="date"), "3/4/2027", "3/4/2027"),
        (text(format="date"), "31.2.2027", "31.2.2027"),
        (text(format="date"), "soon", "soon"),
    ],
)
def test_a_value_is_read_as_its_schema_says(field: dict[str, Any], typed: str, value: Any) -> None:
    answers = form({"a": {"title": "A", **field}}).from_fields([("a", typed)])
    assert answers == {"a": value}
    assert type(answers["a"]) is type(value)


def test_dates_are_day_first_where_people_write_them_so() -> None:
    sample = form({"a": text(format="date")})
    assert sample.from_fields([("a", "3/4/2027")], "es") == {"a": "2027-04-03"}
    assert sample.from_fields([("a", "12/31/2027")], "pt-BR") == {"a": "12/31/2027"}


def test_what_is_left_empty_is_absent() -> None:
    group = {"type": "object", "title": "G", "properties": {"x": text()}}
    sample = form({"a": text(), "g": group, "l": {"type": "array", "items": group}})
    posted = [("a", "  "), ("g.x", ""), ("l.0.x", ""), ("l.1.x", "")]
    assert sample.from_fields(posted) == {}


def test_names_reach_into_groups_and_lists_and_blank_rows_are_no_items() -> None:
    item = {
        "type": "object",
        "properties": {"name": text(), "age": {"type": "integer", "title": "Age"}},
    }
    sample = form({"people": {"type": "array", "title": "People", "items": item}})
    posted = [
        ("people.10.name", "Eve"),
        ("people.2.name", "Ana"),
        ("people.2.age", "30"),
        ("people.3.name", ""),
        ("people.x.name", "nobody"),
    ]
    assert sample.from_fields(posted) == {"people": [{"name": "Ana", "age": 30}, {"name": "Eve"}]}


def test_a_huge_index_costs_nothing() -> None:
    sample = form({"tags": {"type": "array", "title": "Tags", "items": text()}})
    assert sample.from_fields([("tags.99999999999999", "x")]) == {"tags": ["x"]}


def test_tick_boxes_of_one_name_are_a_list() -> None:
    many = {"type": "array", "title": "Tags", "items": {"enum": ["a", "b", "c"]}}
    sample = form({"tags": many})
    assert sample.from_fields([("tags", ""), ("tags", "c"), ("tags", "a")]) == {"tags": ["c", "a"]}


def test_a_single_tick_box_is_preceded_by_what_it_means_unticked() -> None:
    sample = form({"a": {"type": "boolean", "title": "A", "default": True}})
    assert sample.from_fields([("a", "false"), ("a", "on")]) == {"a": True}
    assert sample.from_fields([("a", "false")]) == {"a": False}


def test_unknown_and_computed_names_are_ignored() -> None:
    sample = form({"a": text(), "p": {"type": "integer", "title": "P", "x-computed": "p"}})
    posted = [("csrf", "1"), ("a.b", "x"), ("p", "3"), ("a", "y"), ("..", "z"), ("", "z")]
    assert sample.from_fields(posted) == {"a": "y"}


def test_fields_of_every_branch_are_read() -> None:
    sample = form(
        {"kind": text()},
        **{"if": when("kind", "car"), "then": {"properties": {"doors": {"type": "integer"}}}},
    )
    assert sample.from_fields([("doors", "5")]) == {"doors": 5}


def test_what_cannot_be_read_is_kept_and_named() -> None:
    sample = form({"rent": MONEY})
    answers = sample.from_fields([("rent", "lots")])
    verdict = sample.evaluate(answers)
    assert list(sentences(verdict)) == ["/rent"]
    assert sample.view(verdict.answers).pages[0].fields[0].text == "lots"
