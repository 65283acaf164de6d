"""Examples stay valid: days in them are relative to the day they are asked for."""

from datetime import date

from catalog.definitions import Example
from catalog.examples import answers_on, check_example
from catalog.forms import Form
from tests.catalog.workshop import FORM, titled

TODAY = date(2026, 1, 31)


def test_words_for_days_become_days() -> None:
    answers = {
        "day": "today+14d",
        "trip": {"from": "today"},
        "born": ["today-30y"],
        "said": "today?",
    }

    assert answers_on(Example(name="x", answers=answers), TODAY) == {
        "day": "2026-02-14",
        "trip": {"from": "2026-01-31"},
        "born": ["1996-01-31"],
        "said": "today?",
    }


def test_an_option_of_a_data_source_is_taken_at_its_word() -> None:
    sort = titled("Sort", type="string", **{"x-options": "sorts"})
    form = Form.compile({**FORM, "properties": {"sort": sort}}, "tea")

    assert not list(check_example(Example(name="x", answers={"sort": "green"}), form, TODAY, ()))


def test_a_mistake_names_the_example_and_the_field() -> None:
    form = Form.compile(FORM, "tea")
    example = Example(name="early", answers={"sort": "green", "day": "today-1d"})

    [mistake] = check_example(example, form, TODAY, ("examples", 0, "answers"))

    assert mistake.path == ("examples", 0, "answers", "day")
    assert mistake.message.startswith("the example `early` is not valid: “Day” must be January 31")
