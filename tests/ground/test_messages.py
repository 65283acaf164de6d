"""Typed parameters, as readers of each language write them."""

from decimal import Decimal

import pytest

from ground.messages import local, money, percent, render


@pytest.mark.parametrize(
    ("share", "written"),
    [
        ("0.0795", {"en": "7.95%", "es": "7,95\xa0%", "pt": "7,95%"}),
        ("0.4", {"en": "40%", "es": "40\xa0%", "pt": "40%"}),
        ("0.123456", {"en": "12.35%", "es": "12,35\xa0%", "pt": "12,35%"}),
        ("1", {"en": "100%", "es": "100\xa0%", "pt": "100%"}),
        ("0", {"en": "0%", "es": "0\xa0%", "pt": "0%"}),
    ],
)
def test_a_share_is_written_in_percent(share: str, written: dict[str, str]) -> None:
    shown = {language: render(language, percent(Decimal(share))) for language in written}
    assert shown == written


def test_the_text_of_a_definition_is_filled_in_each_language() -> None:
    texts = {"en": "%(amount)s, 5% off", "es": "%(amount)s, un 5% menos"}
    shown = local(texts, amount=money(1250, "EUR"))
    assert render("en", shown) == "€12.50, 5% off"
    assert render("es", shown) == "12,50\xa0€, un 5% menos"
    assert render("pt", shown) == "€12.50, 5% off".replace("€12.50", "12,50\xa0€")


def test_a_parameter_that_nobody_gives_shows_its_name() -> None:
    assert render("en", local({"en": "%(a)s and %(b)s"}, a="one")) == "one and [b]"


def test_a_text_without_parameters_stays_as_it_is() -> None:
    assert render("en", local({"en": "100%(sure)s"})) == "100%(sure)s"
