"""The items of this catalog are right: texts, forms, icons, groups and examples."""

import re
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import lucide
import pytest

from catalog.definitions import LANGUAGES
from catalog.loader import Sources
from catalog.plan import LARGEST_PLAN
from catalog.versions import Version
from workflows.registry import definition_registry

ROOT = Path(__file__).parent.parent.parent
ITEMS = sorted(path.stem for path in (ROOT / "catalog_defs").glob("*.yaml"))
ITEMS.remove("categories")
GROUPS = frozenset(
    {"back-office", "loan-officers", "billing", "support", "support-technical", "operations"}
)


def icons() -> frozenset[str]:
    """The names of all Lucide icons."""
    with ZipFile(Path(lucide.__file__).parent / "lucide.zip") as drawn:
        return frozenset(Path(name).stem for name in drawn.namelist())


REGISTRY = replace(definition_registry(), groups=GROUPS, icons=icons())


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(ROOT / "catalog_defs", ROOT / "forms", REGISTRY)


def load(sources: Sources, name: str) -> Version:
    loaded = sources.load(f"{name}.yaml")
    assert loaded.version, "\n".join(map(str, loaded.problems))
    return loaded.version


def test_the_categories_are_sound_and_none_is_empty(sources: Sources) -> None:
    categories, problems = sources.categories
    assert problems == ()
    assert categories
    shelves = {load(sources, name).item.category for name in ITEMS}
    assert shelves == {category.id for category in categories}


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_is_right(sources: Sources, name: str) -> None:
    item = load(sources, name).item

    assert item.stages[0].id == "received"
    assert item.stages[-1].id in ("done", "closed")
    assert set(item.keywords) == set(LANGUAGES)
    for language in LANGUAGES:
        assert item.summary[language][-1] in ".?", "a summary is a sentence"
        assert len(item.summary[language]) <= 120
        assert "\n\n" in item.description[language], "a description has paragraphs"
        assert len(item.keywords[language]) >= 5
    assert item.service_level is not None
    assert item.service_level.target("resolution")


@pytest.mark.parametrize("name", ITEMS)
def test_texts_differ_between_languages(sources: Sources, name: str) -> None:
    item = load(sources, name).item

    for texts in (item.title, item.summary, item.description):
        assert len(set(texts.values())) == len(LANGUAGES)


@pytest.mark.parametrize("name", ITEMS)
def test_groups_in_settings_exist(sources: Sources, name: str) -> None:
    text = (ROOT / "catalog_defs" / f"{name}.yaml").read_text("utf-8")
    named = re.findall(r"group: ([a-z-]+)", text)

    assert named
    assert set(named) <= GROUPS


@pytest.mark.parametrize("name", ITEMS)
def test_a_plan_is_far_below_its_limit(sources: Sources, name: str) -> None:
    assert len(load(sources, name).plan().model_dump_json()) < LARGEST_PLAN * 3 / 4
