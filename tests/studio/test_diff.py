"""The difference of two versions, told for customers, staff and requests under way."""

from pathlib import Path

from studio.commands import item_version
from studio.diff import difference
from tests.studio.workshop import ITEM, workshop


def changes(tmp_path: Path, *pairs: tuple[str, str]) -> list[str]:
    """The differences that replacing some words makes."""
    text = ITEM
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after, 1)
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old = item_version(workshop(tmp_path / "old"))
    new = item_version(workshop(tmp_path / "new", text))
    return [f"{change.side} {change}" for change in difference(old, new)]


def test_nothing_changed(tmp_path: Path) -> None:
    assert changes(tmp_path) == []


def test_customers_see_titles_stages_and_times(tmp_path: Path) -> None:
    found = changes(
        tmp_path, ("Ask for it, es", "Ask for one, es"), ("en: Decision", "en: Judgement")
    )
    assert found == [
        "customers summary in en: Ask for it → Ask for one",
        "customers stage decision: Decision → Judgement",
    ]


def test_staff_see_settings_and_new_requests_the_tasks_that_changed(tmp_path: Path) -> None:
    found = changes(tmp_path, ("fee: 1500", "fee: 1800"), ("wait: P90D", "wait: P30D"))
    assert found == ["staff setting fee: 1500 → 1800", "requests task rest, wait: P90D → P30D"]
