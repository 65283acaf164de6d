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
    if min(units.values()) < 0 or sum(units.values()) > 1e12:
        raise ValueError(f"`{value}` is no length of time")
    made = timedelta(**units)
    if made > LONGEST:
        raise ValueError(f"`{value}` is longer than a hundred years")
    return made
