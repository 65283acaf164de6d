"""Durations as the Open Workflow DSL writes them: an object of units, or ISO 8601."""

import re
from datetime import timedelta
from typing import Any

UNITS = ("days", "hours", "minutes", "seconds", "milliseconds")
NUMBER = r"(\d+(?:\.\d+)?)"
ISO = re.compile(
    rf"^P(?!$)(?:{NUMBER}W)?(?:{NUMBER}D)?(?:T(?=\d)(?:{NUMBER}H)?(?:{NUMBER}M)?(?:{NUMBER}S)?)?$"
)
LONGEST = timedelta(days=36_500)
MOST = 10**14
"""Of any unit; a century has fewer milliseconds."""
SECONDS = {
    "weeks": 604_800,
    "days": 86_400,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
    "milliseconds": 0.001,
}


def length(value: Any) -> timedelta:
    """`{days: 3}`, `P3D` or `PT2H30M` as a length of time. Raises `ValueError` on anything else.

    Years and months have no fixed length, so they are none.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, dict):
        return bounded(from_units(value), value)
    found = ISO.match(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"`{value}` is no duration")
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return bounded(
        {"weeks": weeks, "days": days, "hours": hours, "minutes": minutes, "seconds": seconds},
        value,
    )


def from_units(value: dict[str, Any]) -> dict[str, float]:
    """The units of an object. Raises `ValueError` for unknown ones and for no numbers."""
    for unit, count in value.items():
        if unit not in UNITS or isinstance(count, bool) or not isinstance(count, int | float):
            raise ValueError(f"`{unit}: {count}` is no part of a duration")
    if not value:
        raise ValueError("a duration needs at least one unit")
    return value


def bounded(units: dict[str, float], value: Any) -> timedelta:
    """The length, if it is neither negative nor longer than a century."""
    # Written so that what is not a number is none either.
    if not all(0 <= count <= MOST for count in units.values()):
        raise ValueError(f"`{value}` is no length of time")
    if sum(count * SECONDS[unit] for unit, count in units.items()) > LONGEST.total_seconds():
        raise ValueError(f"`{value}` is longer than a hundred years")
    return timedelta(**units)
