"""Whether a process reads answers at all: those of one that does not stay where they are."""

from typing import Any

import pytest

from catalog.processes.answers import may_read_answers
from catalog.processes.parsing import parse

ANEW: dict[str, Any] = {"set": {"begun": True}}
QUIET: dict[str, Any] = {"call": "reserve-funds", "with": {"currency": "${ $settings.currency }"}}


def reads(*tasks: dict[str, Any], **more: Any) -> bool:
    """Whether a process of these tasks may read answers."""
    do = [{f"task-{index}": task} for index, task in enumerate(tasks)]
    return may_read_answers(parse({"do": do, **more})[0])


def test_a_process_of_its_own_data_reads_none() -> None:
    assert not reads(ANEW, QUIET, {"set": "${ .reservation }"})


@pytest.mark.parametrize(
    "task",
    [
        {"set": {"amount": "${ $answers.amount }"}},
        {"set": "${ $workflow.input.amount }"},
        {"if": "$answers | length > 0", **QUIET},
        {"do": [{"inner": {"set": "${ $answers }"}}]},
        {"switch": [{"large": {"when": "${ $answers.amount > 5 }", "then": "end"}}]},
        {"metadata": {"title": "x", "values": {"n": "${ $answers.amount }"}}, **QUIET},
        {"call": "read-answers"},
    ],
    ids=["set", "input", "if", "inner", "switch", "told", "read-answers"],
)
def test_what_names_the_answers_reads_them(task: dict[str, Any]) -> None:
    assert reads(ANEW, task)


@pytest.mark.parametrize(
    "first",
    [
        QUIET,
        {"set": {"amount": "${ .amount }"}},
        {"set": "${ $input }"},
        {"if": "${ .large }", **ANEW},
        {"export": {"as": "${ $input }"}, **ANEW},
        {"input": {"schema": {"document": {"required": ["amount"]}}}, **ANEW},
        {"switch": [{"always": {"then": "task-1"}}]},
    ],
    ids=["call", "data", "input", "if", "export", "schema", "switch"],
)
def test_whatever_may_look_at_what_it_is_given_may_read_them(first: dict[str, Any]) -> None:
    assert reads(first, QUIET)


def test_the_process_itself_may_look_too() -> None:
    assert reads(ANEW, input={"from": "${ .amount }"})
    assert reads(ANEW, output={"as": "${ $input }"})


def test_a_process_that_it_runs_may_name_them() -> None:
    parts = {"default/part": parse({"do": [{"look": {"set": "${ $answers.amount }"}}]})[0]}
    run = {"run": {"workflow": {"namespace": "default", "name": "part", "version": "1.0.0"}}}
    process = {"do": [{"begin": ANEW}, {"part": run}]}
    assert may_read_answers(parse(process, parts)[0])
    assert not may_read_answers(parse(process)[0])


def test_an_expression_that_will_fail_reads_none() -> None:
    assert not reads(ANEW, {"set": "${ $answers. | }"})
