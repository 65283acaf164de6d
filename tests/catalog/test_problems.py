"""Suggestions help where they can, and cost little where the choice is large."""

import time

from catalog.problems import Problem, suggestion


def test_the_nearest_word_is_suggested() -> None:
    assert suggestion("drinc", ["food", "drinks"]) == "Did you mean `drinks`?"


def test_few_words_are_listed_where_none_is_near() -> None:
    assert suggestion("xyz", ["b", "a"]) == "Write one of `a`, `b`"
    assert suggestion("xyz", map(str, range(15))).endswith("`6`, …")
    assert suggestion("xyz", map(str, range(100))) == ""
    assert suggestion("xyz", []) == "None is known yet."


def test_a_large_choice_is_no_burden() -> None:
    names = [f"form-{number}" for number in range(20_000)]
    begun = time.process_time()

    for _ in range(5):
        assert suggestion("fomr-17", [*names, "fomr-1"]) == "Did you mean `fomr-1`?"

    assert time.process_time() - begun < 2


def test_problems_come_in_the_order_of_files_and_lines() -> None:
    later, first = Problem("a", 10, 1, "x"), Problem("a", 9, 2, "y")

    assert sorted([later, first, Problem("Z", 99, 1, "z")])[1:] == [first, later]
