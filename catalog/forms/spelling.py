"""What people write in many ways, kept in one: telephone numbers, IBANs, regions, moments."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat
from stdnum import iban

from catalog.forms import moments
from catalog.forms.facts import Facts
from catalog.forms.regions import countries_with_mail, region_code

MOST_LETTERS = 64


def country_of(facts: Facts, holds: Mapping[str, Any], answers: Mapping[str, Any]) -> str:
    """The country that `x-country` means: a code, or the answer of a field beside or on top."""
    named = str(facts.rules.get("x-country", ""))
    if not named or named.isupper():
        return named
    value = holds.get(named, answers.get(named))
    return value if isinstance(value, str) and value.isascii() and len(value) == 2 else ""


def spelt(facts: Facts, value: Any, country: str) -> Any:
    """The one way in which the answer is kept; what cannot be read stays as it is."""
    if not isinstance(value, str) or len(value) > MOST_LETTERS:
        return value
    if facts.format in moments.PARTS:
        return moments.spelt(facts.format, value)
    way = SPELLINGS.get(facts.format)
    return way(value, country) if way else value


def is_tel(value: str) -> bool:
    """A telephone number in E.164: with `+` and the code of a country that has such numbers."""
    number = parsed(value, "")
    return number is not None and e164(number) == value


@lru_cache(maxsize=1000)
def is_iban(value: str) -> bool:
    """An IBAN as its country makes them, check digits and all; spaces between groups are fine."""
    return len(value) <= MOST_LETTERS and value.isascii() and bool(iban.is_valid(value))


@lru_cache(maxsize=1000)
def parsed(value: str, country: str) -> PhoneNumber | None:
    """The telephone number that a text means in a country, if it is one."""
    if len(value) > MOST_LETTERS:
        return None
    try:
        number = phonenumbers.parse(value, country or None)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def e164(number: PhoneNumber) -> str:
    """`+34600123456`."""
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def tel_spelt(value: str, country: str) -> str:
    number = parsed(value, country)
    return value if number is None or number.extension else e164(number)


@lru_cache(maxsize=1000)
def tel_shown(value: str, country: str) -> str:
    """A telephone number as people of `country` write it, others with their country's code."""
    number = parsed(value, "")
    if number is None:
        return value
    home = phonenumbers.region_code_for_number(number) == country
    how = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(number, how))


def iban_spelt(value: str, country: str) -> str:
    return str(iban.compact(value)) if is_iban(value) else value


@lru_cache(maxsize=1000)
def iban_shown(value: str, country: str) -> str:
    """An IBAN in groups of four."""
    return str(iban.format(value)) if is_iban(value) else value


def region_spelt(value: str, country: str) -> str:
    return region_code(country, value) if country in countries_with_mail() else value


SPELLINGS: dict[str, Callable[[str, str], str]] = {
    "tel": tel_spelt,
    "iban": iban_spelt,
    "region": region_spelt,
}
SPELT = frozenset(SPELLINGS) | frozenset(moments.PARTS)
"""The formats whose answers are kept in one way."""
SHOWN: dict[str, Callable[[str, str], str]] = {"tel": tel_shown, "iban": iban_shown}


def shown(facts: Facts, value: str, country: str) -> str:
    """The answer as people read it and write it."""
    way = SHOWN.get(facts.format)
    return way(value, country) if way else value
