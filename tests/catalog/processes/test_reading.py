"""What the expressions of a process read: rather too much than too little."""

from catalog.processes.reading import names_read_by, numbers_in, texts
from catalog.processes.texts import DEFINED


def test_names_are_those_of_expressions_with_and_without_braces() -> None:
    source = [{"if": ".age > 5"}, {"set": {"a": '${ $answers["name"] }', "b": "${ {email} }"}}]
    assert names_read_by(source) >= {"age", "name", "email"}


def test_what_is_no_expression_reads_nothing() -> None:
    assert names_read_by(["two words", 5, None, {"a": True}]) == set()


def test_texts_are_found_wherever_they_stand() -> None:
    assert list(texts({"a": ["x", {"b": "y"}], "c": 5, "d": ("z",)})) == ["x", "y", "z"]


def test_numbers_are_those_of_values_and_expressions() -> None:
    source = {"a": [1, 2.5, True, "> 100"], "b": "${ .x < 30 and .y1 != 7.5 }", "c": {}}
    assert numbers_in(source) == {1, 100, 30}


def test_the_places_of_texts_are_no_numbers() -> None:
    assert numbers_in({"title": {DEFINED: "/do/3/tell"}}) == set()
