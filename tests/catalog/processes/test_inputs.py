"""What processes give to steps."""

from typing import Any

from catalog.processes.inputs import given, misfits, names_in, usual_forms
from catalog.processes.model import Call
from catalog.processes.parsing import parse
from workflows.registry import step_types

STEPS = step_types()
TEA = {"en": "Tea", "es": "Té", "pt": "Chá"}
DECIDERS = {"group": "back-office", "deadline": "P1D"}


def call(step: str, metadata: dict[str, Any] | None = None, **arguments: Any) -> Call:
    """A task that calls a step."""
    body = {"call": step, "with": arguments, "metadata": metadata or {}}
    task = parse({"do": [{"a": body}]})[0].tasks[0]
    assert isinstance(task, Call)
    return task


def test_the_title_of_a_task_is_given_to_a_step_that_asks_for_one() -> None:
    approval = call("approval", {"title": TEA}, deciders=DECIDERS)
    assert given(approval, STEPS["approval"])["title"] == TEA
    assert "title" not in given(call("undo", {"title": TEA}), STEPS["undo"])


def test_what_does_not_fit_is_said_with_its_place() -> None:
    found = misfits(STEPS["charge"].model, {"amount": "much", "currency": "EUR", "title": TEA})
    assert [one.path for one in found] == [("amount",)]
    misspelt = misfits(STEPS["charge"].model, {"amout": 1, "currency": "EUR", "title": TEA})
    assert {one.path for one in misspelt} == {("amount",), ("amout",)}


def test_expressions_may_give_anything() -> None:
    arguments = {"amount": "${ .x }", "currency": "${ .y }", "title": TEA}
    assert misfits(STEPS["charge"].model, arguments) == []


def test_names_are_found_with_what_they_name() -> None:
    arguments = {"deciders": DECIDERS | {"escalations": [{"group": "operations", "within": "P1D"}]}}
    found = {(kind, name) for _, kind, name in names_in(STEPS["approval"], arguments)}
    assert found >= {("group", "back-office"), ("group", "operations")}


def test_a_step_shows_its_usual_form_unless_another_is_named() -> None:
    step = STEPS["approval"]
    assert usual_forms(step, {}) == {"form": "approval"}
    assert usual_forms(step, {"form": "other"}) == {}
