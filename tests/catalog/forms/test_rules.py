"""What the world around a form judges: today, and the options of a data source."""

from datetime import date

import pytest

from catalog.forms.rules import day_limit
from tests.catalog.forms.samples import World, form, sentences, text

TODAY = date(2027, 1, 31)
SOURCES = {"colours": [("r", "Red"), ("g", "Green")], "shades": [("d", "Dark")]}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("today", "2027-01-31"),
        ("today+30d", "2027-03-02"),
        ("today-31d", "2026-12-31"),
        ("today+1m", "2027-02-28"),
        ("today-2m", "2026-11-30"),
        ("today-12m", "2026-01-31"),
        ("today+1y", "2028-01-31"),
        ("2026-05-06", "2026-05-06"),
    ],
)
def test_a_limit_is_relative_to_today_or_a_day(rule: str, expected: str) -> None:
    assert day_limit(rule, TODAY).isoformat() == expected


def test_anything_else_is_no_limit() -> None:
    with pytest.raises(ValueError, match="Invalid isoformat"):
        day_limit("tomorrow", TODAY)


def test_days_before_and_after_the_limits_are_refused() -> None:
    day = text("Day", format="date", **{"x-not-before": "today", "x-not-after": "today+30d"})
    sample = form({"day": day})
    world = World(today=TODAY)
    assert sample.evaluate({"day": "2027-01-31"}, context=world).valid
    early = sample.evaluate({"day": "2027-01-30"}, context=world)
    assert sentences(early) == {"/day": "“Day” must be January 31, 2027 or later."}
    late = sample.evaluate({"day": "2027-03-03"}, "es", context=world)
    assert sentences(late, "es")["/day"].startswith("«Day» debe ser el 2 de marzo de 2027")
    assert sample.evaluate({"day": "2027-13-01"}, context=world).errors[0].key.endswith("date")


def test_without_a_context_nothing_outside_the_answers_is_judged() -> None:
    day = text("Day", format="date", **{"x-not-before": "today"})
    sample = form({"day": day, "colour": text("Colour", **{"x-options": "colours"})})
    assert sample.evaluate({"day": "1999-01-01", "colour": "blue"}).valid


def test_an_option_must_be_one_of_its_source() -> None:
    colour = text("Colour", **{"x-options": "colours"})
    many = {"type": "array", "title": "Colours", "items": colour}
    sample = form({"colour": colour, "many": many})
    world = World(sources=SOURCES)
    assert sample.evaluate({"colour": "r", "many": ["g", "r"]}, context=world).valid
    verdict = sample.evaluate({"colour": "b", "many": ["g", "x"]}, context=world)
    assert sentences(verdict) == {
        "/colour": "Choose one of the options for “Colour”.",
        "/many/1": "Choose one of the options for “Colours 2”.",
    }


def test_a_source_never_sees_a_wrong_answer() -> None:
    sample = form(
        {
            "colour": text("Colour", **{"x-options": "colours"}),
            "seats": {"type": "integer", "title": "Seats"},
            "group": {
                "type": "object",
                "title": "Group",
                "properties": {"size": {"type": "integer", "title": "Size"}, "name": text()},
            },
            "shade": text("Shade", **{"x-options": "shades"}),
        }
    )
    world = World(sources=SOURCES)
    answers = {
        "colour": "blue",
        "seats": "x",
        "group": {"size": "big", "name": "n"},
        "shade": "d",
    }
    sample.evaluate(answers, context=world)
    assert world.asked[-1] == ("shades", {"group": {"name": "n"}, "shade": "d"})


def test_an_answer_with_an_error_is_not_looked_up() -> None:
    sample = form({"colour": text("Colour", maxLength=3, **{"x-options": "colours"})})
    world = World(sources=SOURCES)
    assert len(sample.evaluate({"colour": "purple"}, context=world).errors) == 1
    assert world.asked == []
