"""Whose portal it is: the operator's name, logo and colours on every page, and the app."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from ground import brand as brands
from ground.brand import DARK, LIGHT, Brand
from ground.messages import translate
from portal import brand
from portal.styles import token
from tests.portal.visitor import Visitor

Visit = Callable[..., Visitor]

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 30"><path d="M0 0h9v9z"/></svg>'
FILE = """
name: Banco del Sur
short_name: Sur
logo: logo.svg
colours:
  light: {accent: "#7a2048"}
mail: {sender: Ayuda de Banco del Sur}
support:
  email: ayuda@example.com
  phone: +34 900 123 456
  hours: {en: "Weekdays, 9 to 18", es: "Laborables, de 9 a 18", pt: "Dias úteis, das 9 às 18"}
"""


@pytest.fixture
def theirs(tmp_path: Path) -> Brand:
    """A brand with everything that a brand may have."""
    (tmp_path / "logo.svg").write_text(LOGO)
    (tmp_path / "brand.yaml").write_text(FILE)
    return brands.load(tmp_path / "brand.yaml")


@pytest.fixture
def branded(app: FastAPI, theirs: Brand) -> None:
    """The application under that brand."""
    app.state.settings.__dict__["brand"] = theirs


def test_their_name_and_support_are_on_every_page(branded: None, visitor: Visit) -> None:
    for who, address in ((None, "/sign-in"), ("customer", "/catalog"), ("customer", "/nowhere")):
        page = visitor(who).go(address).page
        assert page.one("title").text.endswith("· Banco del Sur")
        assert page.one("a", class_="brand").one("img").get("alt") == "Banco del Sur"
        support = page.one("footer").one("p", class_="support")
        assert support.text == "ayuda@example.com +34 900 123 456 Weekdays, 9 to 18"
        assert [one.get("href") for one in support.all("a")] == [
            "mailto:ayuda@example.com",
            "tel:+34900123456",
        ]


def test_their_logo_keeps_its_room_and_can_do_nothing(branded: None, visitor: Visit) -> None:
    page = visitor().go("/sign-in")
    logo = page.page.one("a", class_="brand").one("img")
    assert (logo.get("width"), logo.get("height")) == ("128", "32")
    answer = page.client.get(logo.get("src"))
    assert answer.text == LOGO
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in answer.headers["cache-control"]


def test_their_colours_are_in_the_sheet_and_nowhere_else(branded: None, visitor: Visit) -> None:
    page = visitor().go("/sign-in")
    address = page.page.one("link", rel="stylesheet").get("href")
    sheet = page.client.get(address).text
    assert sheet.index("--accent: #0c6158") < sheet.index("--accent: #7a2048")
    assert sheet.index("--accent: #7a2048") < sheet.index("prefers-contrast")


def test_the_colours_of_the_styles_are_those_that_are_checked() -> None:
    text = (Path(brand.__file__).parent / "styles" / "tokens.css").read_text()
    light, dark = text.split("prefers-color-scheme: dark")
    for part, palette in ((light, LIGHT), (dark, DARK)):
        for name, colour in vars(palette).items():
            assert f"--{token(name)}: {colour};" in part, name


def test_a_picture_that_is_not_there_is_not_found(visitor: Visit) -> None:
    for name in ("logo.svg", "logo.png", "icon.png", "other.svg", "..%2Fbrand.py"):
        assert visitor().client.get(f"/brand/{name}").status_code == 404


# The app


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_the_app_is_described_in_the_readers_language(visitor: Visit, language: str) -> None:
    page = visitor(language=language).go("/sign-in")
    answer = page.client.get(page.page.one("link", rel="manifest").get("href"))
    assert answer.headers["content-type"] == "application/manifest+json"
    app = answer.json()
    assert (app["lang"], app["dir"], app["scope"], app["id"]) == (language, "ltr", "/", "/")
    assert app["name"] == "Ventanilla"
    assert app["shortcuts"][0]["name"] == translate(language, "portal.nav_catalog")


def test_the_icons_of_the_app_are_what_it_says(visitor: Visit) -> None:
    client = visitor().client
    icons = client.get("/manifest.webmanifest").json()["icons"]
    assert [one["sizes"] for one in icons] == ["any", "192x192", "512x512", "512x512"]
    assert [one["purpose"] for one in icons] == ["any", "any", "any", "maskable"]
    for one in icons[1:]:
        png = client.get(one["src"])
        assert png.headers["content-type"] == "image/png"
        assert "x".join(map(str, struct.unpack(">II", png.content[16:24]))) == one["sizes"]
