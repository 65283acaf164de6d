"""One process per data folder, and what it leaves behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from processes.errors import StartError
from processes.lock import hold
from settings import ROOT
from tests.real.processes import spawn

HOLDER = """
import pathlib, sys, time
from processes.lock import hold
with hold(pathlib.Path(sys.argv[1]), "http://127.0.0.1:8080"):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen[bytes]:
    process = spawn([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def test_a_second_process_learns_who_holds_the_folder(tmp_path: Path) -> None:
    first = holder(tmp_path)
    try:
        with pytest.raises(StartError) as refused, hold(tmp_path, "http://127.0.0.1:9090"):
            pass
    finally:
        kill(first)
    text = str(refused.value)
    assert f"process {first.pid} (http://127.0.0.1:8080, since 20" in text
    assert "VENTANILLA_DATA_DIR" in text


def test_a_folder_is_free_again_when_its_holder_was_killed(tmp_path: Path) -> None:
    kill(holder(tmp_path))
    with hold(tmp_path, "here") as folder:
        assert not folder.was_clean


def test_a_good_end_is_remembered(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path, "here") as folder:
            assert folder.was_clean


def test_a_crash_is_remembered_until_the_next_good_end(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold(tmp_path, "here"):
        raise ZeroDivisionError
    with hold(tmp_path, "here") as folder:
        assert not folder.was_clean
    with hold(tmp_path, "here") as folder:
        assert folder.was_clean


def test_a_start_that_was_refused_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(StartError), hold(tmp_path, "here"):
        raise StartError("port in use")
    with hold(tmp_path, "here") as folder:
        assert folder.was_clean


def test_a_refused_start_does_not_hide_an_earlier_crash(tmp_path: Path) -> None:
    kill(holder(tmp_path))
    with pytest.raises(StartError), hold(tmp_path, "here"):
        raise StartError("port in use")
    with hold(tmp_path, "here") as folder:
        assert not folder.was_clean
