"""Children are started again, ever more patiently, and stopped for good."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from processes import children
from processes.children import Child, running

STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True);"
SLEEP = "import time; time.sleep(60)"


def child(program: str, said: list[str], log: Path | None = None) -> Child:
    return Child("It", [sys.executable, "-c", program], log, said.append)


async def until(happens: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not happens():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(children, "LONGEST_DELAY", 0.03)
    monkeypatch.setattr(children, "STOP_SECONDS", 0.3)


async def test_a_child_that_dies_is_started_again_with_back_off_and_says_so() -> None:
    said: list[str] = []
    async with running(child("raise SystemExit(3)", said)):
        await until(lambda: len(said) >= 4)
    assert said[:4] == [
        "It ended (exit code 3); it starts again in 0.01 s",
        "It ended (exit code 3); it starts again in 0.02 s",
        "It ended (exit code 3); it starts again in 0.03 s",
        "It ended (exit code 3); it starts again in 0.03 s",
    ]


async def test_a_death_after_a_long_life_counts_as_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(children, "HEALTHY_AFTER", 0.0)
    said: list[str] = []
    async with running(child("raise SystemExit(3)", said)):
        await until(lambda: len(said) >= 3)
    assert {line.rpartition(" in ")[2] for line in said} == {"0.01 s"}


async def test_a_child_stands_back_as_far_as_it_is_told() -> None:
    said: list[str] = []
    it = child(SLEEP, said)
    it.nice = 3

    def stands_back() -> bool:
        pid = it.process.pid if it.process else os.getpid()
        return os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0) + 3

    async with running(it):
        await until(stands_back)


async def test_a_killed_child_comes_back_as_another_process() -> None:
    said: list[str] = []
    async with running(child(SLEEP, said)) as it:
        await until(lambda: it.process)
        assert it.process
        first = it.process.pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: it.process and it.process.pid != first)
    assert said == ["It ended (signal SIGKILL); it starts again in 0.01 s"]


async def test_a_child_has_its_own_session_so_that_ctrl_c_does_not_reach_it() -> None:
    async with running(child(SLEEP, [])) as it:
        await until(lambda: it.process)
        assert it.process
        assert os.getsid(it.process.pid) == it.process.pid != os.getsid(0)


async def test_a_stopped_child_stays_stopped_and_says_nothing() -> None:
    said: list[str] = []
    async with running(child(SLEEP, said)) as it:
        await until(lambda: it.process)
    assert it.process
    assert it.process.returncode == -signal.SIGTERM
    assert said == []


async def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    said: list[str] = []
    log = tmp_path / "log"
    async with running(child(STUBBORN + SLEEP, said, log)) as it:
        await until(lambda: log.exists() and log.read_text() == "up\n")
    assert it.process
    assert it.process.returncode == -signal.SIGKILL
    assert said == ["It did not stop within 0.3 s; it is killed"]


async def test_a_child_can_be_stopped_while_it_waits_to_start_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(children, "FIRST_DELAY", 60)
    said: list[str] = []
    async with asyncio.timeout(5), running(child("raise SystemExit(1)", said)):
        await until(lambda: said)
