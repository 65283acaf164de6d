"""The items of two Python workflows with a declared process in the place of the workflow."""

import shutil
from pathlib import Path

from settings import ROOT

DELIVERED = ROOT / "catalog_defs"
TWINS = Path(__file__).parent / "twins"
ITEMS = ("address-change", "loan-request")


def write_twins(folder: Path, prefix: str = "") -> Path:
    """A catalog folder of the twins, whose ids begin with `prefix` and are else the same."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(DELIVERED / "categories.yaml", folder)
    shutil.copytree(TWINS, folder / "processes", dirs_exist_ok=True)
    for item in ITEMS:
        text = (DELIVERED / f"{item}.yaml").read_text()
        for old, new in (
            (f"\nid: {item}\n", f"\nid: {prefix}{item}\n"),
            (f"\nworkflow: {item}\n", f"\nprocess: {item}\n"),
        ):
            assert old in text
            text = text.replace(old, new)
        (folder / f"{prefix}{item}.yaml").write_text(text)
    return folder


def write_originals(folder: Path) -> Path:
    """A catalog folder of nothing but the items that have twins."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("categories", *ITEMS):
        shutil.copy(DELIVERED / f"{name}.yaml", folder)
    return folder
