"""Which task may come after which."""

from typing import Any

from catalog import yaml12
from catalog.processes.parsing import parse
from studio.lint.graph import OVER, Graph, completes


def graph(text: str) -> Graph:
    source: Any = yaml12.read(text.encode()).value
    return Graph.of(parse(source)[0])


def names(made: Graph, task: str) -> set[str]:
    """The tasks that may come right after one, by their names."""
    (place,) = [path for path, one in made.tasks.items() if one.name == task]
    return {"over" if path == OVER else made.tasks[path].name for path in made.follows[place]}


def test_tasks_follow_in_order_or_where_they_are_sent() -> None:
    made = graph(
        "do:\n"
        "  - a: {set: {x: 1}, then: c}\n"
        "  - b: {set: {x: 1}}\n"
        "  - c: {set: {x: 1}, if: .x, then: end}\n"
        "  - d: {set: {x: 1}}\n"
    )
    assert names(made, "a") == {"c"}
    assert names(made, "c") == {"d", "over"}
    assert {task.name for task in made.reached_tasks} == {"a", "c", "d"}


def test_a_switch_goes_on_only_where_no_case_need_match() -> None:
    made = graph(
        "do:\n"
        "  - a: {switch: [{x: {when: .x, then: c}}]}\n"
        "  - b: {switch: [{x: {when: .x, then: c}}, {y: {then: exit}}]}\n"
        "  - c: {set: {x: 1}}\n"
    )
    assert names(made, "a") == {"b", "c"}
    assert names(made, "b") == {"c", "over"}


def test_a_loop_comes_back_to_itself() -> None:
    made = graph("do:\n  - a: {for: {in: .x}, do: [{b: {wait: PT1S}}]}\n  - c: {wait: PT1S}\n")
    assert names(made, "a") == {"b", "c"}
    assert names(made, "b") == {"a"}


def test_whatever_is_tried_may_lead_to_what_is_caught() -> None:
    made = graph(
        "do:\n"
        "  - a:\n"
        "      try: [{b: {wait: PT1S}}, {c: {raise: {error: {type: x, status: 1}}}}]\n"
        "      catch: {do: [{d: {wait: PT1S}}], then: f}\n"
        "  - e: {wait: PT1S}\n"
        "  - f: {wait: PT1S}\n"
    )
    assert names(made, "b") == {"c", "d"}
    assert names(made, "c") == {"d", "over"}
    assert names(made, "d") == {"f"}


def test_a_list_that_always_ends_the_process_never_completes() -> None:
    made = graph("do: [{a: {do: [{b: {set: {x: 1}, then: end}}]}}, {c: {wait: PT1S}}]")
    assert not completes(made.process.tasks[0].tasks)  # type: ignore[attr-defined]
    assert {task.name for task in made.reached_tasks} == {"a", "b"}
