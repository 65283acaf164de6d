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
    found = changes(tmp_path, ("limit: 300", "limit: 500"), ("wait: P90D", "wait: P30D"))
    assert found == ["staff setting limit: 300 → 500", "requests task rest, wait: P90D → P30D"]


def test_customers_see_what_a_fee_becomes(tmp_path: Path) -> None:
    found = changes(tmp_path, ("fee: 1500", "fee: 1800"))
    assert found == ["customers amount fee: 1500 → 1800"]


def test_a_fee_among_others_is_named_by_its_path(tmp_path: Path) -> None:
    nested = ITEM.replace("fee: 1500", "fees: {card: 1500, post: 300}")
    nested = nested.replace("$settings.fee }", "$settings.fees.card }")
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old = item_version(workshop(tmp_path / "old", nested))
    new = item_version(workshop(tmp_path / "new", nested.replace("post: 300", "post: 400")))
    assert list(map(str, difference(old, new))) == ["amount fees.post: 300 → 400"]


def test_customers_see_an_amount_that_is_written_in_the_process(tmp_path: Path) -> None:
    found = changes(tmp_path, ("amount: ${ $settings.fee }", "amount: 1900"))
    assert found[0] == "customers amount of pay: ${ $settings.fee } → 1900"
    assert found[1] == "requests task pay, with amount: ${ $settings.fee } → 1900"


def test_of_a_switch_only_the_case_that_changed_is_told(tmp_path: Path) -> None:
    found = changes(tmp_path, ('approved", then: rest}', 'approved", then: pay}'))
    assert len(found) == 1
    assert found[0].startswith("requests task ")
    assert found[0].endswith(" then: rest → pay")


def test_long_texts_are_shown_from_where_they_differ(tmp_path: Path) -> None:
    words = "word " * 20
    text = ITEM.replace("Ask for it, es", f"{words}before, es")
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old = item_version(workshop(tmp_path / "old", text))
    new = item_version(workshop(tmp_path / "new", text.replace("before, es", "after, es")))
    assert str(difference(old, new)[0]) == "summary in en: …before → …after"
