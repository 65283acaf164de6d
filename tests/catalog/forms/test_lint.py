"""The linter finds each mistake, says where, and what would be right."""

from dataclasses import dataclass
from typing import Any

import pytest

from catalog.forms import FormProblem, lint
from tests.catalog.forms.samples import START_FORMS, Schema, schema, start_form, when


@dataclass(frozen=True)
class Registry:
    option_sources: frozenset[str] = frozenset({"my-subscriptions"})
    computed: frozenset[str] = frozenset({"plan-upgrade-price"})


def words(title: str) -> Schema:
    """A title that lacks no language."""
    return {"title": title, "x-i18n": {code: {"title": title} for code in ("es", "pt")}}


def field(**more: Any) -> Schema:
    return {"type": "string", **words("Field"), **more}


def whole(properties: Schema, **more: Any) -> Schema:
    return {**schema(properties), **words("Sample"), **more}


def page(page_id: str, *fields: str) -> Schema:
    return {"id": page_id, **words("Page"), "fields": list(fields)}


def found(sample: Schema, registry: Registry | None = None) -> FormProblem:
    """The only problem of a form."""
    problems = lint(sample, registry)
    assert len(problems) == 1, problems
    return problems[0]


def test_a_good_form_has_no_problems() -> None:
    assert lint(whole({"a": field()})) == []


@pytest.mark.parametrize("name", START_FORMS)
def test_the_start_forms_have_none(name: str) -> None:
    sources = frozenset({"my-subscriptions", "plans-for-subscription", "regions"})
    registry = Registry(sources, frozenset({"plan-upgrade-price", "loan-instalment"}))
    assert lint(start_form(name).schema, registry) == []


MISTAKES: list[tuple[Schema, str, str, str]] = [
    (
        whole({"a": field(**{"x-wigdet": "text"})}),
        "/properties/a/x-wigdet",
        "unknown keyword",
        "x-widget",
    ),
    (
        whole({"a": field(**{"x-widget": "texarea"})}),
        "/properties/a/x-widget",
        "unknown widget",
        "textarea",
    ),
    (whole({"a": field(format="e-mail")}), "/properties/a/format", "unknown format", "email"),
    (whole({"a": field(pattern="((")}), "/properties/a/pattern", "regex", ""),
    (whole({"aB": field()}), "/properties/aB", "not a name", "postal_code"),
    (
        whole({"a": field(**{"x-error": {"requird": "!"}})}),
        "/properties/a/x-error/requird",
        "not a name",
        "required",
    ),
    (whole({"a": {"type": "sting", **words("A")}}), "/properties/a/type", "not valid", ""),
    (
        whole(
            {"a": field()},
            **{"if": {"properties": {"a": {"const": "1"}}}, "then": {"required": ["a"]}},
        ),
        "/if",
        "while a has no answer",
        '"required": ["a"]',
    ),
    (
        whole(
            {"a": field(), "b": field()},
            **{
                "x-pages": [
                    {**page("one", "b"), "when": {"properties": {"a": {"const": "1"}}}},
                    page("two", "a"),
                ]
            },
        ),
        "/x-pages/0/when",
        "while a has no answer",
        "",
    ),
    (
        whole(
            {"a": field()},
            **{
                "if": {"anyOf": [when("a", "1"), {"properties": {"a": {"const": "2"}}}]},
                "then": {"required": ["a"]},
            },
        ),
        "/if/anyOf/1",
        "while a has no answer",
        "",
    ),
    (
        whole(
            {"a": field()},
            oneOf=[{"properties": {"b": field()}}, {"properties": {"c": field()}}],
        ),
        "/oneOf",
        "apart",
        "const",
    ),
    (
        whole(
            {"a": field()},
            oneOf=[
                {"properties": {"a": {"const": "1"}}, "required": ["a"]},
                {"properties": {"a": {"const": "2"}}},
            ],
        ),
        "/oneOf",
        "does not require a",
        "",
    ),
    (
        whole({"a": field(), "b": field()}, **{"x-pages": [page("one", "a")]}),
        "/properties/b",
        "on no page",
        "",
    ),
    (
        whole({"abc": field()}, **{"x-pages": [page("one", "abc", "abd")]}),
        "/x-pages/0/fields/1",
        "no field abd",
        "abc",
    ),
    (
        whole({"a": field()}, **{"x-pages": [page("one", "a"), page("two", "a")]}),
        "/x-pages/1/fields/0",
        "also on the page one",
        "",
    ),
    (
        whole({"a": field(), "b": field()}, **{"x-pages": [page("one", "a"), page("one", "b")]}),
        "/x-pages/1/id",
        "two pages",
        "",
    ),
    (
        whole(
            {"a": {"$ref": "#/$defs/a"}},
            **{"$defs": {"a": {"type": "object", "properties": {"b": {"$ref": "#/$defs/a"}}}}},
        ),
        "/$defs/a/properties/b/$ref",
        "circle",
        "",
    ),
    (
        whole({"a": {"$ref": "#/$defs/adress"}}, **{"$defs": {"address": field()}}),
        "/properties/a/$ref",
        "leads nowhere",
        "address",
    ),
    (whole({"a": {"type": "string"}}), "/properties/a", "no title", ""),
    (
        whole({"a": field(**{"x-help": "Help"})}),
        "/properties/a",
        "x-help has no text in",
        "",
    ),
    (whole({"a": field(default=3)}), "/properties/a", "default 3", ""),
    (
        whole({"a": {"type": "number", "x-widget": "money", **words("A")}}),
        "/properties/a",
        "money is not an integer",
        "minor units",
    ),
    (whole({"a": field(enum=["x", "y"])}), "/properties/a", "bare values", "oneOf"),
    (whole({"a": field(**{"x-not-before": "today"})}), "/properties/a", "needs a date", ""),
    (
        whole({"a": field(format="date", **{"x-not-before": "2027-02-31"})}),
        "/properties/a",
        "does not exist",
        "",
    ),
    (
        whole({"a": field(format="date", **{"x-not-before": "tomorrow"})}),
        "/properties/a/x-not-before",
        "tomorrow",
        "",
    ),
    (whole({"a": field()}, required=["b"]), "", "b is required", "`a`"),
    (
        whole({"abc": field()}, **{"if": when("abd", "1"), "then": {"required": ["abc"]}}),
        "",
        "abd decides a condition",
        "abc",
    ),
    (
        whole({"a": field()}, additionalProperties=False),
        "/additionalProperties",
        "fields of conditions",
        "Leave it out",
    ),
    (
        whole(
            {"a": field(), "b": field()},
            **{"if": when("a", "1"), "then": {"properties": {"b": False}}},
        ),
        "/then/properties/b",
        "forbidden",
        "",
    ),
    (
        whole({"g": {"type": "object", **words("G"), "properties": {"p": field()}}}, required=["g"])
        | {
            "properties": {
                "g": {
                    "type": "object",
                    **words("G"),
                    "properties": {"p": field(**{"x-computed": "plan-upgrade-price"})},
                }
            }
        },
        "/properties/g/properties/p",
        "inside another field",
        "top level",
    ),
    (
        whole({"p": field(**{"x-computed": "plan-upgrade-price"})}, required=["p"]),
        "/properties/p",
        "is computed and no answer",
        "",
    ),
]


