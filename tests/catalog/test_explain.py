"""Errors of any settings model read like those of the catalog itself."""

from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from catalog.durations import Duration
from catalog.explain import check, shown


class Heat(StrEnum):
    """How hot."""

    LOW = "low"
    HIGH = "high"


class Pot(BaseModel):
    """A pot."""

    model_config = ConfigDict(extra="forbid")

    litres: Decimal = Field(default=Decimal(1), description="Litres, with a point")


class Settings(BaseModel):
    """Settings as workflow authors write them."""

    model_config = ConfigDict(extra="forbid")

    heat: Heat = Heat.LOW
    pot: Pot | None = None
    opens: time | None = None
    since: date | None = None
    wait: Duration = timedelta(hours=1)
    by_size: dict[int, Pot] = {}
    shares: tuple[Decimal, ...] = ()
    name: str = Field(default="x", max_length=3)

    @field_validator("name")
    @classmethod
    def not_y(cls, name: str) -> str:
        if name == "y":
            raise ValueError("y is taken")
        return name


def test_json_values_of_every_kind_are_taken() -> None:
    value = {
        "heat": "high",
        "pot": {"litres": "1.5"},
        "opens": "09:00",
        "since": "2026-01-31",
        "wait": "P1D",
        "by_size": {"3": {"litres": 2.5}},
        "shares": [0.1, "0.2"],
    }

    settings, mistakes = check(Settings, value)

    assert not mistakes
    assert settings == Settings(
        heat=Heat.HIGH,
        pot=Pot(litres=Decimal("1.5")),
        opens=time(9),
        since=date(2026, 1, 31),
        wait=timedelta(days=1),
        by_size={3: Pot(litres=Decimal("2.5"))},
        shares=(Decimal("0.1"), Decimal("0.2")),
    )


@pytest.mark.parametrize(
    ("value", "path", "message", "hint"),
    [
        ({"heat": "warm"}, ("heat",), "`warm` is not one of the words known here", "`high`, `low`"),
        ({"pot": {"litre": 1}}, ("pot", "litre"), "`litre` is not a key here", "mean `litres`"),
        ({"pot": {"litres": "a"}}, ("pot", "litres"), "the text `a` is not a number", "a point"),
        ({"pot": True}, ("pot",), "`true` is not a mapping of keys to values", ""),
        ({"opens": "late"}, ("opens",), "the text `late` is not a time of day", "09:00"),
        ({"since": [1]}, ("since",), "a list is not a date", ""),
        ({"since": "2026-02-30"}, ("since",), "day value is outside expected range", ""),
        ({"wait": None}, ("wait",), "`null` is no duration", "`P3D`"),
        ({"shares": {"a": 1}}, ("shares",), "a mapping is not a list", ""),
        ({"name": "y"}, ("name",), "y is taken", ""),
        ({"name": "xxxx"}, ("name",), "at most 3 characters", ""),
        ({"by_size": {"big": {}}}, ("by_size", "big", "[key]"), "not a whole number", ""),
    ],
)
def test_a_mistake_is_said_plainly(
    value: Any, path: tuple[str, ...], message: str, hint: str
) -> None:
    settings, mistakes = check(Settings, value, ("settings",))

    assert settings is None
    [mistake] = mistakes
    assert mistake.path == ("settings", *path)
    assert message in mistake.message
    assert hint in mistake.hint


def test_long_values_are_cut_short() -> None:
    assert shown("x" * 100) == f"`{'x' * 57}…`"
    assert shown(None) == "nothing"
