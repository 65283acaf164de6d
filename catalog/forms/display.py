"""An answer as people read it: dates, amounts, options, countries, in their language."""

from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any
from unicodedata import normalize

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.lists import format_list
from babel.numbers import format_decimal

from catalog.forms.facts import Facts
from catalog.forms.formats import countries
from catalog.forms.moments import SEPARATOR, written_offset
from catalog.forms.spelling import shown
from ground.messages import format_money, format_of, translate

Choices = tuple[tuple[Any, str], ...]
HIDDEN = "••••"
LARGEST = 10**15


@cache
def country_choices(language: str) -> Choices:
    """Code and name of every country, sorted by name without regard to accents."""
    names = Locale(language).territories
    listed = [(code, names.get(code, code)) for code in countries()]
    return tuple(sorted(listed, key=lambda pair: normalize("NFD", pair[1]).casefold()))


def displayed(facts: Facts, value: Any, language: str, choices: Choices, country: str = "") -> str:
    """One answer as text, masked where the form says so; an empty string where there is none.

    `country` is where the reader of a telephone number is.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, list):
        parts = [displayed(facts, one, language, choices, country) for one in value]
        return format_list(parts, locale=language)
    text = _formatted(facts, value, language, choices, country)
    return masked(text, facts.rules["x-mask"]) if "x-mask" in facts.rules else text


def masked(text: str, how: str) -> str:
    """`••••`, with the last four characters for `last4` where that still hides the half of it."""
    compact = text.replace(" ", "")
    return HIDDEN + compact[-4:] if how == "last4" and len(compact) >= 8 else HIDDEN


def _formatted(facts: Facts, value: Any, language: str, choices: Choices, country: str) -> str:
    if facts.widget == "rating" and "maximum" in facts.rules:
        params = {"value": str(value), "most": str(facts.rules["maximum"])}
        return translate(language, "forms.rated", params)
    for option, title in choices:
        if option == value and isinstance(option, bool) == isinstance(value, bool):
            return title
    if isinstance(value, bool):
        return translate(language, "forms.yes" if value else "forms.no")
    if _readable_number(value):
        if facts.widget == "money" and value == int(value):
            return format_money(language, int(value), facts.currency)
        return format_decimal(value, locale=language)
    return _formatted_text(facts, str(value), language, country)


def _readable_number(value: Any) -> bool:
    """Whether it is a number that people, and Babel's decimals, can take in."""
    return isinstance(value, (int, float)) and abs(value) < LARGEST


def _formatted_text(facts: Facts, value: str, language: str, country: str) -> str:
    try:
        moment = _formatted_moment(facts.format, value, language)
    except ValueError:
        return value.replace(SEPARATOR, " ")  # shown as it was typed, beside its error
    if moment:
        return moment
    if facts.widget == "country":
        return str(Locale(language).territories.get(value, value))
    return shown(facts, value, country)


def _formatted_moment(kind: str, value: str, language: str) -> str:
    """A day or a time in words; an empty text for other formats."""
    locale = format_of(language)
    if kind == "date":
        return format_date(date.fromisoformat(value), "long", locale=locale)
    if kind in ("time", "time-local"):
        clock = time.fromisoformat(value)
        return f"{format_time(clock, 'short', locale=locale)}{_far(clock)}"
    if kind in ("date-time", "date-time-local"):
        moment = datetime.fromisoformat(value)
        day = format_date(moment, "long", locale=locale)
        at = format_datetime(moment.replace(tzinfo=None), "HH:mm", locale=locale)
        return f"{day}, {at}{_far(moment)}"
    return ""


def _far(moment: datetime | time) -> str:
    """How far from UTC it is, where that is said."""
    if moment.tzinfo is None:
        return ""
    offset = moment.utcoffset()
    return f" (UTC{written_offset(offset)})" if offset else " (UTC)"


def typed(facts: Facts, value: Any, language: str, country: str = "") -> str:
    """One answer as it stands in an input, so that reading it gives the same answer."""
    if value is None:
        return ""
    if isinstance(value, str):
        return shown(facts, value, country)
    if isinstance(value, bool):
        return "true" if value else "false"
    if not _readable_number(value) or facts.options or facts.source:
        return str(value)
    amount = Decimal(str(value))
    if facts.widget != "money":
        return format_decimal(
            amount, locale=language, group_separator=False, decimal_quantization=False
        )
    pattern = "0." + "0" * facts.decimals if facts.decimals else "0"
    return format_decimal(
        amount.scaleb(-facts.decimals), format=pattern, locale=language, group_separator=False
    )
