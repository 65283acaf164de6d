"""Deciding by a table. Nothing is read and nothing changed."""

from typing import Any

from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.decision_gaps import Problem, problems
from workflows.steps.decision_tables import Table, decided
from workflows.steps.inputs import Wants, example, unfit

__all__ = ["Decide", "Problem", "Table", "decide", "problems"]


class Decide(Wants):
    """By which table to decide."""

    model_config = example(
        table={
            "hit": "first",
            "inputs": {"amount": "${ $answers.amount }", "new": "${ $context.new_customer }"},
            "rules": [
                {"when": {"amount": "<= 100000", "new": False}, "then": {"approvals": 0}},
                {"when": {"amount": "100001..500000"}, "then": {"approvals": 1}},
            ],
            "default": {"approvals": 2},
        },
    )

    table: Table
    """The table: its inputs, its rules, and which of the rules that hold count."""


@step
async def decide(request: RequestWorkflow, wants: Decide) -> Any:
    """Decide by a table of conditions and results."""
    try:
        return decided(wants.table)
    except ValueError as error:
        raise unfit(str(error)) from error
