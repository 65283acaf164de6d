"""A guarded command ends with its parent, by the kernel or by the pipe."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from processes.children import GUARD
from tests.real.processes import wait_until

SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
PARENT = f"""
import os, subprocess, sys, time
command = [sys.executable, "-c", {SLEEPER!r}]
subprocess.Popen([sys.executable, {str(GUARD)!r}, str(os.getpid()), *command])
time.sleep(60)
"""
WATCHER = f"""
import runpy, sys
sys.exit(runpy.run_path({str(GUARD)!r})["watch"]([sys.executable, "-c", sys.argv[1]]))
"""


def gone(pid: int) -> bool:
    """Whether the process has ended, though its new parent may not have noticed yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children by itself; use it")
def test_the_kernel_ends_a_command_whose_parent_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not gone(child)
        parent.kill()
    wait_until(lambda: gone(child), 5, "the end of the child")


def test_a_command_whose_parent_is_gone_already_does_not_start() -> None:
    done = subprocess.run([sys.executable, str(GUARD), "1", sys.executable, "-c", "print('ran')"],
                          capture_output=True)  # fmt: skip
    assert (done.returncode, done.stdout) == (1, b"")


def watched(program: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WATCHER, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def test_elsewhere_the_end_of_the_pipe_ends_the_command() -> None:
    with watched(SLEEPER) as guard:
        assert guard.stdout is not None
        assert guard.stdin is not None
        child = int(guard.stdout.readline())
        guard.stdin.close()
        wait_until(lambda: gone(child), 5, "the end of the child")
        assert guard.wait(5) != 0


def test_the_guard_passes_on_a_polite_request_and_the_exit_code() -> None:
    polite = "import signal, sys, time;signal.signal(15, lambda *_: sys.exit(7));"
    with watched(polite + SLEEPER) as guard:
        assert guard.stdout is not None
        guard.stdout.readline()
        os.kill(guard.pid, signal.SIGTERM)
        assert guard.wait(5) == 7
