"""Texts stay with the definition; the workflow carries pointers to them."""

import pytest

from catalog.processes.texts import at, is_texts, without_texts

TEA = {"en": "Tea", "es": "Té", "pt": "Chá"}


def test_a_text_is_a_mapping_of_languages_and_nothing_else() -> None:
    assert is_texts(TEA)
    assert is_texts({"en": "Tea"})
    assert not is_texts({})
    assert not is_texts(TEA | {"amount": "5"})
    assert not is_texts({"en": 5})
    assert not is_texts("Tea")


def test_each_text_is_replaced_by_where_it_stands() -> None:
    source = {"do": [{"a/b": {"with": {"title": TEA, "amount": 5}}}]}
    carried = without_texts(source, ("process",))
    pointer = carried["do"][0]["a/b"]["with"]["title"]["$defined"]
    assert carried["do"][0]["a/b"]["with"]["amount"] == 5
    assert at({"process": source}, pointer) == TEA


@pytest.mark.parametrize("pointer", ["/process/of", "/process/do/1", "/process/do/x"])
def test_a_pointer_to_nothing_says_so(pointer: str) -> None:
    with pytest.raises(KeyError):
        at({"process": {"do": [1]}}, pointer)
