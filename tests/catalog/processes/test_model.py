"""The tasks of a process as a tree."""

from catalog.processes.model import pointer, walk
from catalog.processes.parsing import parse


def test_every_task_is_walked_outer_before_inner_functions_last() -> None:
    leaf = {"set": {"x": 1}}
    process, findings = parse(
        {
            "use": {"functions": {"f": {"do": [{"g": leaf}]}}},
            "do": [
                {"a": {"do": [{"b": leaf}]}},
                {"c": {"fork": {"branches": [{"d": leaf}, {"e": leaf}]}}},
                {"h": {"try": [{"i": leaf}], "catch": {"do": [{"j": leaf}]}}},
            ],
        }
    )
    assert not findings
    assert [task.name for task in process.every_task()] == list("abcdehijfg")
    assert [task.name for task in walk(process.tasks)] == list("abcdehij")


def test_a_pointer_escapes_what_it_is_made_of() -> None:
    assert pointer(("do", 0, "a/b~c")) == "/do/0/a~1b~0c"


def test_a_task_knows_its_pointer_and_its_kind() -> None:
    process, _ = parse({"do": [{"a": {"set": {"x": 1}}}]})
    (task,) = process.tasks
    assert (task.pointer, task.kind, process.bare) == ("/do/0/a", "set", False)
    assert parse({"document": {}, "do": []})[0].bare
