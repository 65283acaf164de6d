"""What a catalog's items say to one another, read without reading their files whole."""

from pathlib import Path

import pytest

from catalog import yaml12
from settings import ROOT
from studio.lint.around import SHARED, around_of, shared_part
from workflows.registry import definition_registry

WHOLE = {"id": "tea", "title": {"en": "Tea", "es": "Té"}, "group": "kitchen"}
BEGUN = "id: tea\ntitle:\n  en: Tea\n"
REST = "  es: Té\n\nsteps:\n  - group: other\n    id: x\ngroup: kitchen"


@pytest.mark.parametrize(
    "written",
    [
        f"{BEGUN}{REST}\n",
        f"{BEGUN}# Whoever drinks it.\n{REST}",
        f"{BEGUN}\n\n{REST}\n".replace("\n", "\r\n"),
        f"group: &who kitchen\n{BEGUN}  es: Té\nother: *who\n",
    ],
)
def test_only_the_lines_that_are_shared_are_read(written: str) -> None:
    assert shared_part(written.encode()) == WHOLE


@pytest.mark.parametrize(
    "written",
    [
        "{id: tea, title: {en: Tea, es: Té}, group: kitchen}",
        f'note: "over\nid: lines"\n{BEGUN}{REST}',
        f"who: &who kitchen\n{BEGUN}  es: Té\ngroup: *who\n",
        '"id": tea\ntitle: {en: Tea, es: Té}\ngroup: kitchen\n',
    ],
)
def test_what_is_written_in_another_way_is_read_whole(written: str, tmp_path: Path) -> None:
    assert shared_part(written.encode()) is None
    (tmp_path / "tea.yaml").write_text(written, "utf-8")
    known = around_of(tmp_path, definition_registry(), None)
    assert known.titles == {("en", "tea"): ("tea",), ("es", "té"): ("tea",)}
    assert "kitchen" in known.groups


def test_of_our_own_items_the_same_is_read_either_way() -> None:
    for file in (ROOT / "catalog_defs").glob("*-*.yaml"):
        written = file.read_bytes()
        whole = yaml12.read(written).value
        assert shared_part(written) == {name: whole[name] for name in SHARED}, file.name
