"""Examples stay valid: days are relative, and options are those that the customer really has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from catalog.definitions import Example
from catalog.examples import answers_for, check_example
from catalog.forms import Form
from tests.catalog.workshop import FORM, REGISTRY, titled

TODAY = date(2026, 1, 31)
AT = ("examples", 0, "answers")


@dataclass
class World:
    """A customer with two pots, each good for one sort of tea."""

    today: date = TODAY
    zone: str = "UTC"

    def options(self, name: str, answers: Mapping[str, Any]) -> list[tuple[Any, str]]:
        offers = {"pots": ["small", "large"], "sorts": [f"sort for {answers.get('pot')}"]}
        return [(value, value.title()) for value in offers.get(name, [])]

    def compute(self, name: str, answers: Mapping[str, Any]) -> None:
        return None


def test_words_for_days_become_days() -> None:
    answers = {"day": "today+14d", "trip": {"from": "today"}, "born": ["today-30y"], "a": "today?"}

    assert answers_for(Example(name="x", answers=answers), World()) == {
        "day": "2026-02-14",
        "trip": {"from": "2026-01-31"},
        "born": ["1996-01-31"],
        "a": "today?",
    }


def test_words_for_options_become_the_first_one_after_the_answers_above() -> None:
    answers = {"pot": "option:pots", "sort": "option:sorts", "cup": "option:cups"}

    assert answers_for(Example(name="x", answers=answers), World()) == {
        "pot": "small",
        "sort": "sort for small",
        "cup": "option:cups",
    }


def form_with_options() -> Form:
    sort = titled("Sort", type="string", **{"x-options": "sorts"})
    return Form.compile({**FORM, "properties": {"sort": sort}}, "tea")


def test_an_option_is_taken_at_its_word_while_loading() -> None:
    for answer in ("green", "option:sorts"):
        example = Example(name="x", answers={"sort": answer})
        assert not list(check_example(example, form_with_options(), TODAY, REGISTRY, AT))


def test_an_unknown_source_of_options_is_a_mistake() -> None:
    example = Example(name="x", answers={"sort": "option:sort"})

    [mistake] = check_example(example, form_with_options(), TODAY, REGISTRY, AT)

    assert mistake.path == (*AT, "sort")
    assert mistake.message == "there is no source of options `sort`"
    assert mistake.hint == "Did you mean `sorts`?"


def test_a_mistake_names_the_example_and_the_field() -> None:
    example = Example(name="early", answers={"sort": "green", "day": "today-1d"})

    [mistake] = check_example(example, Form.compile(FORM, "tea"), TODAY, REGISTRY, AT)

    assert mistake.path == (*AT, "day")
    assert mistake.message.startswith("the example `early` is not valid: “Day” must be January 31")
