"""The published JSON Schemas are current, and agree with the loader about what is right."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from catalog import editor_schema
from catalog.yaml12 import read
from tests.catalog.workshop import ITEM

FOLDER = Path(editor_schema.__file__).parent.parent / "catalog_defs"


@pytest.mark.parametrize("name", editor_schema.FILES)
def test_the_published_schema_is_current(name: str) -> None:
    written = (FOLDER / name).read_bytes()

    assert written == editor_schema.schema_text(editor_schema.FILES[name]), (
        "run `python -m catalog.editor_schema`"
    )


def test_writing_makes_every_schema(tmp_path: Path) -> None:
    editor_schema.write(tmp_path)

    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")}
    assert written == set(editor_schema.FILES)


def item_validator() -> Any:
    return jsonschema_rs.validator_for(
        json.loads((FOLDER / "catalog-item.schema.json").read_bytes())
    )


def test_the_schema_accepts_a_valid_item() -> None:
    assert item_validator().is_valid(read(ITEM.encode()).value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("id: tea", "id: Tea"),
        ("summary:", "sumary:"),
        (", pt: Chá para si", ""),
        ("usual: PT4M", "usual: 4 minutes"),
        ("kind: fixed", "kind: fix"),
        ("PT1H", "1h"),
        ("form: tea", "publish: later\nform: tea"),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(old: str, new: str) -> None:
    assert not item_validator().is_valid(read(ITEM.replace(old, new).encode()).value)


def yaml_files() -> list[Path]:
    return sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", yaml_files(), ids=lambda path: path.name)
def test_every_definition_names_its_schema_and_fits_it(path: Path) -> None:
    text = path.read_bytes()
    first = text.decode().splitlines()[0]
    name = "categories" if path.stem == "categories" else "catalog-item"

    assert first == f"# yaml-language-server: $schema={name}.schema.json"
    schema = json.loads((FOLDER / f"{name}.schema.json").read_bytes())
    jsonschema_rs.validate(schema, read(text).value)
