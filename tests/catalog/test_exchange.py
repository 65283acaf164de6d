"""Definitions are handed over as files, and nothing of ours is overwritten unseen."""

from dataclasses import replace
from pathlib import Path

import pytest

from catalog.exchange import Folders, Incoming, differing, look, put, take
from catalog.written import files_of
from tests.catalog.workshop import FORM, REGISTRY, Workshop, titled


class Exchange:
    """Our catalog, that of others, and the folder in which files are handed over."""

    def __init__(self, root: Path) -> None:
        self.ours, self.theirs = Workshop(root / "ours"), Workshop(root / "theirs")
        self.folder = root / "folder"
        self.folders = Folders(self.ours.defs, self.ours.forms)

    def hand_over(self, item: str = "tea") -> str:
        """Write an item of theirs into the folder; the hash of its version."""
        loaded = self.theirs.load(f"{item}.yaml")
        assert loaded.version, loaded.problems
        put(files_of(loaded.version), self.folder)
        return loaded.version.hash

    def look(self) -> Incoming:
        return look(self.folder, self.folders, REGISTRY)


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    return Exchange(tmp_path)


def test_a_new_item_comes_with_its_forms(exchange: Exchange) -> None:
    exchange.theirs.item("cocoa", **{"form: tea": "form: cocoa"})
    exchange.theirs.form("cocoa", FORM)
    hash = exchange.hand_over("cocoa")

    found = exchange.look()

    assert found == Incoming(
        new=("catalog_defs/cocoa.yaml", "forms/cocoa.json"),
        same=(),
        different=(),
        ignored=(),
        versions={"cocoa": hash},
        problems=(),
    )
    take(exchange.folder, found.new, exchange.folders)
    loaded = exchange.ours.load("cocoa.yaml")
    assert loaded.version
    assert loaded.version.hash == hash


def test_what_means_the_same_is_the_same_however_it_is_written(exchange: Exchange) -> None:
    exchange.ours.change("id: tea\n", "# Ours, with a comment\nid: tea\n")
    exchange.hand_over()

    found = exchange.look()

    assert found.same == ("catalog_defs/tea.yaml", "forms/tea.json")
    assert (found.new, found.different) == ((), ())


def test_what_differs_is_said(exchange: Exchange) -> None:
    exchange.theirs.change("minutes: 4", "minutes: 5")
    hash = exchange.hand_over()

    found = exchange.look()

    assert (found.different, found.same) == (("catalog_defs/tea.yaml",), ("forms/tea.json",))
    assert found.versions == {"tea": hash}
    before = exchange.ours.load().version
    take(exchange.folder, found.different, exchange.folders)
    after = exchange.ours.load().version
    assert before
    assert after
    assert (before.hash != hash, after.hash) == (True, hash)


def test_what_would_be_wrong_here_is_said_before_anything_is_taken(exchange: Exchange) -> None:
    exchange.theirs.item("cocoa", **{"category: drinks": "category: sweets"})
    exchange.theirs.write(
        "categories.yaml",
        (exchange.theirs.defs / "categories.yaml").read_text().replace("food", "sweets"),
    )
    exchange.hand_over("cocoa")

    [problem] = exchange.look().problems

    assert "there is no category `sweets`" in problem.message
    assert problem.file == "catalog_defs/cocoa.yaml"


def test_search_words_are_handed_over_like_categories(exchange: Exchange) -> None:
    words = exchange.folder / "catalog_defs" / "search" / "en.yaml"
    words.parent.mkdir(parents=True)
    words.write_text("synonyms: [[tea, brew]]\n")
    found = exchange.look()
    assert (found.new, found.problems) == (("catalog_defs/search/en.yaml",), ())
    take(exchange.folder, found.new, exchange.folders)
    assert exchange.ours.sources.search_words("search/en.yaml")[0]
    words.write_text("synonyms: [[tea]]\n")
    (problem,) = exchange.look().problems
    assert problem.file == "catalog_defs/search/en.yaml"


def test_a_form_that_would_break_another_item_of_ours_is_noticed(exchange: Exchange) -> None:
    exchange.ours.item("cocoa")
    form = {**FORM, "required": ["sort", "strength"]}
    strength = titled("Strength", type="integer")
    exchange.theirs.form("tea", form | {"properties": {**FORM["properties"], "strength": strength}})
    exchange.theirs.change("sort: green,", "sort: green, strength: 3,")
    exchange.hand_over()

    found = exchange.look()

    assert found.different == ("catalog_defs/tea.yaml", "forms/tea.json")
    assert {problem.file for problem in found.problems} == {"catalog_defs/cocoa.yaml"}


def test_an_item_that_was_wrong_before_is_nobodys_fault(exchange: Exchange) -> None:
    exchange.ours.item("cocoa", **{"icon: cup-soda": "icon: nonsense"})
    exchange.theirs.form("tea", {**FORM, "title": "Another tea"})
    exchange.hand_over()

    assert exchange.look().problems == ()


def test_parts_of_forms_are_taken_too_and_other_files_are_named(exchange: Exchange) -> None:
    put({"forms/parts/cup.json": b'{"type": "string", "title": "Cup"}'}, exchange.folder)
    put({"README.md": b"hello", "catalog_defs/tea.yml": b"id: tea"}, exchange.folder)

    found = exchange.look()

    assert found.new == ("forms/parts/cup.json",)
    assert found.ignored == ("README.md", "catalog_defs/tea.yml")


def test_a_broken_file_is_a_problem_with_its_place(exchange: Exchange) -> None:
    put({"catalog_defs/tea.yaml": b"id: [tea"}, exchange.folder)

    found = exchange.look()

    assert found.different == ("catalog_defs/tea.yaml",)
    assert [problem.file for problem in found.problems] == ["catalog_defs/tea.yaml"]


def test_groups_that_are_missing_here_are_noticed(exchange: Exchange) -> None:
    exchange.hand_over()
    registry = replace(REGISTRY, groups=frozenset({"cellar"}))

    found = look(exchange.folder, exchange.folders, registry)

    assert "no group `kitchen`" in found.problems[0].message


def test_files_are_written_whole_and_differing_ones_found(tmp_path: Path) -> None:
    files = {"a/b.txt": b"one", "c.txt": b"two"}
    put(files, tmp_path)

    assert differing(files, tmp_path) == []
    assert differing({**files, "c.txt": b"three", "d.txt": b""}, tmp_path) == ["c.txt"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b.txt", "c.txt"]
