"""Items with a declared process of a few lines, over the probe's form, for tests of one thing."""

from pathlib import Path
from typing import Any

import yaml

PROBE = Path(__file__).parent / "probe"


def write_items(folder: Path, **processes: Any) -> Path:
    """A catalog folder with the probe's items, one for each process, in its own words otherwise."""
    folder.mkdir(exist_ok=True)
    (folder / "categories.yaml").write_text((PROBE / "categories.yaml").read_text())
    probe = yaml.safe_load((PROBE / "probe.yaml").read_text())
    for name, process in processes.items():
        item = {**probe, "id": name.replace("_", "-"), "process": process, "task_forms": []}
        del item["workflow"], item["settings"]
        (folder / f"{item['id']}.yaml").write_text(yaml.safe_dump(item, sort_keys=False))
    return folder
