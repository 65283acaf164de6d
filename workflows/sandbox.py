"""What workflows run in: their modules are checked for determinism, what they import is shared."""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED_THROUGH = (
    "activities",
    "babel",
    "catalog",
    "ground",
    "jq",
    "jsonschema",
    "jsonschema_rs",
    "orjson",
    "pydantic",
    "pydantic_core",
    "services",
    "settings",
    "sqlalchemy",
    "sqlmodel",
    "store",
    "ulid",
    "workflows.calendar",
    "workflows.casework",
    "workflows.declared.calls",
    "workflows.declared.data",
    "workflows.declared.definitions",
    "workflows.declared.events",
    "workflows.declared.faults",
    "workflows.declared.forks",
    "workflows.declared.hearing",
    "workflows.declared.interpreter",
    "workflows.declared.jobs",
    "workflows.declared.leaving",
    "workflows.declared.limits",
    "workflows.declared.loops",
    "workflows.declared.memory",
    "workflows.declared.pace",
    "workflows.declared.retries",
    "workflows.declared.trail",
    "workflows.journal",
    "workflows.messages",
    "workflows.outside",
    "workflows.request",
    "workflows.steps",
    "workflows.timeline",
    "workflows.turns",
    "yaml",
)
"""Loaded once and shared by all workflows: each import inside the sandbox costs every workflow.

Only the stories stay inside; what they have in common halved the price of a workflow.
"""


def sandbox(*also: str) -> SandboxedWorkflowRunner:
    """Workflow modules are checked for determinism; what they import is loaded once.

    `also` are further modules of effects to pass through.
    """
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH, *also)
    )
