"""The two programs as a person starts them: real processes, real Temporal, real signals."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.processes.test_guard import gone
from tests.real.installation import STOP_SECONDS, Installation
from tests.real.processes import wait_until

Installations = Callable[..., Installation]

pytestmark = pytest.mark.xdist_group("server")


@pytest.fixture(scope="module")
def running(installations: Installations) -> Installation:
    """One installation that most tests share."""
    installation = installations()
    installation.start_and_wait()
    return installation


def ready(installation: Installation) -> bool:
    try:
        return bool(json.loads(installation.get("/health/ready"))["status"] == "ready")
    except HTTPError:
        return False


def test_it_says_where_everything_is(running: Installation) -> None:
    assert ready(running)
    said = running.output
    assert running.url in said
    assert f"http://127.0.0.1:{running.ui_port}" in said
    for name in ("customer", "customer2", "agent", "agent2", "designer", "operator"):
        assert f"{name}@example.com" in said
    assert running.password in said


def test_the_demo_accounts_sign_in_with_the_printed_password(running: Installation) -> None:
    for name in ("customer", "agent", "designer", "operator"):
        body = json.dumps({"email": f"{name}@example.com", "password": running.password})
        answer = running.post("/api/sessions", body)
        assert answer["account"]["email"] == f"{name}@example.com"


@pytest.mark.parametrize("name", ["worker", "temporal"])
def test_a_child_that_is_killed_comes_back(running: Installation, name: str) -> None:
    wait_until(lambda: name in running.children(), 10, "the start of the child")
    first = running.children()[name]
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: running.children().get(name) not in (None, first), 10, "the restart")
    assert "ended (signal SIGKILL); it starts again in 0.5 s" in running.output
    wait_until(lambda: ready(running), 10, "readiness")


def test_a_second_start_on_the_same_folder_is_told_who_holds_it(running: Installation) -> None:
    second = Installation(running.folder)
    second.start()
    assert second.process
    assert running.process
    assert second.process.wait(STOP_SECONDS) == 2
    assert f"in use by process {running.process.pid} ({running.url}" in second.output
    assert ready(running)


def test_two_run_side_by_side(running: Installation, installations: Installations) -> None:
    other = installations()
    other.start_and_wait()
    assert ready(other)
    assert ready(running)
    assert set(other.children().values()).isdisjoint(running.children().values())
    assert other.stop(signal.SIGTERM) == 0
    assert ready(running)


def test_ctrl_c_stops_all_of_it_and_a_second_start_goes_on(installations: Installations) -> None:
    installation = installations()
    installation.start_and_wait()
    wait_until(lambda: len(installation.children()) == 2, 10, "both children")
    children = installation.children().values()
    began = time.monotonic()
    assert installation.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < STOP_SECONDS
    assert all(map(gone, children))
    assert "starts again" not in installation.output
    assert not (installation.folder / "var" / "running").exists()

    began = time.monotonic()
    installation.start_and_wait()
    assert ready(installation)
    assert time.monotonic() - began < 10


def test_a_killed_server_takes_its_children_along(installations: Installations) -> None:
    installation = installations()
    installation.start_and_wait()
    wait_until(lambda: len(installation.children()) == 2, 10, "both children")
    children = installation.children().values()
    assert installation.process
    installation.process.kill()
    installation.process.wait()
    wait_until(lambda: all(map(gone, children)), 5, "the end of the children")
    assert (installation.folder / "var" / "running").exists()
    installation.start_and_wait()
    assert ready(installation)


@pytest.mark.parametrize("port", ["port", "temporal_port", "ui_port"])
def test_a_port_in_use_is_told_before_anything_starts(
    installations: Installations, port: str
) -> None:
    installation = installations()
    with closing(socket.create_server(("127.0.0.1", getattr(installation, port)))):
        installation.start()
        assert installation.process
        assert installation.process.wait(STOP_SECONDS) == 2
    assert f"Port {getattr(installation, port)} on 127.0.0.1 is in use" in installation.output
    assert not (installation.folder / "var" / "temporal.db").exists()


def test_a_wrong_setting_is_one_plain_line(installations: Installations) -> None:
    installation = installations(VENTANILLA_SMTP_STARTTLS="sometimes")
    installation.start()
    assert installation.process
    assert installation.process.wait(STOP_SECONDS) == 2
    assert installation.output.count("\n") == 1
    assert installation.output.startswith("VENTANILLA_SMTP_STARTTLS is 'sometimes'")


def test_both_work_alone_with_an_outside_temporal_and_database(
    installations: Installations, temporal_dev: str, postgres_url: str
) -> None:
    outside = {
        "VENTANILLA_TEMPORAL_ADDRESS": temporal_dev,
        "VENTANILLA_TEMPORAL_NAMESPACE": f"outside-{os.getpid()}",
        "VENTANILLA_DATABASE_URL": postgres_url,
    }
    server, worker = installations(**outside), installations(**outside)
    server.start_and_wait()
    worker.start("worker.py")
    assert server.children() == {}
    assert "customer@example.com" not in server.output
    wait_until(lambda: "serves the task queue" in worker.output, 20, "the worker's start")
    assert ready(server)
    assert not Path(server.folder / "var" / "ventanilla.db").exists()
    assert worker.stop(signal.SIGTERM) == 0
    assert server.stop(signal.SIGINT) == 0


def test_an_unreachable_database_is_named_without_its_password(
    installations: Installations,
) -> None:
    installation = installations(
        VENTANILLA_DATABASE_URL="postgresql://me:hush@127.0.0.1:1/ventanilla"
    )
    installation.start()
    assert installation.process
    assert installation.process.wait(STOP_SECONDS) == 2
    assert "postgresql://me:***@127.0.0.1:1/ventanilla" in installation.output
    assert "hush" not in installation.output
    assert "Traceback" not in installation.output


def test_the_portal_serves_although_temporal_does_not_answer(
    installations: Installations, sqlite_url: str
) -> None:
    installation = installations(
        VENTANILLA_TEMPORAL_ADDRESS="127.0.0.1:1", VENTANILLA_DATABASE_URL=sqlite_url
    )
    installation.start()
    wait_until(installation.alive, 10, "the portal's start")
    assert installation.stop(signal.SIGINT) == 0
