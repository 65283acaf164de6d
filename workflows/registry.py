"""The workflows a worker runs, and the names that definitions may use."""

from typing import Any

from pydantic import BaseModel

from catalog.registry import Registry
from ground import icons
from services.form_data import COMPUTED, OPTION_SOURCES
from workflows.address_change import AddressChange
from workflows.case_routing import CaseRouting
from workflows.loan_request import LoanRequest
from workflows.plan_upgrade import PlanUpgrade
from workflows.request import RequestWorkflow

ALL_WORKFLOWS: list[type[RequestWorkflow]] = [AddressChange, CaseRouting, LoanRequest, PlanUpgrade]


def name_of(workflow: type[Any]) -> str:
    """The name of a workflow in definitions and in the Temporal UI."""
    return str(workflow.__temporal_workflow_definition.name)


def definition_registry() -> Registry:
    """What definitions are checked against."""
    settings: dict[str, type[BaseModel] | None] = {
        name_of(workflow): workflow.Settings for workflow in ALL_WORKFLOWS
    }
    return Registry(
        workflow_settings=settings,
        workflow_stages={name_of(workflow): workflow.Stages for workflow in ALL_WORKFLOWS},
        icons=icons.names(),
        option_sources=frozenset(OPTION_SOURCES),
        computed=frozenset(COMPUTED),
    )
