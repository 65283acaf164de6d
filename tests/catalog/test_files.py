"""What the loader knows of files without opening them."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel

from catalog.files import content, rules, stats
from catalog.yaml12 import LARGEST_FILE, Unreadable
from tests.catalog.workshop import REGISTRY


def test_only_matching_files_are_listed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x")
    (tmp_path / "a.yaml~").write_text("x")
    (tmp_path / "folder.yaml").mkdir()
    os.utime(tmp_path / "a.yaml", ns=(5, 7))

    assert stats(tmp_path, "*.yaml") == {"a.yaml": (1, 7)}


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert stats(tmp_path / "nowhere", "*.yaml") == {}


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "huge").write_bytes(b"x" * (LARGEST_FILE + 10))

    assert len(content(tmp_path / "huge")) == LARGEST_FILE + 1


def test_an_unreadable_file_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="Is a directory"):
        content(tmp_path)


def test_the_rules_change_with_the_registry() -> None:
    class Other(BaseModel):
        sugar: bool

    names = {
        rules(REGISTRY),
        rules(replace(REGISTRY, groups=None)),
        rules(replace(REGISTRY, computed=frozenset())),
        rules(replace(REGISTRY, workflow_settings={"brew": Other})),
        rules(replace(REGISTRY, workflow_stages={})),
    }

    assert len(names) == 5
    assert rules(REGISTRY) == rules(replace(REGISTRY))
