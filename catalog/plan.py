"""What a workflow knows of its definition: it travels in the workflow's input."""

from typing import Any

from pydantic import Field

from catalog.definitions import CustomerCan, Definition, Name, Price, ServiceLevel, Stage
from catalog.durations import Duration

LARGEST_PLAN = 16 * 1024
"""In bytes. Histories carry the plan, so it holds no translations."""


DECLARED = "declared"
"""The workflow that carries every declared process."""


class PlanStage(Definition):
    """A stage without its texts."""

    id: Name
    usual: Duration
    shown: str

    @classmethod
    def of(cls, stage: Stage) -> "PlanStage":
        return cls(id=stage.id, usual=stage.usual, shown=stage.shown)


class Plan(Definition):
    """The part of one version of a catalog item that decides how a request goes."""

    item: Name
    version: str
    workflow: Name
    settings: dict[str, Any]
    process: dict[str, Any] | None = None
    processes: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Processes that it may run, by `namespace/name`."""
    stages: tuple[PlanStage, ...]
    service_level: ServiceLevel | None
    group: Name
    price: Price
    customer_can: CustomerCan
    task_forms: tuple[Name, ...]
