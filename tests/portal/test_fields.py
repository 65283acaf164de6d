"""Every field of a form, as a browser without scripts has it: drawn, filled in, sent, read back."""

from portal.forms import kept
from portal.visits import Posted

# Lists


def moved(action: str, *pairs: tuple[str, str]) -> list[tuple[str, str]]:
    return kept(Posted(list(pairs), {"_action": action}))


def test_an_item_of_a_list_changes_places_with_the_one_before_or_after_it() -> None:
    pairs = [("l.0.a", "1"), ("l.0.b", "2"), ("l.3.a", "3"), ("l.10.a", "4"), ("other", "5")]
    assert moved("up:l.3", *pairs) == [
        ("l.3.a", "1"),
        ("l.3.b", "2"),
        ("l.0.a", "3"),
        ("l.10.a", "4"),
        ("other", "5"),
    ]
    assert dict(moved("down:l.3", *pairs))["l.3.a"] == "4"


def test_items_that_are_single_answers_move_and_go_too() -> None:
    pairs = [("l", ""), ("l.0", "1"), ("l.1", "2"), ("l.10", "3")]
    assert moved("down:l.0", *pairs) == [("l", ""), ("l.1", "1"), ("l.0", "2"), ("l.10", "3")]
    assert moved("remove:l.1", *pairs) == [("l", ""), ("l.0", "1"), ("l.10", "3")]


def test_a_button_that_nobody_drew_moves_nothing() -> None:
    pairs = [("l.0", "1"), ("l.1", "2")]
    for action in ("up:l.0", "down:l.1", "up:l", "up:", "down:l.7", "up:l." + "9" * 5000, "up:x.1"):
        assert moved(action, *pairs) == pairs
