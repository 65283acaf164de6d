"""What goes with tasks: data flow, schemas, timeouts and retries, written there or by name."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.processes.model import Call, Raise, Try
from catalog.processes.parsing import parse

LEAF: dict[str, Any] = {"set": {"x": 1}}
OFTEN = {"delay": "PT1S", "limit": {"attempt": {"count": 5}}}


def read(body: Any, **more: Any) -> Any:
    """The one task of a process without mistakes."""
    process, findings = parse({"do": [{"a": body}], **more})
    assert findings == []
    return process.tasks[0]


def test_what_use_defines_is_put_in_where_it_is_named() -> None:
    error = {"type": "https://example.com/e", "status": 400}
    raised = read({"raise": {"error": "bad"}}, use={"errors": {"bad": error}})
    assert isinstance(raised, Raise)
    assert raised.error == error
    tried = read(
        {"try": [{"b": LEAF}], "catch": {"retry": "often"}},
        use={"retries": {"often": OFTEN}},
    )
    assert isinstance(tried, Try)
    assert tried.catch.retry
    assert (tried.catch.retry.attempts, tried.catch.retry.delay) == (5, timedelta(seconds=1))
    assert read(LEAF | {"timeout": "soon"}, use={"timeouts": {"soon": {"after": "PT1M"}}}).timeout


def test_data_flow_and_metadata_are_kept() -> None:
    task = read(
        {
            "call": "undo",
            "if": ".x",
            "input": {"from": ".a"},
            "output": {"as": ".b"},
            "export": {"as": ".c"},
            "metadata": {"stage": "s"},
            "then": "end",
        }
    )
    assert isinstance(task, Call)
    flow = task.flow
    assert (flow.input_from, flow.output_as, flow.export_as) == (".a", ".b", ".c")
    assert (task.condition, task.then, task.metadata) == (".x", "end", {"stage": "s"})


def test_a_retry_policy_says_how_often_and_how_long_to_try() -> None:
    limit = {"attempt": {"count": 3, "duration": "PT1M"}, "duration": "P1D"}
    policy = {
        "delay": "PT2S",
        "backoff": {"exponential": {}},
        "limit": limit,
        "jitter": {"from": "PT1S"},
        "when": ".x",
        "exceptWhen": ".y",
    }
    retry = read({"try": [{"b": LEAF}], "catch": {"retry": policy}}).catch.retry
    assert (retry.delay, retry.backoff, retry.attempts) == (timedelta(seconds=2), "exponential", 3)
    assert (retry.attempt_duration, retry.duration) == (timedelta(minutes=1), timedelta(days=1))
    assert retry.jitter == (timedelta(seconds=1), timedelta())
    assert (retry.when, retry.except_when) == (".x", ".y")


def test_schemas_are_written_in_the_process() -> None:
    schema = {"type": "object"}
    flow = read(LEAF | {"input": {"schema": {"format": "json", "document": schema}}}).flow
    assert flow.input_schema == schema


@pytest.mark.parametrize(
    ("retry", "rule", "place"),
    [
        ({}, "endless-retry", ()),
        (OFTEN | {"backof": {}}, "unknown-key", ("backof",)),
        (OFTEN | {"backoff": {"square": {}}}, "unknown-key", ("backoff", "square")),
        (OFTEN | {"delay": "P1Y"}, "duration", ("delay",)),
        ({"limit": {"attempt": {"count": 0}}}, "shape", ("limit", "attempt", "count")),
        ("never-defined", "unknown-name", ()),
    ],
)
def test_what_is_wrong_with_a_retry_has_a_place(
    retry: Any, rule: str, place: tuple[str, ...]
) -> None:
    _, findings = parse({"do": [{"a": {"try": [{"b": LEAF}], "catch": {"retry": retry}}}]})
    at = ("do", 0, "a", "catch", "retry", *place)
    assert [(one.rule, one.path) for one in findings] == [(rule, at)]
