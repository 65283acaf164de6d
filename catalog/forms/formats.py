"""Formats beyond those of JSON Schema, and the one place where validators are made."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from babel import Locale
from jsonschema_rs import Draft202012Validator

from catalog.forms.walk import Schema

NOT_COUNTRIES = frozenset(["CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "UN", "XA", "XB", "ZZ"])
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
TEL = re.compile(r"\+?[\d\s().\-/]+")
IBAN_LENGTHS = {"BR": 29, "DE": 22, "ES": 24, "FR": 27, "GB": 22, "IT": 27, "NL": 18, "PT": 25}


@cache
def countries() -> frozenset[str]:
    """The ISO 3166 codes of two letters."""
    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if code.isalpha() and len(code) == 2) - NOT_COUNTRIES


def is_country(value: str) -> bool:
    """An ISO 3166 code in capitals, such as `PT`."""
    return value in countries()


def is_tel(value: str) -> bool:
    """A telephone number as people write it, with 6 to 15 digits."""
    return bool(TEL.fullmatch(value)) and 6 <= sum(map(str.isdigit, value)) <= 15


def is_iban(value: str) -> bool:
    """An account number whose check digits are right; spaces between groups are fine."""
    compact = value.replace(" ", "").upper()
    if not IBAN.fullmatch(compact):
        return False
    if len(compact) != IBAN_LENGTHS.get(compact[:2], len(compact)):
        return False
    digits = "".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])
    return int(digits) % 97 == 1


FORMATS: dict[str, Callable[..., bool]] = {
    "country": is_country,
    "iban": is_iban,
    "tel": is_tel,
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
        "ipv4",
        "ipv6",
        "uri",
        "uri-reference",
        "uuid",
        "regex",
        "json-pointer",
    ]
) | frozenset(FORMATS)


def validator(schema: Schema | bool) -> Draft202012Validator:
    """A compiled validator that checks formats too. Raises `ValueError` for a broken schema."""
    return Draft202012Validator(schema, validate_formats=True, formats=FORMATS, offline=True)


def is_valid(schema: Any, value: Any) -> bool:
    """One value against one schema, for checks at load."""
    return validator(schema).is_valid(value)
