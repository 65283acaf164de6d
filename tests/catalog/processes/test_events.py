"""Which events a task listens for."""

from typing import Any

import pytest

from catalog.processes.model import Consumption, Listen
from catalog.processes.parsing import parse

TEA = {"with": {"type": "com.example.tea"}}


def read(to: Any) -> tuple[Consumption, list[str]]:
    """What is listened for, and what is wrong with it."""
    process, findings = parse({"do": [{"wait": {"listen": {"to": to}}}]})
    task = process.tasks[0]
    assert isinstance(task, Listen)
    return task.to, [one.message for one in findings]


@pytest.mark.parametrize(("mode", "given"), [("one", TEA), ("any", [TEA, TEA]), ("all", [TEA])])
def test_one_any_or_all_of_some_events(mode: str, given: Any) -> None:
    to, wrong = read({mode: given})
    assert (to.mode, wrong) == (mode, [])
    assert all(one.attributes == TEA["with"] for one in to.filters)


def test_any_goes_on_until_a_condition_or_another_event() -> None:
    assert read({"any": [TEA], "until": ". | length > 3"})[0].until_condition == ". | length > 3"
    until = read({"any": [TEA], "until": {"one": TEA}})[0].until_events
    assert until
    assert until.mode == "one"


def test_events_that_belong_together_are_correlated() -> None:
    correlate = {"room": {"from": ".data.room", "expect": "${ .room }"}}
    to, wrong = read({"one": TEA | {"correlate": correlate}})
    assert wrong == []
    assert to.filters[0].correlate == correlate


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ({}, "it is not said which events are meant"),
        ({"one": TEA, "any": [TEA]}, "it is not said which events are meant"),
        ({"one": {}}, "it is not said which events are meant"),
        ({"all": TEA}, "the events are a list"),
        ({"all": [TEA], "until": ".x"}, "only `any` has an `until`"),
        ({"one": TEA | {"correlate": {"room": {}}}}, "there is no `from`"),
    ],
)
def test_what_is_wrong_is_said(to: Any, message: str) -> None:
    assert message in read(to)[1]
