"""Search knows neither case nor accents."""

import pytest

from catalog.words import fold, words_in


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Préstamo (Coche)", "prestamo coche"),
        ("MUDANÇA de endereço", "mudanca de endereco"),
        ("  Straße—50 %  ", "strasse 50"),
        ("snake_case", "snake case"),
        ("ﬁne", "fine"),
        ("100%_\\'", "100"),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_are_what_stands_between_spaces_and_signs() -> None:
    assert words_in("wi-fi") == ("wi", "fi")
    assert words_in("¿Préstamo?") == ("prestamo",)
