"""The trail of a process: which tasks ran, from when to when, and how they ended."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter
from temporalio import workflow

from catalog.processes.model import Task
from workflows.declared.faults import Fault
from workflows.request import Refused

MOST_KEPT = 5_000
"""Runs of tasks that are remembered; a loop may have had many more."""

State = Literal["running", "completed", "faulted", "cancelled"]


class Ended(Exception):
    """The process ends here, with this output."""

    def __init__(self, output: Any) -> None:
        super().__init__()
        self.output = output


@dataclass
class Trace:
    """One run of one task."""

    name: str
    pointer: str
    started_at: datetime
    ended_at: datetime | None = None
    state: State = "running"
    took: str | None = None
    """The case that a switch took."""

    def end(self, state: State) -> None:
        """Note how it ended, and when."""
        self.state, self.ended_at = state, workflow.now()


TRACES = TypeAdapter(list[Trace])


class Trail:
    """What has run in this run of the workflow; a new run tells what it has run again."""

    def __init__(self) -> None:
        self.traces: deque[Trace] = deque(maxlen=MOST_KEPT)

    def took(self, case: str) -> None:
        """Note which case the task that runs now has taken."""
        self.traces[-1].took = case

    @contextmanager
    def of(self, task: Task) -> Iterator[None]:
        """Note a task from its beginning to its end."""
        trace = Trace(name=task.name, pointer=task.pointer, started_at=workflow.now())
        self.traces.append(trace)
        # Nothing is noted of a workflow that is evicted: it has no time any more.
        try:
            yield
        except (Fault, Refused):
            trace.end("faulted")
            raise
        except Ended:
            trace.end("completed")
            raise
        except asyncio.CancelledError:
            trace.end("cancelled")
            raise
        trace.end("completed")

    def dump(self) -> list[dict[str, Any]]:
        """The trail as JSON."""
        found: list[dict[str, Any]] = TRACES.dump_python(list(self.traces), mode="json")
        return found
