"""Runs a command so that it ends with its parent, even when that one is killed.

    python guard.py <parent's process id> <command> [argument ...]

Linux ends the command by itself. Elsewhere the guard stays between the two, and its standard input
is a pipe that the parent holds open for as long as it lives. It imports nothing of ours, so that it
starts at once.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from typing import NoReturn

PR_SET_PDEATHSIG = 1


def become(parent: int, command: list[str]) -> NoReturn:
    """Turn into the command; the kernel kills it when the thread that started us ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        # It ended before we could ask to be told.
        sys.exit(1)
    os.execv(command[0], command)


def watch(command: list[str]) -> int:
    """Run the command until it ends or standard input does; returns its exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())

    def end_with_parent() -> None:
        while os.read(0, 4096):
            pass
        child.kill()

    threading.Thread(target=end_with_parent, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    if sys.platform == "linux":
        become(int(sys.argv[1]), sys.argv[2:])
    sys.exit(watch(sys.argv[2:]))
