"""Texts by key and parameters, in the reader's language.

What is stored (a timeline entry, a notification, an error) is a key and typed parameters; the
sentence is made when somebody reads it. The texts lie in `locales/<language>/<domain>.po`, and the
key begins with its domain: `requests.submitted`. A further language is added by adding its folder.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_percent, get_currency_precision

LOCALES = Path(__file__).parent.parent / "locales"
DEFAULT_LANGUAGE = "en"
FORMATS = {"pt": "pt_PT"}
"""Whose dates and amounts a language means, where its plain name means another country's."""
PLACE = re.compile(r"%\((\w+)\)s")
"""Where a text of a definition has a parameter."""

Params = dict[str, Any]


def money(minor: int, currency: str) -> Params:
    """An amount in minor units, shown as `€1,250.00`, `1.250,00 €`, …"""
    return {"$money": [minor, currency]}


def day(value: date) -> Params:
    """A calendar day without a time."""
    return {"$day": value.isoformat()}


def moment(value: datetime) -> Params:
    """A moment, shown in the reader's time zone."""
    return {"$moment": value.isoformat()}


def percent(share: Decimal) -> Params:
    """A share such as 0.0795, shown as `7.95%`, `7,95 %`, …"""
    return {"$percent": str(share)}


def ref(key: str, **params: Any) -> Params:
    """Another message as a parameter of this one."""
    return {"$ref": key, "params": params}


def local(texts: dict[str, str], **params: Any) -> Params:
    """A text that a definition gives in several languages; parameters fill its `%(name)s`."""
    return {"$local": texts} | ({"params": params} if params else {})


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a folder, the default one first."""
    found = {folder.name for folder in LOCALES.iterdir() if any(folder.glob("*.po"))}
    return (DEFAULT_LANGUAGE, *sorted(found - {DEFAULT_LANGUAGE}))


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every message of one language, by key. Raises `ValueError` on a key defined twice."""
    messages: dict[str, str] = {}
    for path in sorted((LOCALES / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if message.id in messages:
                    raise ValueError(f"{path.name}: the key {message.id} is defined twice")
                if message.id:
                    messages[str(message.id)] = str(message.string)
    return messages


def pick(texts: dict[str, str], language: str) -> str:
    """The text in `language`, else in the default one, else in any."""
    return texts.get(language) or texts.get(DEFAULT_LANGUAGE) or next(iter(texts.values()), "")


def translate(
    language: str, key: str, params: Params | None = None, zone: ZoneInfo | None = None
) -> str:
    """The message in `language`. An unknown key or a missing parameter shows its name."""
    template = catalogue(language if language in languages() else DEFAULT_LANGUAGE).get(key)
    if not template:
        template = catalogue(DEFAULT_LANGUAGE).get(key, key)
    if not params:
        return template.replace("%%", "%")
    return template % Given((name, render(language, params[name], zone)) for name in params)


def fill_given(
    text: str, language: str, params: Params | None, zone: ZoneInfo | None = None
) -> str:
    """A definition's text with its parameters in it; a percent sign in it is only that."""
    given = Given((name, render(language, value, zone)) for name, value in (params or {}).items())
    return PLACE.sub(lambda place: given[place[1]], text) if params else text


class Given(dict[str, str]):
    """Rendered parameters; one bad entry must not take a whole page with it."""

    def __missing__(self, name: str) -> str:
        return f"[{name}]"


def render(language: str, value: Any, zone: ZoneInfo | None = None) -> str:
    """One parameter as a reader of `language` writes it."""
    if not isinstance(value, dict):
        return str(value)
    if "$money" in value:
        return format_money(language, *value["$money"])
    if "$day" in value:
        return format_date(date.fromisoformat(value["$day"]), "long", locale=format_of(language))
    if "$moment" in value:
        return format_moment(language, datetime.fromisoformat(value["$moment"]), zone)
    if "$percent" in value:
        return format_share(language, Decimal(value["$percent"]))
    if "$ref" in value:
        return translate(language, value["$ref"], value.get("params"), zone)
    if "$local" in value:
        return fill_given(pick(value["$local"], language), language, value.get("params"), zone)
    return str(value)


def format_of(language: str) -> str:
    """The locale by which dates and amounts are written."""
    return FORMATS.get(language, language)


def format_money(language: str, minor: int, currency: str) -> str:
    """An amount of minor units with its currency, by the currency's own number of decimals."""
    amount = Decimal(minor).scaleb(-get_currency_precision(currency))
    return format_currency(amount, currency, locale=format_of(language))


def format_share(language: str, share: Decimal) -> str:
    """A share of one in percent, to two decimals where it has them."""
    exact = round(share, 4).normalize()
    return format_percent(exact, locale=format_of(language), decimal_quantization=False)


def format_moment(language: str, value: datetime, zone: ZoneInfo | None = None) -> str:
    """A moment as date and time in `zone` (UTC where none is known)."""
    local, locale = value.astimezone(zone or ZoneInfo("UTC")), format_of(language)
    shown = format_date(local, "medium", locale=locale)
    return f"{shown}, {format_datetime(local, 'HH:mm', locale=locale)}"
