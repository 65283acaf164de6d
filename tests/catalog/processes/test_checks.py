"""What a process must get right to be published, beyond its shape."""

from typing import Any

import pytest

from catalog.processes.checks import check_document, check_process
from catalog.processes.parsing import parse
from workflows.registry import definition_registry

REGISTRY = definition_registry()
TEA = {"en": "Tea", "es": "Té", "pt": "Chá"}


def rules(*tasks: Any, **more: Any) -> set[str]:
    """The rules that some tasks break."""
    do = [{f"t{index}": task} for index, task in enumerate(tasks)]
    process, findings = parse({"do": do, **more})
    assert findings == []
    return {one.rule for one in check_process(process, None, REGISTRY)}


@pytest.mark.parametrize(
    ("task", "rule"),
    [
        ({"set": {"x": "${ .a( }"}}, "expression"),
        ({"set": {"x": "${ env }"}}, "expression"),
        ({"set": {"x": "${ range(9) }"}}, "expression"),
        ({"set": {"x": "${ $anwsers.a }"}}, "unknown-variable"),
        ({"call": "chrge"}, "unknown-step"),
        ({"call": "charge", "with": {"amount": "much"}}, "step-input"),
        ({"call": "route-case"}, "case"),
        ({"run": {"workflow": {"namespace": "n", "name": "p", "version": "1"}}}, "unknown-process"),
        (
            {
                "call": "http",
                "with": {"method": "get", "endpoint": "https://user:secret@example.com"},
            },
            "inline-secret",
        ),
    ],
)
def test_what_would_fail_in_any_request(task: dict[str, Any], rule: str) -> None:
    assert rule in rules(task)


def test_what_is_right_is_left_alone() -> None:
    charge = {"amount": "${ $answers.a }", "currency": "EUR", "title": TEA}
    assert rules({"call": "charge", "with": charge}, {"set": {"x": "${ .status }"}}) == set()


def test_a_document_of_its_own_has_no_answers() -> None:
    process, _ = parse({"document": {}, "do": [{"a": {"set": {"x": "${ $answers.a }"}}}]})
    assert [one.rule for one in check_document(process)] == ["unknown-variable"]


def test_a_secret_is_named_and_not_written_down() -> None:
    bearer = {"bearer": {"token": "${ $secrets.core }"}}
    right = {"method": "get", "endpoint": {"uri": "https://example.com", "authentication": bearer}}
    assert rules({"call": "http", "with": right}, use={"secrets": ["core"]}) == set()
    wrong = {"method": "get", "endpoint": "https://example.com", "headers": {"X-Api-Key": "abc"}}
    assert rules({"call": "http", "with": wrong | {"query": {"token": "abc"}}}) == {"inline-secret"}
