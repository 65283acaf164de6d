"""Today's code replays what yesterday's did: a request under way is never broken by a release."""

import json

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tests.workflows import fingerprints
from tests.workflows.histories import FOLDER, recorded
from tests.workflows.replaying import replayer
from workflows.registry import ALL_WORKFLOWS, name_of

RECORDED = list(recorded())


@pytest.fixture(scope="module")
def ours() -> Replayer:
    return replayer()


@pytest.mark.parametrize("history", [h for _, h in RECORDED], ids=[name for name, _ in RECORDED])
async def test_a_recorded_history_replays(ours: Replayer, history: WorkflowHistory) -> None:
    await ours.replay_workflow(history)


def test_every_workflow_has_records() -> None:
    folders = {path.name for path in FOLDER.iterdir()}
    assert {name_of(workflow) for workflow in ALL_WORKFLOWS} <= folders


def test_no_command_moves_unnoticed() -> None:
    """The order of commands in the code is the committed one.

    A change here can break requests under way. If it can, guard it with `workflow.patched`; then
    run `make histories`, which also writes the new fingerprints.
    """
    committed = json.loads(fingerprints.FILE.read_text())
    current = fingerprints.compute()
    names = committed.keys() | current.keys()
    moved = sorted(name for name in names if committed.get(name) != current.get(name))
    assert not moved, f"the commands of {', '.join(moved)} have changed; see this test's docstring"