@pytest.mark.parametrize(("sample", "place", "message", "hint"), MISTAKES)
def test_each_mistake_is_found_at_its_place(
    sample: Schema, place: str, message: str, hint: str
) -> None:
    problems = lint(sample)
    assert {problem.pointer for problem in problems} == {place}
    assert message in problems[0].message
    assert hint in problems[0].hint


def test_a_missing_translation_is_named_by_language() -> None:
    sample = whole({"a": {"type": "string", "title": "A", "x-i18n": {"es": {"title": "A"}}}})
    assert found(sample) == FormProblem(
        "/properties/a", "title has no text in pt", 'Write it in "x-i18n": {"pt": …} beside it.'
    )


def test_a_translation_of_nothing_is_found() -> None:
    sample = whole({"a": field()})
    sample["properties"]["a"]["x-i18n"]["es"]["description"] = "Nada"
    assert found(sample).message == "description translates a text that is not there"


@pytest.mark.parametrize(
    ("keyword", "name", "right"),
    [
        ("x-options", "my-subscription", "my-subscriptions"),
        ("x-computed", "plan-price", "plan-upgrade-price"),
    ],
)
def test_names_of_the_registry_are_checked(keyword: str, name: str, right: str) -> None:
    sample = whole({"a": field(**{keyword: name})})
    assert lint(sample) == []
    problem = found(sample, Registry())
    assert problem.pointer == f"/properties/a/{keyword}"
    assert right in problem.hint


def circle(*guards: tuple[str, str]) -> Schema:
    """Fields each shown while another has an answer."""
    rules = [
        {"if": {"required": [other]}, "then": {"properties": {name: field()}}}
        for name, other in guards
    ]
    return whole({"z": field()}, allOf=rules)


def test_conditions_in_a_circle_are_found() -> None:
    problem = found(circle(("a", "b"), ("b", "c"), ("c", "a")))
    assert "a → b → c → a" in problem.message
    assert "circle" in found(circle(("a", "a"))).message
    assert lint(circle(("a", "z"), ("b", "a"), ("c", "b"))) == []


def test_a_field_that_is_always_asked_closes_no_circle() -> None:
    rule = {"if": when("a", "1"), "then": {"properties": {"a": {"maxLength": 3}}}}
    assert lint(whole({"a": field()}, allOf=[rule])) == []


def test_a_circle_through_a_group_is_found() -> None:
    inner = {"properties": {"g": {"properties": {"x": field()}}}}
    group = {"type": "object", **words("G"), "properties": {"y": field()}}
    reads_x = {"properties": {"g": {"required": ["x"]}}, "required": ["g"]}
    sample = whole(
        {"g": group},
        allOf=[
            {"if": {"required": ["b"]}, "then": inner},
            {"if": reads_x, "then": {"properties": {"b": field()}}},
        ],
    )
    assert "g.x" in found(sample).message


@pytest.mark.parametrize("broken", [[], {}, {"type": "object", "title": "A", "properties": []}, 3])
def test_what_is_no_form_at_all_is_said_and_not_thrown(broken: Any) -> None:
    assert lint(broken)
