"""What people write in many ways is kept in one, and shown as they write it."""

from typing import Any

import pytest

from catalog.forms.regions import region_choices
from tests.catalog.forms.samples import Schema, form, sentences, text


def kept(schema: Schema, typed: str) -> Any:
    """What becomes of what was typed; `None` where it is refused."""
    verdict = form({"x": schema}).evaluate({"x": typed})
    return None if verdict.errors else verdict.answers["x"]


@pytest.mark.parametrize(
    ("country", "typed", "number"),
    [
        ("ES", "600 123 456", "+34600123456"),
        ("ES", "+351 912 345 678", "+351912345678"),
        ("ES", "00351 912 345 678", "+351912345678"),
        ("PT", "912 345 678", "+351912345678"),
        ("BR", "(11) 96123-4567", "+5511961234567"),
        ("", "+34 600 123 456", "+34600123456"),
        ("", "600 123 456", None),
        ("ES", "600 123", None),
        ("ES", "+34 600 123 456 ext. 7", None),
        ("ES", "call me", None),
        ("ES", "6" * 5000, None),
    ],
)
def test_telephones_are_kept_as_e164(country: str, typed: str, number: str | None) -> None:
    more = {"x-country": country} if country else {}
    assert kept(text("Telephone", format="tel", **more), typed) == number


@pytest.mark.parametrize(
    ("country", "shown"),
    [("ES", "600 12 34 56"), ("PT", "+34 600 12 34 56"), ("", "+34 600 12 34 56")],
)
def test_telephones_are_shown_as_the_reader_dials_them(country: str, shown: str) -> None:
    more = {"x-country": country} if country else {}
    sample = form({"x": text("Telephone", format="tel", **more)})
    field = sample.view({"x": "+34600123456"}).pages[0].fields[0]
    assert (field.text, field.display) == (shown, shown)


def test_the_country_of_a_telephone_may_be_another_answer() -> None:
    sample = form(
        {
            "country": text("Country", format="country"),
            "x": text("Telephone", format="tel", **{"x-country": "country"}),
        }
    )
    verdict = sample.evaluate({"country": "PT", "x": "912 345 678"})
    assert verdict.answers["x"] == "+351912345678"
    assert sample.evaluate({"x": "912 345 678"}).errors


@pytest.mark.parametrize(
    ("typed", "iban"),
    [
        ("es91 2100 0418 4502 0005 1332", "ES9121000418450200051332"),
        ("PT50 0002 0123 1234 5678 9015 4", "PT50000201231234567890154"),
        ("DE89370400440532013000", "DE89370400440532013000"),
        ("ES91 2100 0418 4502 0005 1333", None),
        ("ES91 2100 0418 4502 0005", None),
        ("XX91 2100", None),
        ("ES91" + "2" * 5000, None),
    ],
)
def test_ibans_are_kept_without_spaces(typed: str, iban: str | None) -> None:
    assert kept(text("IBAN", format="iban"), typed) == iban


def test_ibans_are_shown_in_groups_of_four() -> None:
    field = form({"x": text("IBAN", format="iban")}).view({"x": "ES9121000418450200051332"})
    assert field.pages[0].fields[0].text == "ES91 2100 0418 4502 0005 1332"


@pytest.mark.parametrize(
    ("country", "typed", "code"),
    [
        ("ES", "M", "M"),
        ("ES", "madrid", "M"),
        ("ES", "La Coruña", "C"),
        ("BR", "São Paulo", "SP"),
        ("ES", "Atlantis", None),
        ("PT", "Minho", "Minho"),
    ],
)
def test_regions_are_kept_by_code_where_their_country_lists_them(
    country: str, typed: str, code: str | None
) -> None:
    region = text("Region", format="region", **{"x-country": country})
    assert kept(region, typed) == code


def test_regions_follow_the_country_beside_them() -> None:
    sample = form(
        {
            "country": text("Country", format="country"),
            "region": text("Region", format="region", **{"x-country": "country"}),
        }
    )
    assert sample.evaluate({"country": "ES", "region": "Madrid"}).answers["region"] == "M"
    wrong = sample.evaluate({"country": "BR", "region": "Madrid"})
    assert sentences(wrong) == {"/region": "Choose one of the options for “Region”."}
    assert region_choices("XX") == region_choices("") == ()


def test_what_is_kept_is_kept_again() -> None:
    schema = {"t": text("T", format="tel", **{"x-country": "ES"}), "i": text("I", format="iban")}
    items = {"type": "array", "items": {"type": "object", "properties": schema}, "title": "L"}
    typed = {"l": [{"t": "600 123 456", "i": "es91 2100 0418 4502 0005 1332"}]}
    once = form({"l": items}).evaluate(typed)
    assert once.answers == {"l": [{"t": "+34600123456", "i": "ES9121000418450200051332"}]}
    assert form({"l": items}).evaluate(once.answers) == once
