"""Days, times and moments: asked for in parts, kept as ISO 8601, with a zone where there is one.

====================  =======================================  ===========================
format                asked for                                kept
====================  =======================================  ===========================
`date`                a day                                    `2027-03-31`
`time-local`          a time                                   `14:30:00`
`time`                a time and how far it is from UTC        `14:30:00+02:00`
`date-time-local`     a day and a time                         `2027-03-31T14:30:00`
`date-time`           a day, a time and a time zone            `2027-03-31T14:30:00+02:00`
====================  =======================================  ===========================
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_timezone_location

from ground.messages import format_of

PARTS: Mapping[str, tuple[str, ...]] = {
    "time-local": ("time",),
    "time": ("time", "offset"),
    "date-time-local": ("date", "time"),
    "date-time": ("date", "time", "zone"),
}
"""Each format that is asked for in parts, with their names."""
SEPARATOR = "\x1f"
"""Between the parts of what is no answer yet, which are kept as they were typed."""
DAY = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})")
CLOCK = re.compile(r"(\d{1,2})(?:[:.hH](\d{2}))?(?::(\d{2}))?\s*([aApP])?\.?\s?(?:[mM]\.?)?")
OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})")
OFFSETS = tuple(range(-12 * 60, 14 * 60 + 1, 60))
ZONES = [
    "UTC",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Paris",
    "Europe/Berlin",
    "Europe/Athens",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Atlantic/Canary",
    "Atlantic/Azores",
    "Africa/Casablanca",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Africa/Nairobi",
    "Africa/Luanda",
    "Asia/Dubai",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Dhaka",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Los_Angeles",
    "America/Denver",
    "America/Mexico_City",
    "America/Chicago",
    "America/Bogota",
    "America/New_York",
    "America/Caracas",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
]
"""The zones to choose from; any other that the form or the account names is offered too."""

Parts = dict[str, str]


def joined(kind: str, parts: Parts, language: str) -> str:
    """The answer that the parts make in a format, or as they were typed where they make none.

    An empty text where neither a day nor a time was given.
    """
    if not (parts.get("date") or parts.get("time")):
        return ""
    clock = read_time(parts.get("time", ""))
    day = read_date(parts.get("date", ""), language)
    made = _made(kind, day, clock, parts)
    return made or SEPARATOR.join(parts.get(name, "") for name in PARTS[kind])


def _made(kind: str, day: str, clock: time | None, parts: Parts) -> str:
    if clock is None:
        return ""
    if kind == "time-local":
        return clock.isoformat()
    if kind == "time":
        offset = parts.get("offset") or "+00:00"
        return clock.isoformat() + offset if OFFSET.fullmatch(offset) else ""
    try:
        local = datetime.combine(date.fromisoformat(day), clock)
    except ValueError:
        return ""
    return local.isoformat() if kind == "date-time-local" else _moment(local, parts.get("zone", ""))


def _moment(local: datetime, name: str) -> str:
    """The moment at which clocks in a zone show this; empty where they never do."""
    zone = zone_of(name)
    if zone is None:
        return ""
    moment = local.replace(tzinfo=zone)
    try:
        back = moment.astimezone(UTC).astimezone(zone)
    except OverflowError:
        return ""
    return moment.isoformat() if back.replace(tzinfo=None) == local else ""


def parted(kind: str, value: object, zone: str) -> Parts:
    """The parts of an answer as its inputs hold them; of what is no answer, as they were typed.

    A moment is told by the clocks of `zone` where they are as far from UTC as the answer says.
    """
    names = PARTS[kind]
    text = value if isinstance(value, str) else ""
    if SEPARATOR in text or not text:
        typed = text.split(SEPARATOR)
        return dict(zip(names, [*typed, "", ""], strict=False))
    try:
        return _parted(kind, text, zone)
    except (ValueError, OverflowError):
        return dict.fromkeys(names, "") | {names[0]: text}


def _parted(kind: str, text: str, zone: str) -> Parts:
    if kind == "time-local":
        return {"time": short(time.fromisoformat(text))}
    if kind == "time":
        clock = time.fromisoformat(text)
        return {"time": short(clock), "offset": written_offset(clock.utcoffset())}
    moment = datetime.fromisoformat(text)
    parts = {"date": moment.date().isoformat(), "time": short(moment.time())}
    if kind == "date-time-local":
        return parts
    known = zone_of(zone) or UTC
    offset = moment.utcoffset()
    at_home = moment.replace(tzinfo=known).utcoffset() == offset
    return parts | {"zone": zone if at_home else written_offset(offset)}


INPUTS = {
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "time": re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?"),
}


def fits(parts: Parts, kind: str) -> bool:
    """Whether an input for a day or a time can hold this part; typing errors need one for text."""
    text = parts.get(kind, "")
    if not text or kind not in INPUTS:
        return True
    return bool(INPUTS[kind].fullmatch(text)) and (kind == "time" or is_date(text))


def is_date(text: str) -> bool:
    """A day such as `2027-03-31`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def short(clock: time) -> str:
    """`14:30`, with seconds where there are any."""
    exact = clock.replace(tzinfo=None)
    if exact.microsecond:
        return exact.isoformat()
    return exact.strftime("%H:%M:%S" if exact.second else "%H:%M")


