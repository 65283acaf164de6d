"""Deadlines in business time, and by the clock where an item has no calendar."""

from datetime import UTC, datetime, timedelta

from catalog.durations import BusinessTime
from catalog.loader import Sources
from catalog.plan import Plan
from tests.workflows.counter import ROOT
from workflows.calendar import after
from workflows.registry import definition_registry

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


def plan() -> Plan:
    """The plan of an item whose office is closed at weekends."""
    sources = Sources(ROOT / "catalog_defs", ROOT / "forms", definition_registry())
    version = sources.load("address-change.yaml").version
    assert version
    return version.plan()


def test_business_days_leave_weekends_out() -> None:
    assert after(plan(), FRIDAY, BusinessTime("P1D")) == FRIDAY + timedelta(days=3)


def test_without_a_calendar_every_day_counts() -> None:
    always_open = plan().model_copy(update={"service_level": None})
    within = BusinessTime("P1DT2H")
    assert after(always_open, FRIDAY, within) == FRIDAY + timedelta(days=1, hours=2)
