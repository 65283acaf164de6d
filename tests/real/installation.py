"""Ventanilla itself, as a process of its own in a folder of its own."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError

from settings import PREFIX, ROOT
from tests.real.processes import free_port, spawn, wait_until

READY_SECONDS = 60.0
STOP_SECONDS = 10.0


@dataclass
class Installation:
    """`server.py` with its children on free ports; `environ` holds further settings."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    temporal_port: int = field(default_factory=free_port)
    ui_port: int = field(default_factory=free_port)
    password: str = "demo-password"
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of the portal."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What the processes printed."""
        return self.folder / "output.log"

    @property
    def output(self) -> str:
        """The same, as read now."""
        return self.log.read_text() if self.log.exists() else ""

    def settings(self) -> dict[str, str]:
        """The environment of the processes."""
        ours = {
            "DATA_DIR": str(self.folder / "var"),
            "PORT": str(self.port),
            "TEMPORAL_PORT": str(self.temporal_port),
            "TEMPORAL_UI_PORT": str(self.ui_port),
            "DEMO_PASSWORD": self.password,
        }
        others = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
        return others | {PREFIX + name: text for name, text in ours.items()} | self.environ

    def start(self, program: str = "server.py", *arguments: str) -> None:
        """Start a program of ours, without waiting for anything."""
        with open(self.log, "ab") as log:
            self.process = spawn(
                [sys.executable, str(ROOT / program), *arguments],
                env=self.settings(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start_and_wait(self) -> None:
        """Start the server and return once portal and Temporal are ready."""
        before = self.output.count("Ventanilla is ready")
        self.start()
        wait_until(
            lambda: self.output.count("Ventanilla is ready") > before or not self.runs(),
            READY_SECONDS,
            "the banner",
        )
        assert self.alive(), f"Ventanilla did not start:\n{self.output}"

    def runs(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def alive(self) -> bool:
        """Whether the portal answers."""
        with suppress(URLError, ConnectionError, TimeoutError):
            return bool(json.loads(self.get("/health/live"))["status"] == "ok")
        return False

    def get(self, path: str) -> str:
        """The body of one page or answer."""
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    def post(self, path: str, body: str) -> Any:
        """The answer to some JSON."""
        request = urllib.request.Request(
            self.url + path, body.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def children(self) -> dict[str, int]:
        """Process ids of Temporal and the worker, by name."""
        assert self.process is not None
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
                command = folder.joinpath("cmdline").read_text()
                if parent == self.process.pid:
                    found["worker" if "worker.py" in command else "temporal"] = int(folder.name)
        return found

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to end and wait; returns its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def end(self) -> None:
        """Make sure that nothing is left of it."""
        if self.process is not None and self.runs():
            try:
                self.stop(signal.SIGTERM)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
