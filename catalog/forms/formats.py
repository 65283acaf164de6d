"""Formats beyond those of JSON Schema, and the one place where validators are made."""

from collections.abc import Callable
from functools import cache
from typing import Any

from babel import Locale
from jsonschema_rs import Draft202012Validator

from catalog.forms.moments import is_date_time_local, is_time_local
from catalog.forms.spelling import is_iban, is_tel
from catalog.forms.walk import Schema

NOT_COUNTRIES = frozenset(["CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "UN", "XA", "XB", "ZZ"])


@cache
def countries() -> frozenset[str]:
    """The ISO 3166 codes of two letters."""
    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if code.isalpha() and len(code) == 2) - NOT_COUNTRIES


def is_country(value: str) -> bool:
    """An ISO 3166 code in capitals, such as `PT`."""
    return value in countries()


def is_region(value: str) -> bool:
    """Any text: whether the country has such a region is a rule of the field."""
    return bool(value)


FORMATS: dict[str, Callable[..., bool]] = {
    "country": is_country,
    "date-time-local": is_date_time_local,
    "iban": is_iban,
    "region": is_region,
    "tel": is_tel,
    "time-local": is_time_local,
}
CHECKED = frozenset(
    [
        "date",
        "date-time",
        "time",
        "duration",
        "email",
        "idn-email",
        "hostname",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "uri",
        "uri-reference",
        "uri-template",
        "iri",
        "iri-reference",
        "uuid",
        "regex",
        "json-pointer",
        "relative-json-pointer",
    ]
) | frozenset(FORMATS)


def validator(schema: Schema | bool) -> Draft202012Validator:
    """A compiled validator that checks formats too. Raises `ValueError` for a broken schema."""
    return Draft202012Validator(schema, validate_formats=True, formats=FORMATS, offline=True)


def is_valid(schema: Any, value: Any) -> bool:
    """One value against one schema, for checks at load."""
    return validator(schema).is_valid(value)
