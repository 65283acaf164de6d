"""Which texts of a definition are expressions, and how values with expressions are evaluated."""

from typing import Any

import pytest

from catalog.expressions import Jq, evaluate_all, is_expression, source_of


@pytest.mark.parametrize("value", ["${ .a }", "${.a}", "  ${ .a }\n", '${ "}" }', "${}"])
def test_what_stands_between_the_braces_is_an_expression(value: str) -> None:
    assert is_expression(value)


@pytest.mark.parametrize(
    "value", ["", ".a", "$answers", "{ .a }", "a ${ .a }", "${ .a", 1, None, []]
)
def test_all_else_is_not(value: Any) -> None:
    assert not is_expression(value)


@pytest.mark.parametrize(
    ("value", "source"),
    [("${ .a }", ".a"), (" ${.a}\n", ".a"), (".a == 1", ".a == 1"), (" $a.b ", "$a.b")],
)
def test_where_the_language_allows_it_the_braces_may_be_left_out(value: str, source: str) -> None:
    assert source_of(value) == source


def test_every_expression_inside_a_value_is_replaced_and_the_rest_stays() -> None:
    value = {
        "amount": "${ $answers.amount }",
        "${ .key }": "a key is no expression",
        "lines": [{"price": "${ .price }"}, "text", 3, None, True],
        "empty": {},
    }
    assert evaluate_all(Jq(), value, {"price": 5, "key": "k"}, {"answers": {"amount": 7}}) == {
        "amount": 7,
        "${ .key }": "a key is no expression",
        "lines": [{"price": 5}, "text", 3, None, True],
        "empty": {},
    }


def test_what_an_expression_gives_is_not_evaluated_again() -> None:
    assert evaluate_all(Jq(), "${ .text }", {"text": "${ .secret }", "secret": 1}, {}) == (
        "${ .secret }"
    )
