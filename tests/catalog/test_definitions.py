"""The words of a definition: what they mean once they are read."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from catalog.definitions import CatalogItem, ServiceLevel
from catalog.durations import BusinessTime
from catalog.explain import check
from catalog.yaml12 import read
from tests.catalog.workshop import ITEM


@pytest.fixture
def item() -> CatalogItem:
    read_item, mistakes = check(CatalogItem, read(ITEM.encode()).value)
    assert not mistakes
    assert read_item is not None
    return read_item


def test_what_is_left_out_has_the_careful_default(item: CatalogItem) -> None:
    assert item.audience.allow.roles == ("customer",)
    assert item.customer_can.amend_until is None
    assert item.customer_can.message
    assert item.publish == "auto"
    assert item.stages[0].shown == "always"


def test_an_item_cannot_be_changed(item: CatalogItem) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        item.form = "other"  # type: ignore[misc]


LEVEL = {
    "calendar": {
        "zone": "Europe/Madrid",
        "country": "ES",
        "hours": {
            day: ["09:00-17:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
        },
    },
    "targets": {"resolution": {"default": "P2D", "urgent": "PT4H", "mixed": "P1DT1H"}},
}


@pytest.mark.parametrize(
    ("priority", "within"), [("urgent", "PT4H"), ("default", "P2D"), ("never-heard", "P2D")]
)
def test_a_target_falls_back_to_its_default(priority: str, within: str) -> None:
    level, _ = check(ServiceLevel, LEVEL)

    assert level is not None
    assert level.target("resolution", priority) == BusinessTime(within)
    assert level.target("first_response", priority) is None


@pytest.mark.parametrize(
    ("priority", "due"),
    [
        ("urgent", datetime(2026, 10, 13, 9, tzinfo=UTC)),
        ("default", datetime(2026, 10, 14, 13, tzinfo=UTC)),
        ("mixed", datetime(2026, 10, 13, 14, tzinfo=UTC)),
    ],
)
def test_a_target_falls_due_in_business_time(priority: str, due: datetime) -> None:
    """Monday the 12th of October 2026 is a holiday in Spain; Madrid is two hours ahead of UTC."""
    level, _ = check(ServiceLevel, LEVEL)
    friday = datetime(2026, 10, 9, 13, tzinfo=UTC)

    assert level is not None
    assert level.due("resolution", friday, priority) == due
    assert level.due("first_response", friday) is None
