"""Typed parameters, as readers of each language write them."""

from decimal import Decimal

import pytest

from ground.messages import percent, render


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
