"""Search knows neither case nor accents."""

import pytest

from catalog.words import fold, spaced


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


def test_words_stand_once_and_after_a_space() -> None:
    assert spaced("A loan", "Loan for a car") == " a loan for car"
