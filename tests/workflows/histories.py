"""Recorded histories: what workflows once did, which every later version of their code must replay.

`make histories` runs the workflow tests and records each story's end under `histories/`. An old
record stays for as long as requests that began with its code may be under way.
"""

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from workflows.registry import ALL_WORKFLOWS, name_of

FOLDER = Path(__file__).parent / "histories"
SWITCH = "VENTANILLA_TEST_RECORD"
PRIVATE = {"identity": "worker", "stackTrace": "", "binaryChecksum": "", "workerInstanceKey": ""}
"""Fields that tell of the machine that recorded, and what stands in their place."""


def record(history: WorkflowHistory, run: int) -> None:
    """Keep a workflow's history under the name of the running test, if recording is on."""
    started = history.events[0].workflow_execution_started_event_attributes
    workflow = started.workflow_type.name
    if not os.environ.get(SWITCH) or workflow not in map(name_of, ALL_WORKFLOWS):
        return
    test = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split(" ")[0]
    name = re.sub(r"[^a-z0-9]+", "-", test.removeprefix("test_").lower()).strip("-")
    path = FOLDER / workflow / f"{name}-{run}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = json.dumps(without_machine(json.loads(history.to_json())), separators=(",", ":"))
    # No time stamp in the file, so that the same history is the same file.
    path.write_bytes(gzip.compress(plain.encode(), mtime=0))


def without_machine(value: Any) -> Any:
    """The same JSON without what tells of the machine."""
    if isinstance(value, dict):
        return {
            key: PRIVATE[key] if key in PRIVATE else without_machine(inner)
            for key, inner in value.items()
        }
    return [without_machine(inner) for inner in value] if isinstance(value, list) else value


def recorded() -> Iterator[tuple[str, WorkflowHistory]]:
    """Every record by its name."""
    for path in sorted(FOLDER.rglob("*.json.gz")):
        plain = gzip.decompress(path.read_bytes()).decode()
        workflow_id = path.name.removesuffix(".json.gz")
        yield str(path.relative_to(FOLDER)), WorkflowHistory.from_json(workflow_id, plain)
