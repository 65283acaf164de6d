"""Errors say what is wrong, where and what to do, in the reader's language."""

from typing import Any

import pytest

from ground.messages import catalogue, languages
from tests.catalog.forms.samples import form, sentences, text

MONEY = {"type": "integer", "title": "Rent", "x-widget": "money", "x-currency": "EUR"}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        (text("Name"), 5, "“Name” must be a text."),
        (text("Name", minLength=1), "", "Enter an answer for “Name”."),
        (text("Name", minLength=3), "ab", "“Name” must have at least 3 characters."),
        (text("Name", maxLength=3), "abcd", "at most 3 characters; yours has 4"),
        (text("Code", pattern="^[A-Z]+$"), "a", "“Code” is not written as expected"),
        ({"type": "integer", "title": "Age"}, "old", "“Age” must be a whole number"),
        ({"type": "integer", "title": "Age", "minimum": 18}, 3, "“Age” must be 18 or more."),
        ({"type": "number", "title": "N", "exclusiveMaximum": 2.5}, 3, "must be less than 2.5"),
        ({"type": "number", "title": "N", "multipleOf": 5}, 3, "must be a multiple of 5"),
        (MONEY, "lots", "“Rent” must be an amount of money"),
        ({**MONEY, "minimum": 125050}, 1, "“Rent” must be €1,250.50 or more."),
        ({"type": "boolean", "title": "Pets"}, "x", "Answer “Pets” with yes or no."),
        ({"type": "boolean", "title": "Agree", "const": True}, False, "tick “Agree”"),
        ({"title": "Pick", "oneOf": [{"const": "a"}]}, "b", "one of the options for “Pick”"),
        ({"title": "Pick", "enum": ["a"]}, "b", "one of the options for “Pick”"),
        (
            {"type": "array", "title": "Tags", "items": text(), "uniqueItems": True},
            ["a", "a"],
            "“Tags” has the same entry twice",
        ),
        (
            {"type": "array", "title": "Tags", "items": text(), "maxItems": 1},
            ["a", "b"],
            "“Tags” can have at most 1 entries",
        ),
        ({"title": "Odd", "not": {"const": 1}}, 1, "“Odd” cannot be accepted"),
    ],
)
def test_each_keyword_has_a_sentence(field: Any, value: Any, sentence: str) -> None:
    said = sentences(form({"a": field}).evaluate({"a": value}))["/a"]
    assert sentence in said


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        (text("Name"), "Enter an answer for “Name”."),
        ({"title": "Pick", "oneOf": [{"const": "a"}]}, "Choose an answer for “Pick”."),
        (text("Proof", **{"x-document": {"types": [], "max_bytes": 1}}), "Add a file for “Proof”."),
        ({"type": "boolean", "title": "I agree", "const": True}, "To go on, tick “I agree”."),
        (
            {"type": "array", "title": "Jobs", "items": {"type": "object", "properties": {}}},
            "Add at least one entry to “Jobs”.",
        ),
    ],
)
def test_what_is_missing_is_asked_for_as_its_widget_is_used(field: Any, sentence: str) -> None:
    verdict = form({"a": field}, required=["a"]).evaluate({})
    assert sentences(verdict) == {"/a": sentence}


def test_the_authors_message_comes_first_in_the_readers_language() -> None:
    field = text(
        "Name",
        maxLength=3,
        pattern="^a",
        **{
            "x-error": {"required": "Tell us your name.", "*": "Check your name."},
            "x-i18n": {"es": {"title": "Nombre", "x-error": {"required": "Díganos su nombre."}}},
        },
    )
    sample = form({"a": field}, required=["a"])
    assert sentences(sample.evaluate({})) == {"/a": "Tell us your name."}
    assert sentences(sample.evaluate({}, "es")) == {"/a": "Díganos su nombre."}
    assert sentences(sample.evaluate({}, "es-MX")) == {"/a": "Díganos su nombre."}
    assert sentences(sample.evaluate({}, "pt")) == {"/a": "Tell us your name."}
    assert sentences(sample.evaluate({"a": "b"})) == {"/a": "Check your name."}


def test_titles_are_the_readers_too() -> None:
    field = text("Name", **{"x-i18n": {"es": {"title": "Nombre"}}})
    sample = form({"a": field}, required=["a"])
    verdict = sample.evaluate({}, "es")
    assert sentences(verdict, "es") == {"/a": "Escriba una respuesta en «Nombre»."}


def test_an_error_inside_a_list_says_in_which_item() -> None:
    item = {"type": "object", "properties": {"name": text("Name")}, "required": ["name"]}
    sample = form({"jobs": {"type": "array", "title": "Job", "items": item}})
    verdict = sample.evaluate({"jobs": [{"name": "a"}, {}]})
    assert sentences(verdict) == {"/jobs/1/name": "Enter an answer for “Job 2: Name”."}


def test_one_of_several_answers_is_asked_for_by_all_their_names() -> None:
    sample = form(
        {"email": text("E-mail"), "phone": text("Telephone")},
        anyOf=[{"required": ["email"]}, {"required": ["phone"]}],
    )
    assert sentences(sample.evaluate({})) == {
        "/email": "Answer at least one of these: E-mail / Telephone."
    }


def test_a_condition_may_reword_a_field() -> None:
    sample = form(
        {"country": text("Country"), "code": text("Postal code")},
        required=["code"],
        **{
            "if": {"properties": {"country": {"const": "US"}}, "required": ["country"]},
            "then": {"properties": {"code": {"title": "ZIP code"}}},
        },
    )
    assert "ZIP code" in sentences(sample.evaluate({"country": "US"}))["/code"]
    assert "Postal code" in sentences(sample.evaluate({}))["/code"]


def test_answers_that_do_not_fit_together_are_said_to_the_form_as_a_whole() -> None:
    sample = form({"a": text(), "b": text()}, **{"not": {"required": ["a", "b"]}})
    verdict = sample.evaluate({"a": "1", "b": "1"})
    assert sentences(verdict) == {"": "These answers do not fit together. Check them."}


def test_every_language_has_every_sentence() -> None:
    keys = {key for key in catalogue("en") if key.startswith("forms.")}
    for language in languages():
        theirs = catalogue(language)
        assert all(theirs.get(key) for key in keys), language
