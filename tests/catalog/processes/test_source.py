"""A node of a source: what is read at one place, and what is noted when it is something else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from catalog.processes.source import Node, Reading


def node(value: Any, **use: Any) -> Node:
    """A node at `/x`."""
    return Node(value, ("x",), Reading(use))


def noted(one: Node) -> list[tuple[str, tuple[Any, ...]]]:
    """What is wrong with it so far."""
    return [(found.rule, found.path) for found in one.reading.findings]


def test_what_lies_below_has_its_place() -> None:
    one = node({"a": {"b": [1]}})
    below = one.at("a").at("b")
    assert (below.value, below.path) == ([1], ("x", "a", "b"))
    assert [each.path for each in below.elements("", "")] == [("x", "a", "b", 0)]
    assert "a" in one
    assert "b" not in one
    assert one.at("c").at("d").value is None
    assert noted(one) == []


@pytest.mark.parametrize(
    ("read", "value", "given"),
    [
        (Node.text, "words", "words"),
        (Node.optional_text, None, None),
        (Node.count, 3, 3),
        (Node.count, None, None),
        (Node.length, "PT1M", timedelta(minutes=1)),
        (Node.length, "${ .x }", "${ .x }"),
    ],
)
def test_what_fits_is_given(read: Callable[[Node], Any], value: Any, given: Any) -> None:
    one = node(value)
    assert read(one) == given
    assert noted(one) == []


@pytest.mark.parametrize(
    ("read", "value", "rule"),
    [
        (Node.mapping, [], "shape"),
        (Node.text, 5, "shape"),
        (Node.text, None, "shape"),
        (Node.optional_text, True, "shape"),
        (Node.count, 0, "shape"),
        (Node.count, True, "shape"),
        (Node.length, "soon", "duration"),
        (lambda one: one.elements("a list belongs here", ""), {}, "shape"),
        (lambda one: one.single("one name belongs here", ""), {"a": 1, "b": 2}, "shape"),
        (lambda one: one.named("errors"), "unknown", "unknown-name"),
    ],
)
def test_what_does_not_fit_is_noted_at_its_place(
    read: Callable[[Node], Any], value: Any, rule: str
) -> None:
    one = node(value)
    read(one)
    assert noted(one) == [(rule, ("x",))]


def test_keys_that_mean_nothing_are_noted_with_the_nearest_that_does() -> None:
    one = node({"delay": 1, "dealy": 2})
    assert one.known("delay").value == one.value
    assert noted(one) == [("unknown-key", ("x", "dealy"))]
    assert one.reading.findings[0].hint == "Did you mean `delay`?"


def test_a_name_stands_for_what_use_defines() -> None:
    one = node("soon", timeouts={"soon": {"after": "PT1M"}}).named("timeouts")
    assert (one.value, one.path) == ({"after": "PT1M"}, ("x",))
    assert node({"after": "P1D"}).named("timeouts").value == {"after": "P1D"}


@pytest.mark.parametrize("name", ["answers", "a-b", "1a", ""])
def test_variables_have_names_of_their_own(name: str) -> None:
    one = node({"as": name})
    one.variable("as", "error")
    assert noted(one) == [("reserved-name", ("x", "as"))]
    assert node({}).variable("as", "error") == "error"
