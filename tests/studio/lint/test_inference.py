"""What is known of an expression's value before it runs."""

from typing import Any

import orjson
import pytest

from catalog.expressions.parsing import parse
from studio.lint.inference import Impossible, Missing, Reader
from studio.lint.values import (
    ANYTHING,
    NULL,
    NUMBER,
    TEXT,
    Value,
    join,
    list_of,
    literal,
    object_of,
    one_of,
    rooted,
)

DOT = object_of(
    {
        "decision": one_of(["yes", "no", None]),
        "cups": NUMBER,
        "note": TEXT.or_null(),
        "lines": list_of(object_of({"amount": NUMBER})),
        "more": ANYTHING,
    },
    "dot",
)


def follow(expression: str) -> tuple[Value, Reader]:
    reader = Reader({"context": NULL, "settings": rooted(literal({"limit": 3}), "settings")})
    return reader.value(parse(expression), DOT), reader


@pytest.mark.parametrize(
    ("expression", "choices"),
    [
        (".decision", ["yes", "no", None]),
        ('.decision // "none"', ["yes", "no", "none"]),
        ('.decision == "perhaps"', [False]),
        ('.decision != "perhaps"', [True]),
        ('.decision == "yes"', [True, False]),
        ('.decision | IN("perhaps", "never")', [False]),
        ('.decision == "perhaps" and .cups > 3', [False]),
        ('.decision == "perhaps" or true', [True]),
        ('.decision == "perhaps" | not', [True]),
        ("if .cups > 3 then 1 else 2 end", [1, 2]),
        ("if true then 1 else 2 end", [1]),
        ("{a: .decision} | .a", ["yes", "no", None]),
        ('.decision as $d | [$d, "x"] | .[0]', ["yes", "no", "x", None]),
        ("$settings.limit", [3]),
        ("$context + {a: 1} | .a", [1]),
        ("{a: 1} + {a: 2, b: 3} | .a", [2]),
    ],
)
def test_the_choices_of_a_value_are_followed(expression: str, choices: list[Any]) -> None:
    found = follow(expression)[0].choices
    assert found == frozenset(orjson.dumps(one).decode() for one in choices)


@pytest.mark.parametrize(
    ("expression", "kinds"),
    [
        (".cups + 1", {"number"}),
        ('"\\(.cups) cups"', {"string"}),
        ("[.lines[].amount]", {"array"}),
        (".lines[0].amount", {"number", "null"}),
        (".lines | map(.amount) | length", {"number"}),
        (".more.whatever", None),
        ("-.cups", {"number"}),
        ("try .note catch 3", {"string", "null", "number"}),
    ],
)
def test_the_kinds_of_a_value_are_followed(expression: str, kinds: set[str] | None) -> None:
    assert follow(expression)[0].kinds == kinds


@pytest.mark.parametrize(
    ("expression", "spelt"),
    [
        (".cup", ".cup"),
        ("$settings.limits", "$settings.limits"),
        (".lines[] | .price", ".price"),
        (".lines | map(.price)", ".price"),
        ("any(.lines[]; .price > 3)", ".price"),
        ('has("cup")', 'has("cup")'),
    ],
)
def test_a_member_that_cannot_be_there_is_noted(expression: str, spelt: str) -> None:
    (note,) = follow(expression)[1].notes
    assert isinstance(note, Missing)
    assert note.spelt == spelt


def test_a_comparison_that_never_holds_is_noted() -> None:
    (note,) = follow('.decision == "maybe"')[1].notes
    assert isinstance(note, Impossible)
    assert (note.spelt, note.value) == (".decision", '"maybe"')


@pytest.mark.parametrize(
    "expression", [".note == null", ".more.x.y", '.decision == "no"', ".more | keys", ".note?"]
)
def test_what_may_be_is_not_noted(expression: str) -> None:
    assert follow(expression)[1].notes == []


def test_where_paths_meet_what_one_lacks_may_be_null() -> None:
    met = join(literal({"a": 1, "b": 2}), literal({"a": 3}))
    assert met.member("a") == one_of([1, 3])
    assert met.member("b") == one_of([2, None])
    assert met.member("c") is None
    assert join(met, ANYTHING) == ANYTHING
