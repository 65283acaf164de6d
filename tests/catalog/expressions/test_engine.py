"""Expressions are checked and evaluated, by libjq, within bounds."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.expressions import ExpressionError, Jq

engine = Jq()


def refused(source: str, state: Any = None, **variables: Any) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        engine.evaluate(source, state, variables)
    return caught.value


def test_an_expression_reads_the_state_and_its_variables() -> None:
    assert engine.evaluate("$answers.amount > .limit", {"limit": 3}, {"answers": {"amount": 4}})


def test_the_first_value_counts_and_none_is_none() -> None:
    assert engine.evaluate(".[]", [3, 2], {}) == 3
    assert engine.evaluate(".[]", [], {}) is None
    assert engine.evaluate(".missing", {}, {}) is None
    assert engine.evaluate(".[], 1 / 0", [3], {}) == 3


@pytest.mark.parametrize("name", ["index", "if", "end", "reduce", "color_2", "now"])
def test_a_variable_may_have_any_name(name: str) -> None:
    assert engine.evaluate(f"${name} + 1", None, {name: 1}) == 2


def test_a_variable_that_is_not_defined_is_said() -> None:
    error = refused("$answer.amount", answers={}, settings={})
    assert error.message == "`$answer.amount` reads `$answer`, which is not defined here."
    assert error.hint == "Did you mean `answers`?"


def test_an_expression_is_checked_without_its_variables() -> None:
    engine.check("$answers.amount > 3 and $color == .color")
    with pytest.raises(ExpressionError):
        engine.check("$answers.amount >")


# Sizes and numbers


def test_the_state_and_the_variables_read_have_a_largest_size() -> None:
    text = "x" * 16_300
    assert engine.evaluate(".a | length", {"a": text}, {}) == 16_300
    assert "16384 are allowed" in refused(".a", {"a": text + "x" * 100}).message
    assert "16384 are allowed" in refused(".a + $b", {"a": text}, b=text).message


def test_a_variable_that_is_not_read_may_have_any_size() -> None:
    assert engine.evaluate("$b", 1, {"a": "x" * 100_000, "b": 2}) == 2


@pytest.mark.parametrize(
    "source", [". + .", "[., .]", "{a: ., b: .}", '"\\(.)\\(.)"', "[., .] | tojson"]
)
def test_a_result_has_a_largest_size(source: str) -> None:
    assert "16384" in refused(source, "x" * 10_000).message


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**63, 2**64, 10**30])
def test_a_number_that_jq_would_change_is_refused(number: int) -> None:
    assert "loses digits" in refused(".a", {"a": [number]}).message
    assert "loses digits" in refused("$n", n=number).message
    assert engine.evaluate("1", None, {"unread": number}) == 1


def test_numbers_up_to_there_are_exact() -> None:
    for number in (2**53 - 1, -(2**53) + 1, 12_345_678_901_234):
        assert engine.evaluate(". - 0", number, {}) == number


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_does_not_know_is_refused(number: float) -> None:
    assert "finite" in refused(".", {"a": [1, {"b": number}]}).message


def test_a_large_fraction_is_no_result() -> None:
    assert "loses digits" in refused(".a", {"a": 1e300}).message


def test_a_whole_number_comes_back_as_an_integer() -> None:
    assert repr(engine.evaluate("[1.0, .a / 2, 0.5]", {"a": 4}, {})) == "[1, 2, 0.5]"


def test_what_is_not_json_is_refused() -> None:
    for value in ({1: 2}, {1, 2}, object(), "\ud800"):
        assert "not JSON" in refused(".", value).message


# Errors


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        (".items[]", "`.items[]` cannot be evaluated: Cannot iterate over null.", "`.items[]?`"),
        (".name + 1", "string and number cannot be added", ""),
        (".none - 1", "`-` needs two numbers, and got null and number", "`(.amount // 0)`"),
        (".name.first", "Cannot index string with string", "`.name?`"),
        (".name | fromdate", "the date is not like 2026-03-01T12:00:00Z", ""),
        (".name | tonumber", "string cannot be parsed as a number", ""),
        ("{(.age): 1}", "Cannot use number", ""),
        (".name | del(. + 1)", "cannot be evaluated", ""),
        (".people | join(1)", "cannot be added", ""),
        ("[.people] | @csv", "is not valid in a csv row", ""),
    ],
)
def test_an_error_says_what_went_wrong_without_what_it_went_wrong_with(
    source: str, message: str, hint: str
) -> None:
    error = refused(source, {"name": "Ana (x) and string (y)", "age": 41, "people": ["Ana", {}]})
    assert message in error.message
    assert error.message.endswith(".")
    assert hint in error.hint
    assert "Ana" not in str(error)
    assert "41" not in str(error)


# The machine stays out of it


def test_dates_do_not_depend_on_the_time_zone_or_the_language() -> None:
    program = (
        "from catalog.expressions import Jq; print(Jq().evaluate("
        """'[.[] | fromdate | ., todate]', ["2026-03-29T01:30:00Z", "2026-11-01T05:30:00Z"], {}))"""
    )
    root = Path(__file__).parents[3]

    def printed(zone: str) -> str:
        environment = {**os.environ, "TZ": zone, "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            cwd=root,
            env=environment,
        ).stdout

    dates = "[1774747800, '2026-03-29T01:30:00Z', 1793511000, '2026-11-01T05:30:00Z']\n"
    assert [printed(zone) for zone in ("UTC", "America/New_York", "Europe/Madrid")] == [dates] * 3


def test_threads_share_an_engine() -> None:
    wrong: list[Any] = []

    def work(number: int) -> None:
        for _ in range(200):
            found = engine.evaluate("[.[] | . * $n] | add", [1, 2, 3], {"n": number})
            if found != 6 * number:
                wrong.append(found)
            if refused(".a.b", {"a": number}).message.count("Cannot index") != 1:
                wrong.append("message")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_error_leaves_nothing_behind() -> None:
    for _ in range(3):
        refused(".[] | 1 / .", [0])
        assert engine.evaluate(".[] | 1 / .", [2], {}) == 0.5


# Anything goes in, and nothing bad comes out

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
FRAGMENTS = """
. .a .[] [ ] { } ( ) | , // + - * / % == < and or not if then else end as $x $answers " \\( 1 2.5
null map( select( ; : ? try catch empty length keys add tojson @json .. = |= def reduce
"""
fragments = st.lists(st.sampled_from(FRAGMENTS.split()), max_size=12).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(st.text() | fragments, values)
def test_any_text_is_refused_or_gives_json(source: str, state: Any) -> None:
    try:
        engine.check(source)
        result = engine.evaluate(source, state, {"x": state, "answers": {"a": 1}})
    except ExpressionError:
        return
    assert len(json.dumps(result, allow_nan=False, ensure_ascii=False)) < 40_000


@settings(max_examples=200, deadline=None)
@given(values)
def test_a_value_that_is_taken_comes_back_as_it_was(value: Any) -> None:
    try:
        assert engine.evaluate(".", value, {}) == value
    except ExpressionError as error:
        assert any(part in str(error) for part in ("digits", "finite", "not JSON"))  # noqa: PT017
