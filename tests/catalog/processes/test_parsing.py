"""Reading a process as a whole: what it may hold beside its tasks."""

from typing import Any

import pytest

from catalog.processes.parsing import parse

LEAF: dict[str, Any] = {"set": {"x": 1}}


def wrong(**more: Any) -> list[tuple[str, tuple[Any, ...]]]:
    """The rules and places of what is wrong with a process of one task."""
    return [(one.rule, one.path) for one in parse({"do": [{"a": LEAF}], **more})[1]]


@pytest.mark.parametrize("source", [None, [], "do", 5, {}, {"do": None}, {"do": "x"}, {"do": [1]}])
def test_anything_can_be_read_and_is_told_what_it_lacks(source: Any) -> None:
    process, findings = parse(source)
    assert findings
    assert process.tasks == ()


@pytest.mark.parametrize(
    ("schedule", "count"),
    [
        ({"every": "P1D"}, 0),
        ({"cron": "0 0 * * *"}, 0),
        ({}, 1),
        ({"every": "P1D", "after": "P1D"}, 1),
    ],
)
def test_a_schedule_has_one_way_to_start(schedule: dict[str, Any], count: int) -> None:
    assert len(wrong(schedule=schedule)) == count


def test_a_document_of_its_own_has_a_header() -> None:
    header = {"dsl": "1.0.3", "namespace": "n", "name": "p", "version": "1.0.0"}
    assert wrong(document=header) == []
    assert wrong(document=header | {"dsl": "2.0.0"}) == [("document", ("document", "dsl"))]
    assert len(wrong(document={})) == 4


@pytest.mark.parametrize(
    ("more", "rule", "place"),
    [
        ({"usee": {}}, "unknown-key", ("usee",)),
        ({"use": "x"}, "shape", ("use",)),
        ({"use": {"secret": []}}, "unknown-key", ("use", "secret")),
        ({"use": {"secrets": "garage"}}, "secret", ("use", "secrets")),
        ({"schedule": {"every": "soon"}}, "duration", ("schedule", "every")),
        ({"schedule": {"on": {}}}, "shape", ("schedule", "on")),
    ],
)
def test_what_is_wrong_has_a_rule_and_a_place(
    more: dict[str, Any], rule: str, place: tuple[str, ...]
) -> None:
    assert wrong(**more) == [(rule, place)]


def test_functions_are_tasks_with_a_name() -> None:
    source = {"do": [{"a": LEAF}], "use": {"functions": {"tell": LEAF}, "secrets": ["garage"]}}
    process, findings = parse(source)
    assert findings == []
    assert process.functions["tell"].path == ("use", "functions", "tell")
    assert process.secrets == ("garage",)
