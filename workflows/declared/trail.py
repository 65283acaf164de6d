"""The trail of a process: which tasks ran, from when to when, and how they ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from temporalio import workflow

from catalog.processes.model import Task
from workflows.declared.faults import Fault

State = Literal["running", "completed", "faulted", "cancelled"]


class Ended(Exception):
    """The process ends here, with this output."""

    def __init__(self, output: Any) -> None:
        super().__init__()
        self.output = output


class Trace(BaseModel):
    """One run of one task."""

    name: str
    pointer: str
    started_at: datetime
    ended_at: datetime | None = None
    state: State = "running"
    took: str | None = None
    """The case that a switch took."""


class Trail:
    """What has run in this run of the workflow; a new run tells what it has run again."""

    def __init__(self) -> None:
        self.traces: list[Trace] = []

    def took(self, case: str) -> None:
        """Note which case the task that runs now has taken."""
        self.traces[-1].took = case

    @contextmanager
    def of(self, task: Task) -> Iterator[None]:
        """Note a task from its beginning to its end."""
        trace = Trace(name=task.name, pointer=task.pointer, started_at=workflow.now())
        self.traces.append(trace)
        state: State = "cancelled"
        try:
            yield
            state = "completed"
        except Fault:
            state = "faulted"
            raise
        except Ended:
            state = "completed"
            raise
        finally:
            trace.state, trace.ended_at = state, workflow.now()

    def dump(self) -> list[dict[str, Any]]:
        """The trail as JSON."""
        return [trace.model_dump(mode="json") for trace in self.traces]
