"""Every package stands on a floor of the import contracts in pyproject.toml."""

import tomllib

from settings import ROOT

NOT_OF_THE_APPLICATION = {"bench", "tests"}


def test_no_package_escapes_the_import_contracts() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    watched = set(project["tool"]["importlinter"]["root_packages"])
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - NOT_OF_THE_APPLICATION == watched
