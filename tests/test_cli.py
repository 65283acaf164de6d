"""The command `ventanilla`, as a person types it."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

import settings
from processes.lock import hold
from services.passwords import verify_password
from settings import ROOT


def ventanilla(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *arguments],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        cwd="/",
    )


def test_it_lists_its_commands() -> None:
    done = ventanilla("--help")
    assert done.returncode == 0
    for command in ("run", "worker", "upgrade", "account", "reset", "settings"):
        assert command in done.stdout
    for command in ("publish", "history", "rollback", "export", "import", "migrate"):
        assert command in done.stdout


def test_a_refused_command_ends_with_two_and_a_sentence(tmp_path: Path) -> None:
    done = ventanilla("history", "nothing", VENTANILLA_DATA_DIR=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("There is no catalog item nothing.")


def test_it_prints_the_settings_as_the_readme_shows_them() -> None:
    assert ventanilla("settings").stdout.strip() == settings.table()


def test_upgrade_then_reset(tmp_path: Path) -> None:
    done = ventanilla("upgrade", VENTANILLA_DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ventanilla.db").exists()
    (tmp_path / "mine.txt").touch()
    done = ventanilla("reset", VENTANILLA_DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ventanilla.db").exists()
    assert (tmp_path / "mine.txt").exists()


def test_an_account_is_added_once(tmp_path: Path) -> None:
    given = ["account", "ana@example.com", "--name", "Ana Gil", "--role", "agent"]
    given += ["--password", "a good one", "--group", "support", "--speaks", "es"]
    done = ventanilla(*given, VENTANILLA_DATA_DIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "ana@example.com can sign in.\n"), done.stderr
    with closing(sqlite3.connect(tmp_path / "ventanilla.db")) as database:
        found = database.execute("select role, groups, languages, password_hash from account")
        role, groups, languages, hashed = found.fetchone()
    assert (role, groups, languages) == ("agent", '["support"]', '["es"]')
    assert verify_password("a good one", hashed)[0]
    done = ventanilla(*given, VENTANILLA_DATA_DIR=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == "There is an account for ana@example.com already.\n"


def test_a_token_for_another_system_is_printed_alone_and_stored_nowhere(tmp_path: Path) -> None:
    done = ventanilla("system-token", "core-banking", VENTANILLA_DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "core-banking@system" in done.stderr
    token = done.stdout.strip()
    with closing(sqlite3.connect(tmp_path / "ventanilla.db")) as database:
        ((hashed,),) = database.execute("select token_hash from login_session").fetchall()
    assert hashed == sha256(token.encode()).hexdigest()


def test_reset_refuses_while_the_folder_is_in_use(tmp_path: Path) -> None:
    with hold(tmp_path, "http://127.0.0.1:8080"):
        done = ventanilla("reset", VENTANILLA_DATA_DIR=str(tmp_path))
    assert done.returncode == 2
    assert f"in use by process {os.getpid()}" in done.stderr


@pytest.mark.parametrize("command", ["run", "worker", "upgrade", "reset"])
def test_a_wrong_setting_stops_every_command_with_a_plain_line(command: str) -> None:
    done = ventanilla(command, VENTANILLA_PORT="abc")
    assert done.returncode == 2
    assert done.stderr.startswith("VENTANILLA_PORT is 'abc'")
    assert "Traceback" not in done.stderr
