"""Lengths of time as a definition writes them: ISO 8601, without months and years.

A `Duration` passes by the clock. A `BusinessTime` is counted in a calendar's working days and
opening hours: `P2D` is two working days, `PT4H` four opening hours.
"""

import re
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

DURATION = r"^P(?!$)(\d{1,4}W)?(\d{1,4}D)?(T(?=\d)(\d{1,5}H)?(\d{1,5}M)?(\d{1,5}S)?)?$"
BUSINESS_TIME = r"^P(?!$)(\d{1,4}D)?(T(?=\d)(\d{1,4}H)?(\d{1,4}M)?)?$"


def parse_duration(text: Any) -> timedelta:
    """`P3D`, `PT2H30M` or `P1W` as a length of time by the clock; raises on anything else."""
    if isinstance(text, timedelta):
        return text
    found = re.match(DURATION, text) if isinstance(text, str) else None
    if not found:
        raise PydanticCustomError(
            "duration",
            "`{text}` is no duration",
            {
                "text": "null" if text is None else str(text),
                "hint": "Write days, hours or minutes such as `P3D`, `PT2H`, `PT30M`",
            },
        )
    weeks, days, hours, minutes, seconds = (
        int(found[i][:-1]) if found[i] else 0 for i in (1, 2, 4, 5, 6)
    )
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def format_duration(value: timedelta) -> str:
    """The shortest ISO spelling, in days and below."""
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = "".join(
        f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count
    )
    days = f"{value.days}D" if value.days else ""
    return f"P{days}{'T' + clock if clock else ''}" if days or clock else "PT0S"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": DURATION, "examples": ["P3D", "PT2H"]}),
]


class BusinessTime(str):
    """Working days and opening time, kept as it is written."""

    __slots__ = ()

    @property
    def days(self) -> int:
        """Whole working days."""
        return self._count(1)

    @property
    def time(self) -> timedelta:
        """Opening time on top of the days."""
        return timedelta(hours=self._count(3), minutes=self._count(4))

    def _count(self, group: int) -> int:
        found = re.match(BUSINESS_TIME, self)
        return int(found[group][:-1]) if found and found[group] else 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """`P2D`, `PT4H` or `P1DT2H30M`; raises on anything else."""
        if not re.match(BUSINESS_TIME, text):
            raise PydanticCustomError(
                "business_time",
                "`{text}` is no length of business time",
                {
                    "text": text,
                    "hint": "Write working days or opening hours: `P2D`, `PT4H`, `PT30M`",
                },
            )
        return cls(text)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema())

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": BUSINESS_TIME, "examples": ["PT4H", "P2D"]}
