"""Durations as the DSL writes them."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.processes.lengths import LONGEST, length


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"days": 3}, timedelta(days=3)),
        ({"hours": 1, "minutes": 30}, timedelta(minutes=90)),
        ({"milliseconds": 1500}, timedelta(seconds=1.5)),
        ({"seconds": 0}, timedelta()),
        ("P3D", timedelta(days=3)),
        ("P1W", timedelta(weeks=1)),
        ("PT2H30M", timedelta(hours=2.5)),
        ("P1DT0.5S", timedelta(days=1, seconds=0.5)),
        (timedelta(minutes=5), timedelta(minutes=5)),
        ("P36500D", LONGEST),
    ],
)
def test_lengths_of_time(written: Any, meant: timedelta) -> None:
    assert length(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "", "P", "PT", "P1M", "P1Y", "3 days", "P-1D", None, 5, [], {}, {"days": "3"},
        {"days": True}, {"months": 1}, {"days": -1}, {"days": float("nan")}, {"days": 10**15},
        "P36501D",
    ],
)  # fmt: skip
def test_what_is_no_length_of_time_says_so(written: Any) -> None:
    with pytest.raises(ValueError, match=r"duration|length of time|hundred years"):
        length(written)
