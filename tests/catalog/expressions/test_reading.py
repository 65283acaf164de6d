"""What an expression reads: it decides which answers travel."""

import pytest

from catalog.expressions import names_read, reads_whole, variables_read


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (".amount", {"amount"}),
        ("$answers.items[].price", {"items", "price"}),
        ('.["full name"]', {"full name"}),
        ('."full name"', {"full name"}),
        ('has("iban")', {"iban"}),
        ("{amount, kind: .type, last}", {"amount", "kind", "type", "last"}),
        ('"Dear \\(.name), \\(.items | map(.title))"', {"name", "items", "title"}),
        ("$answers | keys", set()),
        ("length > 3 and true", set()),
    ],
)
def test_every_name_that_may_be_a_field_is_read(source: str, names: set[str]) -> None:
    assert names_read(source) == names


def test_variables_that_the_expression_binds_itself_are_not_read() -> None:
    assert variables_read("$answers.items[] as $item | $item.price * $rate") == {"answers", "rate"}
    assert variables_read('$x as $x | "\\($x) \\($y)"') == {"x", "y"}
    assert variables_read("{$color, a: 1}") == {"color"}


@pytest.mark.parametrize(
    "source",
    [
        "$answers",
        "$answers | .amount",
        "$answers[]",
        "$answers[0]",
        "$answers[.key]",
        '$answers["a\\(.b)"]',
        "{$answers}",
        "$answers.amount + ($answers | length)",
        '"\\($answers)"',
        "$answers as $a | $a.amount",
        "$answers?.amount",
    ],
)
def test_a_variable_without_a_field_behind_it_is_read_whole(source: str) -> None:
    assert reads_whole(source, "answers")


@pytest.mark.parametrize(
    "source",
    [
        "$answers.amount",
        '$answers["amount"]',
        '$answers.["amount"]',
        '$answers."amount"',
        "$answers.amount?",
        "$answer",
        '"$answers"',
        ".answers",
        "$settings | .answers",
    ],
)
def test_a_variable_with_a_field_behind_it_is_not(source: str) -> None:
    assert not reads_whole(source, "answers")
