"""Starting servers that end with the test run, even when that is killed."""

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def spawn(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a server that the kernel ends with us, where the kernel can."""
    return subprocess.Popen(command, preexec_fn=end_with_parent, **options)


def end_with_parent() -> None:
    """Runs in the child, after it took its user and before it becomes the server."""
    if LIBC is not None:
        LIBC.prctl(1, signal.SIGKILL)


def free_port() -> int:
    """A port on which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(happens: Callable[[], bool], seconds: float, what: str) -> None:
    """Ask every 20 ms until it happens. Raises `TimeoutError` that says `what` did not."""
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:g} s")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Whether somebody listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def packaged(package: str, name: str) -> Path | None:
    """The program that an installed package brought along."""
    try:
        files = distribution(package).files or []
    except PackageNotFoundError:
        return None
    paths = (Path(str(file.locate())).resolve() for file in files)
    return next((path for path in paths if path.name == name and path.exists()), None)