def written_offset(offset: timedelta | None) -> str:
    """`+02:00`."""
    minutes = round(offset.total_seconds() / 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


@cache
def offset_choices() -> tuple[tuple[str, str], ...]:
    """Every whole hour from UTC."""
    codes = (written_offset(timedelta(minutes=minutes)) for minutes in OFFSETS)
    return tuple((code, f"UTC{code}") for code in codes)


def read_date(text: str, language: str) -> str:
    """A day as ISO 8601, where what was typed means only one; else what was typed."""
    match = DAY.fullmatch(text)
    if match is None:
        return text
    first, second, year = (int(part) for part in match.groups())
    day, month = first, second
    if language == "en" and first <= 12 and first != second:
        if second <= 12:
            return text  # 3/4 is March in one country and April in the next
        day, month = second, first
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text


def read_time(text: str) -> time | None:
    """A time of day as people write it: `14:30`, `14.30`, `14h30`, `2:30 pm`, `9`."""
    match = CLOCK.fullmatch(text.strip())
    if match is None:
        return _exact(text.strip())
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    half = (match[4] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _exact(text: str) -> time | None:
    """A time with parts of a second."""
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        return None
    return clock if clock.tzinfo is None and ":" in text else None


@lru_cache(maxsize=1000)
def zone_of(name: str) -> tzinfo | None:
    """The time zone of an IANA name, such as `Europe/Madrid`, or of an offset such as `+02:00`."""
    if match := OFFSET.fullmatch(name):
        distance = timedelta(hours=int(match[2]), minutes=int(match[3]))
        if distance >= timedelta(days=1):
            return None
        return timezone(-distance if match[1] == "-" else distance)
    return ZoneInfo(name) if name in zone_names() else None


@cache
def zone_names() -> frozenset[str]:
    """Every IANA name of a time zone."""
    return frozenset(available_timezones())


@cache
def zone_title(name: str, language: str) -> str:
    """What people call a zone: its best known town; offsets and UTC by themselves."""
    if name == "UTC" or name not in zone_names():
        return f"UTC{name}" if OFFSET.fullmatch(name) else name
    locale = format_of(language)
    town = get_timezone_location(ZoneInfo(name), locale=locale, return_city=True)
    return str(town).rpartition("/")[2]


@cache
def zone_choices(language: str, *more: str) -> tuple[tuple[str, str], ...]:
    """The zones to choose from and what people call each: first `more`, then by name."""
    others = sorted((zone_title(name, language), name) for name in ZONES if name not in more)
    first = [(name, zone_title(name, language)) for name in dict.fromkeys(more)]
    return (*first, *((name, title) for title, name in others))


def spelt(kind: str, text: str) -> str:
    """The answer as it is kept: `Z` as `+00:00`, `14:30` as `14:30:00`; else the text itself."""
    try:
        if kind.startswith("time"):
            clock = time.fromisoformat(text)
            return clock.isoformat() if (clock.tzinfo is None) == (kind == "time-local") else text
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    local = kind == "date-time-local"
    return moment.isoformat() if "T" in text and (moment.tzinfo is None) == local else text


def is_time_local(value: str) -> bool:
    """A time of day, such as `14:30:00`."""
    try:
        return time.fromisoformat(value).tzinfo is None and bool(re.match(r"\d\d:\d\d:\d\d", value))
    except ValueError:
        return False


def is_date_time_local(value: str) -> bool:
    """A day and a time of day, such as `2027-03-31T14:30:00`."""
    day, mark, clock = value.partition("T")
    return bool(mark) and is_date(day) and is_time_local(clock)
