"""Imports only go down the floors; the contracts are in pyproject.toml."""

import subprocess
import sys
import tomllib

from settings import ROOT

NOT_OF_THE_APPLICATION = {"bench", "tests"}


def test_the_import_contracts_hold() -> None:
    program = "import sys; from importlinter.cli import lint_imports_command as run; run()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_package_escapes_the_import_contracts() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    watched = set(project["tool"]["importlinter"]["root_packages"])
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - NOT_OF_THE_APPLICATION == watched
