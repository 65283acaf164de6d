"""Addresses by the rules of their country."""

from typing import Any

import pytest

from catalog.forms import regions
from ground.errors import Invalid
from ground.messages import catalogue, languages, translate
from services import addresses
from services.addresses import NormalisedAddress, address_lines, normalise_address

MADRID = {"lines": "Calle Mayor 5", "city": "Madrid", "region": "Madrid", "postal_code": "28013"}


def errors(country: str, **parts: Any) -> dict[str, str]:
    """The message key of each wrong field."""
    with pytest.raises(Invalid) as caught:
        normalise_address(country, parts, pointer="/address")
    return {error.pointer.removeprefix("/address/"): error.key for error in caught.value.fields}


def test_a_valid_address_comes_back_in_the_countrys_own_spelling() -> None:
    typed = MADRID | {"lines": "  Calle  Mayor 5 \n\n 2.º B\t", "postal_code": "28 013"}
    assert normalise_address("es", typed) == NormalisedAddress(
        country="ES",
        lines=("Calle Mayor 5", "2.º B"),
        district="",
        city="Madrid",
        region="M",
        postal_code="28013",
    )


@pytest.mark.parametrize(
    ("country", "typed", "code"),
    [
        ("ES", "ávila", "AV"),
        ("ES", "Avila", "AV"),
        ("ES", "Araba", "VI"),
        ("US", "california", "CA"),
        ("BR", "sao paulo", "SP"),
        ("MX", "CMX", "CDMX"),
        ("JP", "Tokyo", "東京都"),
    ],
)
def test_a_region_is_known_by_any_of_its_names_and_codes(
    country: str, typed: str, code: str
) -> None:
    parts = addresses.typed_address(country, {"region": typed})
    assert addresses.places_by_code(parts)["country_area"] == code


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [
        ("PT", "1100048", "1100-048"),
        ("BR", "01310100", "01310-100"),
        ("GB", "sw1a2aa", "SW1A 2AA"),
        ("US", "950141234", "95014-1234"),
        ("NL", "1234ab", "1234 AB"),
        ("ES", "28013", "28013"),
    ],
)
def test_a_postal_code_gets_the_countrys_punctuation(
    country: str, typed: str, written: str
) -> None:
    assert addresses.punctuate(typed.upper(), country) == written


def test_every_missing_part_is_named_at_once() -> None:
    assert errors("ES") == {
        "lines": "profiles.lines_required",
        "city": "profiles.city_required",
        "region": "profiles.region_required",
        "postal_code": "profiles.postal_code_required",
    }


def test_required_parts_differ_by_country() -> None:
    parts = {"lines": "O'Connell Street 1", "city": "Dublin"}
    assert normalise_address("IE", parts).postal_code == ""
    assert errors("ES", **parts).keys() == {"region", "postal_code"}


def test_a_wrong_postal_code_shows_what_one_looks_like() -> None:
    with pytest.raises(Invalid) as caught:
        normalise_address("PT", {"lines": "Rua Augusta 1", "city": "Lisboa", "postal_code": "12"})
    [error] = caught.value.fields
    assert (error.pointer, error.key) == ("/postal_code", "profiles.postal_code_invalid")
    assert translate("pt", error.key, error.params).endswith("2725-079.")


def test_a_postal_code_of_another_region_is_told_apart_from_a_malformed_one() -> None:
    assert errors("ES", **MADRID | {"postal_code": "08001"}) == {
        "postal_code": "profiles.postal_code_other_region"
    }
    assert errors("ES", **MADRID | {"postal_code": "2801"}) == {
        "postal_code": "profiles.postal_code_invalid"
    }


def test_nothing_may_follow_a_postal_code() -> None:
    parts = {"lines": "10 Downing Street", "city": "London"}
    assert errors("GB", **parts, postal_code="GIR 0AA and more") == {
        "postal_code": "profiles.postal_code_invalid"
    }


def test_an_unknown_region_is_refused() -> None:
    assert errors("ES", **MADRID | {"region": "Bavaria"}) == {"region": "profiles.region_invalid"}


@pytest.mark.parametrize("country", ["XX", "ALL", "ZZ", "../ES", "España"])
def test_an_unknown_country_is_refused(country: str) -> None:
    assert errors(country, **MADRID) == {"country": "profiles.country_invalid"}


def test_a_country_is_required() -> None:
    assert errors(" ", **MADRID) == {"country": "profiles.country_required"}


def test_what_a_country_does_not_use_is_not_lost_if_people_need_it() -> None:
    portuguese = {"lines": "Rua Augusta 1", "city": "Lisboa", "postal_code": "1100-048"}
    assert normalise_address("PT", portuguese | {"region": "Lisboa"}).region == ""
    japanese = {
        "lines": "1-1",
        "city": "Chiyoda-ku",
        "region": "Tokyo",
        "postal_code": "100-0001",
    }
    assert normalise_address("JP", japanese).lines == ("1-1", "Chiyoda-ku")


def test_a_part_has_limits() -> None:
    assert errors("ES", **MADRID | {"city": "M" * 101}) == {"city": "profiles.part_too_long"}
    assert errors("ES", **MADRID | {"lines": ["x"] * 6}) == {"lines": "profiles.lines_too_many"}


def test_normalising_twice_changes_nothing() -> None:
    for country, parts in {
        "ES": MADRID,
        "BR": {
            "lines": "Av. Paulista 1000",
            "district": "Bela Vista",
            "city": "São Paulo",
            "region": "São Paulo",
            "postal_code": "01310100",
        },
        "GB": {"lines": "10 Downing Street", "city": "London", "postal_code": "SW1A2AA"},
    }.items():
        once = normalise_address(country, parts)
        assert normalise_address(once.country, once.as_dict()) == once


def test_a_letter_shows_the_country_in_the_readers_language() -> None:
    home = normalise_address("ES", MADRID)
    assert address_lines(home, "en") == ["Calle Mayor 5", "28013 MADRID", "Spain"]
    assert address_lines(home, "pt")[-1] == "Espanha"
    town = normalise_address("ES", MADRID | {"city": "Getafe", "postal_code": "28901"})
    assert address_lines(town, "es")[1] == "28901 GETAFE MADRID"


def test_every_country_can_be_used() -> None:
    countries = regions.countries_with_mail()
    for country in countries:
        assert addresses.rules(country).allowed_fields
        assert isinstance(regions.regions(country), dict)
    assert len(countries) > 240


def test_every_error_of_the_address_data_has_a_text_in_every_language() -> None:
    wrong = [
        f"profiles.{part}_{why}" for part in addresses.FIELDS for why in ("required", "invalid")
    ]
    # Any line will do, so lines cannot be invalid.
    wrong.remove("profiles.lines_invalid")
    for language in languages():
        assert set(wrong) <= catalogue(language).keys()
