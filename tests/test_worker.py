"""The worker's sandbox: what is loaded once, and what is checked for determinism."""

from settings import ROOT
from workflows.registry import ALL_WORKFLOWS
from workflows.sandbox import PASSED_THROUGH, sandbox

ABOVE_WORKFLOWS = {"api", "bench", "portal", "processes", "studio", "tests"}


def test_everything_below_the_workflows_is_loaded_once_and_the_workflows_are_not() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    below = packages - ABOVE_WORKFLOWS - {"workflows"}
    assert below <= set(PASSED_THROUGH)
    assert "workflows" not in PASSED_THROUGH
    assert set(PASSED_THROUGH) <= sandbox().restrictions.passthrough_modules


def test_every_story_is_checked_for_determinism() -> None:
    stories = {workflow.__module__ for workflow in ALL_WORKFLOWS}
    assert stories
    assert stories.isdisjoint(PASSED_THROUGH)
