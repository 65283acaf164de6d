"""What we keep in the data folder, and how all of it is forgotten."""

import shutil
from pathlib import Path

OURS = ("ventanilla.db*", "temporal.*", "documents", "demo_password", "secret_key", "receipt_key")
"""Everything we ever write there; whatever else lies in the folder is somebody else's."""


def forget(folder: Path) -> list[Path]:
    """Delete our files and folders; returns what was deleted. The caller holds the folder."""
    found = sorted(path for pattern in OURS for path in folder.glob(pattern))
    for path in found:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return found
