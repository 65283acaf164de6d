"""The workflows a worker runs, and the names that definitions may use."""

from typing import Any

from pydantic import BaseModel

from catalog.registry import Registry, StepType
from ground import icons
from services.form_data import COMPUTED, OPTION_SOURCES
from workflows.address_change import AddressChange
from workflows.case_routing import CaseRouting
from workflows.declared.workflow import DeclaredWorkflow
from workflows.loan_request import LoanRequest
from workflows.plan_upgrade import PlanUpgrade
from workflows.request import RequestWorkflow
from workflows.steps import all_steps

PYTHON_WORKFLOWS: list[type[RequestWorkflow]] = [
    AddressChange,
    CaseRouting,
    LoanRequest,
    PlanUpgrade,
]
"""Those that definitions name; a declared process needs no name."""
ALL_WORKFLOWS: list[type[RequestWorkflow]] = [*PYTHON_WORKFLOWS, DeclaredWorkflow]

# A declared process finds its steps by name: none is to be imported inside a workflow that runs.
all_steps()


def name_of(workflow: type[Any]) -> str:
    """The name of a workflow in definitions and in the Temporal UI."""
    return str(workflow.__temporal_workflow_definition.name)


def definition_registry() -> Registry:
    """What definitions are checked against."""
    settings: dict[str, type[BaseModel] | None] = {
        name_of(workflow): workflow.Settings for workflow in PYTHON_WORKFLOWS
    }
    return Registry(
        workflow_settings=settings,
        workflow_stages={name_of(workflow): workflow.Stages for workflow in PYTHON_WORKFLOWS},
        icons=icons.names(),
        option_sources=frozenset(OPTION_SOURCES),
        computed=frozenset(COMPUTED),
        steps=step_types(),
    )


def step_types() -> dict[str, StepType]:
    """What definitions may know of each step."""
    return {
        name: StepType(
            name=name,
            summary=step.summary,
            input_schema=step.input_schema,
            output_schema=step.output_schema,
            has_effect=step.has_effect,
            undoable=step.undoable,
            model=step.wants,
        )
        for name, step in all_steps().items()
    }
