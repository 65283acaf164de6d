"""JSON is read strictly: no key twice, no endless nesting, no characters that JSON has not."""

import pytest

from catalog.json_text import read
from catalog.yaml12 import Mark, Unreadable


def test_a_value_is_read_as_it_stands() -> None:
    assert read(b'{"b": [1, 2.5, null], "a": "\xc3\xa9"}') == {"b": [1, 2.5, None], "a": "é"}
    assert list(read(b'{"b": 1, "a": 2}')) == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "mark", "message"),
    [
        ('{"a": 1,}', Mark(1, 8), "not JSON"),
        ('{"a": 1\n "b": 2}', Mark(2, 2), "not JSON"),
        ('{"a": NaN}', Mark(1, 7), "not JSON"),
        ('"\\ud800"', Mark(1, 2), "not JSON"),
        ('{"a": 1,\n "b": {"c": 1, "c": 2}}', Mark(2, 16), "the key `c` stands twice"),
        ('{"x": "\\ud83d\\ude00", "a": 1, "a": 1}', Mark(1, 1), "the key `a` stands twice"),
        ("[" * 2000, Mark(1, 1026), "not JSON"),
        ("[" * 100 + "]" * 100, Mark(1, 1), "nested more than 60"),
        (f'"{"x" * 300_000}"', Mark(1, 1), "at most 262144"),
    ],
)
def test_a_mistake_has_a_place(text: str, mark: Mark, message: str) -> None:
    with pytest.raises(Unreadable, match=message) as refused:
        read(text.encode())

    assert refused.value.mark == mark
