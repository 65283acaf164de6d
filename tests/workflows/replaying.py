"""Histories replayed by today's code, in the sandbox that workers use."""

from collections.abc import Sequence

from temporalio.worker import Replayer

from services.temporal import data_converter
from workflows.registry import ALL_WORKFLOWS
from workflows.request import RequestWorkflow
from workflows.sandbox import sandbox


def replayer(workflows: Sequence[type[RequestWorkflow]] = ALL_WORKFLOWS, *effects: str) -> Replayer:
    """Replays histories of these workflows; `effects` are further modules they call.

    In debug mode nothing measures how long a step takes: a whole history is one step here, and a
    worker's two seconds for one would be a test of the machine.
    """
    return Replayer(
        workflows=workflows,
        workflow_runner=sandbox(*effects),
        data_converter=data_converter(),
        debug_mode=True,
    )
