"""The probe's small catalog in a database, for tests that need an item to request."""

from pathlib import Path
from typing import Any

from catalog.registry import Registry
from services import publishing, requests
from services.access import Viewer
from services.requests import Submission
from store.database import Database
from store.requests import Request

FOLDER = Path(__file__).parent / "workflows" / "probe"


def publish_probe(database: Database) -> None:
    """Publish the probe, whose workflow is checked by nobody here."""
    registry = Registry(workflow_settings={"probe": None})
    refreshed = database.write_now(publishing.refresh, FOLDER, FOLDER / "forms", registry)
    assert not refreshed.problems, refreshed.problems


def submit_probe(database: Database, viewer: Viewer, **more: Any) -> Request:
    """A request of the probe by `viewer`."""
    submission = Submission(item="probe", answers={"wish": "tea"}, channel="test", **more)
    return database.write_now(requests.submit, viewer, submission)
