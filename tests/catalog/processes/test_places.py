"""Where a process holds expressions, and what is none."""

from typing import Any

import pytest

from catalog.processes.parsing import parse
from catalog.processes.places import expressions, inside


def places(task: dict[str, Any], **more: Any) -> dict[str, str]:
    """The expressions of a process of one task, by their places below it."""
    process, _ = parse({"do": [{"a": task}], **more})
    found = (("/".join(map(str, path)), text) for path, text in expressions(process))
    return {path.removeprefix("do/0/a/"): text for path, text in found}


@pytest.mark.parametrize(
    ("task", "found"),
    [
        ({"set": {"x": "${ .a }", "y": "plain", "z": [1, "${ .b }"]}}, {"set/x", "set/z/1"}),
        ({"set": ".a"}, {"set"}),
        ({"if": ".a", "set": {"x": 1}}, {"if"}),
        ({"call": "f", "with": {"x": "${ .a }", "y": ".b"}}, {"with/x"}),
        ({"switch": [{"b": {"when": ".a", "then": "end"}}]}, {"switch/0/b/when"}),
        ({"wait": "${ .a }"}, {"wait"}),
        (
            {"raise": {"error": {"type": "x", "status": 1, "title": "${ .a }"}}},
            {"raise/error/title"},
        ),
        ({"emit": {"event": {"with": {"type": "x", "data": "${ .a }"}}}}, {"emit/event/with/data"}),
        (
            {"for": {"in": ".a"}, "while": ".b", "do": [{"c": {"set": {"x": 1}}}]},
            {"for/in", "while"},
        ),
        (
            {"set": {"x": 1}, "metadata": {"values": {"n": "${ .a }"}, "title": "${ .b }"}},
            {"metadata/values/n"},
        ),
        (
            {
                "listen": {
                    "to": {
                        "any": [
                            {
                                "with": {"type": "x", "data": "${ .a }"},
                                "correlate": {"r": {"from": ".b", "expect": "${ .c }"}},
                            }
                        ],
                        "until": ".d",
                    }
                }
            },
            {
                "listen/to/any/0/with/data",
                "listen/to/any/0/correlate/r/from",
                "listen/to/any/0/correlate/r/expect",
                "listen/to/until",
            },
        ),
        (
            {
                "try": [{"b": {"set": {"x": 1}}}],
                "catch": {"when": ".a", "exceptWhen": ".b", "retry": {"delay": "${ .c }"}},
            },
            {"catch/when", "catch/exceptWhen", "catch/retry/delay"},
        ),
    ],
)
def test_every_place_of_a_task(task: dict[str, Any], found: set[str]) -> None:
    assert set(places(task)) == found


def test_the_process_itself_has_some_too() -> None:
    found = places({"set": {"x": 1}}, input={"from": ".a"}, output={"as": "${ .b }"})
    assert found == {"input/from": ".a", "output/as": "${ .b }"}


def test_an_expression_is_a_whole_text() -> None:
    assert list(inside({"a": "x ${ .b }", "c": " ${ .d } "}, ())) == [(("c",), " ${ .d } ")]
