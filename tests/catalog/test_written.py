"""A version written as files is the same version when they are loaded."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import yaml12
from catalog.loader import Loaded, Sources
from catalog.versions import Version
from catalog.written import files_of, yaml_of
from catalog.yaml12 import Unreadable
from settings import ROOT
from tests.catalog.workshop import CATEGORIES, REGISTRY, Workshop
from workflows.registry import definition_registry


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def load_again(version: Version, folder: Path, categories: bytes, registry: Any) -> Loaded:
    """What the files of a version give in an otherwise empty catalog."""
    write(folder, files_of(version) | {"catalog_defs/categories.yaml": categories})
    sources = Sources(folder / "catalog_defs", folder / "forms", registry)
    return sources.load(f"{version.item.id}.yaml")


def real_items() -> list[str]:
    return [path.name for path in sorted((ROOT / "catalog_defs").glob("*.yaml"))]


@pytest.mark.parametrize("file", [name for name in real_items() if name != "categories.yaml"])
def test_every_real_item_survives_the_round_trip(file: str, tmp_path: Path) -> None:
    registry = definition_registry()
    version = Sources(ROOT / "catalog_defs", ROOT / "forms", registry).load(file).version
    assert version
    categories = (ROOT / "catalog_defs" / "categories.yaml").read_bytes()

    again = load_again(version, tmp_path, categories, registry)

    assert again.problems == ()
    assert again.version == version


def test_what_the_file_left_out_is_written_too(tmp_path: Path) -> None:
    version = Workshop(tmp_path / "shop").load().version
    assert version

    files = files_of(version)

    assert list(files) == ["catalog_defs/tea.yaml", "forms/tea.json"]
    assert b"sugar: false" in files["catalog_defs/tea.yaml"]
    again = load_again(version, tmp_path, CATEGORIES.encode(), REGISTRY)
    assert again.version == version


def test_processes_that_an_item_runs_get_files_of_their_own(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path / "shop")
    workshop.change("workflow: brew", "process: brewing")
    workshop.change("settings:\n  minutes: 4\n  cups: [1, 2]\n", "")
    (workshop.defs / "processes").mkdir()
    workshop.write("processes/brewing.yaml", BREWING)
    workshop.write("processes/pouring.yaml", POURING)
    loaded = workshop.load()
    assert loaded.version, loaded.problems

    files = files_of(loaded.version)

    assert list(files)[:2] == [
        "catalog_defs/tea.yaml",
        "catalog_defs/processes/kitchen-pour.yaml",
    ]
    again = load_again(loaded.version, tmp_path, CATEGORIES.encode(), workshop.registry)
    assert again.version == loaded.version, again.problems


BREWING = """\
do:
  - steep: {wait: {minutes: 4}}
  - pour:
      run: {workflow: {namespace: kitchen, name: pour, version: '1.0.0'}}
"""
POURING = """\
document: {dsl: '1.0.3', namespace: kitchen, name: pour, version: '1.0.0'}
do:
  - cup: {set: {poured: true}}
"""

TEXTS = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.sampled_from(
        ["no", "on", "12:30", "1e3", "0x1F", "0o17", "2026-12-24", "~", "null", "1_000", ".5"]
    ),
    st.from_regex(r"[-+0-9.eExob_:]{1,8}", fullmatch=True),
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53) + 1, 2**53 - 1),
        st.floats(-1e15, 1e15),
        TEXTS,
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(TEXTS, inner)),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.dictionaries(TEXTS, VALUES, min_size=1))
def test_whatever_a_file_could_say_is_written_as_it_is_read(value: dict[str, Any]) -> None:
    assert yaml12.read(yaml_of(value)).value == value


@pytest.mark.parametrize("value", ["\0", 2**53])
def test_what_no_file_can_hold_is_not_written(value: Any) -> None:
    with pytest.raises(Unreadable):
        yaml_of({"value": value})
