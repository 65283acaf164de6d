"""Lengths of time by the clock and in business time."""

from datetime import timedelta

import pytest
from pydantic import BaseModel, ValidationError

from catalog.durations import BusinessTime, Duration, format_duration


class Times(BaseModel):
    """Both kinds in a model."""

    usual: Duration = timedelta()
    within: BusinessTime = BusinessTime("P1D")


@pytest.mark.parametrize(
    ("text", "length", "shortest"),
    [
        ("P3D", timedelta(days=3), "P3D"),
        ("P2W", timedelta(days=14), "P14D"),
        ("PT2H30M", timedelta(hours=2, minutes=30), "PT2H30M"),
        ("P1DT90M", timedelta(days=1, minutes=90), "P1DT1H30M"),
        ("PT45S", timedelta(seconds=45), "PT45S"),
        ("PT0S", timedelta(), "PT0S"),
    ],
)
def test_a_duration_is_iso_8601(text: str, length: timedelta, shortest: str) -> None:
    times = Times.model_validate({"usual": text})

    assert times.usual == length
    assert times.model_dump(mode="json")["usual"] == shortest == format_duration(length)
    assert Times.model_validate_json(times.model_dump_json()) == times


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "P1Y", "P1M", "3D", "P-1D", "p3d", "P1.5D", 3]
)
def test_months_years_and_nonsense_are_no_duration(text: object) -> None:
    with pytest.raises(ValidationError, match="is no duration"):
        Times.model_validate({"usual": text})


@pytest.mark.parametrize(
    ("text", "days", "time"),
    [
        ("P2D", 2, timedelta()),
        ("PT4H", 0, timedelta(hours=4)),
        ("P1DT2H30M", 1, timedelta(hours=2, minutes=30)),
    ],
)
def test_business_time_is_working_days_and_opening_time(
    text: str, days: int, time: timedelta
) -> None:
    within = Times.model_validate_json(f'{{"within": "{text}"}}').within

    assert (within.days, within.time) == (days, time)
    assert Times(within=within).model_dump(mode="json")["within"] == text


@pytest.mark.parametrize("text", ["", "P", "P1W", "PT30S", "4h", "P1Y"])
def test_what_is_no_business_time_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="business time"):
        Times.model_validate({"within": text})
