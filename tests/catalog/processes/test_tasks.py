"""Reading tasks: each kind, and everything that is wrong with their shape."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.processes.model import For, Fork, Run, Set, Switch, Wait
from catalog.processes.parsing import parse
from catalog.processes.tasks import DEEPEST, MOST_TASKS

LEAF: dict[str, Any] = {"set": {"x": 1}}


def read(body: Any, **more: Any) -> Any:
    """The one task of a process without mistakes."""
    process, findings = parse({"do": [{"a": body}], **more})
    assert findings == []
    return process.tasks[0]


def wrong(*tasks: Any, **more: Any) -> list[tuple[str, tuple[Any, ...]]]:
    """The rules and places of what is wrong with some tasks."""
    do = [{f"t{index}": task} for index, task in enumerate(tasks)]
    return [(one.rule, one.path) for one in parse({"do": do, **more})[1]]


def test_each_kind_of_task_is_what_its_keyword_says() -> None:
    assert isinstance(read(LEAF), Set)
    assert read({"call": "undo"}).function == "undo"
    assert isinstance(read({"wait": "P1D"}), Wait)
    assert read({"wait": {"days": 2}}).duration == timedelta(days=2)
    assert (
        read({"run": {"workflow": {"namespace": "n", "name": "p", "version": "1"}}}).process
        == "n/p"
    )
    loop = read({"for": {"in": ".pets"}, "do": [{"b": LEAF}]})
    assert isinstance(loop, For)
    assert (loop.each, loop.at, loop.collection) == ("item", "index", ".pets")
    fork = read({"fork": {"branches": [{"b": LEAF}], "compete": True}})
    assert isinstance(fork, Fork)
    assert fork.compete
    choice = read({"switch": [{"b": {"when": ".x", "then": "end"}}, {"c": {"then": "exit"}}]})
    assert isinstance(choice, Switch)
    assert [(one.name, one.when, one.then) for one in choice.cases] == [
        ("b", ".x", "end"),
        ("c", None, "exit"),
    ]


@pytest.mark.parametrize(
    ("task", "rule", "place"),
    [
        ({}, "unknown-task", ()),
        ({"sett": {"x": 1}}, "unknown-task", ()),
        ({"set": {"x": 1}, "wait": "P1D"}, "shape", ()),
        ({"set": {}}, "shape", ("set",)),
        ({"set": {"x": 1}, "thn": "end"}, "unknown-key", ("thn",)),
        ({"set": {"x": 1}, "then": "nowhere"}, "then-to-nowhere", ("then",)),
        ({"wait": "soon"}, "duration", ("wait",)),
        ({"for": {}, "do": [{"b": LEAF}]}, "shape", ("for",)),
        (
            {"for": {"in": ".x", "each": "input"}, "do": [{"b": LEAF}]},
            "reserved-name",
            ("for", "each"),
        ),
        ({"fork": {"branches": []}}, "shape", ("fork",)),
        ({"switch": []}, "shape", ("switch",)),
        ({"switch": [{"b": {"when": ".x"}}]}, "shape", ("switch", 0, "b")),
        ({"raise": {"error": {"type": "x"}}}, "shape", ("raise", "error")),
        ({"raise": {"error": "unknown"}}, "unknown-name", ("raise", "error")),
        ({"try": [{"b": LEAF}]}, "shape", ()),
        ({"do": []}, "shape", ("do",)),
    ],
)
def test_what_is_wrong_has_a_rule_and_a_place(
    task: dict[str, Any], rule: str, place: tuple[Any, ...]
) -> None:
    assert (rule, ("do", 0, "t0", *place)) in wrong(task)


def test_names_of_tasks_are_clear_and_their_own_in_each_list() -> None:
    names = [{"a": LEAF}, {"a": LEAF}, {"b/c": LEAF}, {"d.1": LEAF}, LEAF | {"x": 1}]
    _, findings = parse({"do": names})
    assert {(one.rule, one.path) for one in findings} == {
        ("duplicate-task", ("do", 1, "a")),
        ("task-name", ("do", 2, "b/c")),
        ("task-name", ("do", 3, "d.1")),
        ("shape", ("do", 4)),
    }


def test_too_many_and_too_deep_tasks_are_refused_at_once() -> None:
    many = {"do": [{f"t{index}": LEAF} for index in range(MOST_TASKS + 50)]}
    process, findings = parse(many)
    assert [one.rule for one in findings] == ["too-long"]
    assert len(process.tasks) == MOST_TASKS
    deep: dict[str, Any] = LEAF
    for _ in range(DEEPEST + 5):
        deep = {"do": [{"a": deep}]}
    assert "too-deep" in {one.rule for one in parse({"do": [{"a": deep}]})[1]}


def test_a_process_that_is_run_by_another_keeps_its_name() -> None:
    run = read(
        {"run": {"workflow": {"namespace": "n", "name": "p", "version": "1"}, "await": False}}
    )
    assert isinstance(run, Run)
    assert not run.awaits
