"""Definitions that are published anew while people fill in their forms."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from services import publishing
from settings import ROOT
from store.database import Database
from workflows.registry import definition_registry

ITEM = "address-change"


def published(
    database: Database,
    folder: Path,
    item: Callable[[str], str] = lambda text: text,
    form: Callable[[dict[str, Any]], None] = lambda schema: None,
) -> None:
    """Publish the address change with other words in its definition, and with another form.

    Everything else stays as it is; the folder may be used for several publications.
    """
    items, forms = folder / "items", folder / "forms"
    shutil.copytree(ROOT / "catalog_defs", items, dirs_exist_ok=True)
    shutil.copytree(ROOT / "forms", forms, dirs_exist_ok=True)
    definition = items / f"{ITEM}.yaml"
    definition.write_text(item(definition.read_text()))
    schema = json.loads((forms / f"{ITEM}.json").read_text())
    form(schema)
    (forms / f"{ITEM}.json").write_text(json.dumps(schema))
    refreshed = database.write_now(publishing.refresh, items, forms, definition_registry())
    assert ITEM in refreshed.published, refreshed.problems
