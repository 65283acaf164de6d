"""The brand file: what may be in it, and what an operator is told when it is wrong."""

from pathlib import Path

import pytest

from ground.brand import DARK, LIGHT, PAIRS, Brand, BrandError, load, unreadable
from ground.colours import contrast, mix, nearest, parse
from ground.pictures import faults

HOURS = '{en: "9 to 18", es: "9 a 18", pt: "9 às 18"}'
GOOD = f"""
name: Banco del Sur
colours:
  light: {{accent: "#7a2048"}}
  dark: {{accent: "#f0a6c4"}}
support: {{email: ayuda@example.com, phone: "+34 900 123 456", hours: {HOURS}}}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "brand.yaml"
    path.write_text(text)
    return path


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(BrandError) as raised:
        load(written(folder, text))
    return str(raised.value)


def test_a_name_is_enough(tmp_path: Path) -> None:
    found = load(written(tmp_path, "name: Banco del Sur"))
    assert (found.name, found.short_name, found.sender) == (
        "Banco del Sur",
        "Banco del Su",
        "Banco del Sur",
    )
    assert (found.light, found.dark) == (LIGHT, DARK)
    assert not found.support


def test_everything_can_be_given(tmp_path: Path) -> None:
    found = load(written(tmp_path, GOOD))
    assert found.light.accent == "#7a2048"
    assert found.light.on_accent == "#ffffff"
    assert found.dark.on_accent == "#0b1512"
    assert found.support.hours_in("es") == "9 a 18"
    assert hash(found) != hash(Brand())


def test_our_own_colours_can_be_read() -> None:
    for palette in (LIGHT, DARK):
        for one, other, least in PAIRS:
            assert contrast(getattr(palette, one), getattr(palette, other)) >= least, (one, other)


def test_a_colour_that_cannot_be_read_is_told_with_the_pair_the_ratio_and_what_would_do(
    tmp_path: Path,
) -> None:
    told = complaint(tmp_path, 'name: X\ncolours: {light: {accent: "#ff8800"}}')
    assert (
        "colours.light.accent: accent (#ff8800) on surface (#ffffff) has a contrast of 2.39:1 and "
        "needs 4.5:1; the nearest accent that would do is #bf4d00"
    ) in told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "accent", ["#ff8800", "#ffff00", "#00ff00", "#3b82f6", "#111111", "#e5e5e5"]
)
def test_what_is_advised_does(tmp_path: Path, scheme: str, accent: str) -> None:
    start = LIGHT if scheme == "light" else DARK
    complaints = list(unreadable(start, {"accent": accent}))
    if complaints:
        advised = complaints[0].rpartition(" ")[2]
        assert list(unreadable(start, {"accent": advised})) == []
    else:
        load(written(tmp_path, f'name: X\ncolours: {{{scheme}: {{accent: "{accent}"}}}}'))


def test_a_ground_is_checked_with_all_that_stands_on_it() -> None:
    told = "\n".join(unreadable(DARK, {"background": "#ffffff"}))
    for what in ("text", "soft", "accent", "edge", "focus", "good", "warn", "bad"):
        assert f"background: {what} (" in told


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("colour: red", ["colour: Extra inputs", "name: Field required"]),
        ("name: ''", ["name: String should have at least 1"]),
        ("name: [", ["is no YAML"]),
        (
            "name: X\ncolours: {light: {accent: red}}",
            ["colours.light.accent: 'red' is no colour", "#rrggbb"],
        ),
        ("name: X\nsupport: {email: nobody}", ["support.email"]),
        ("name: X\nsupport: {phone: call us}", ["support.phone"]),
        ("name: X\nsupport: {hours: {en: x}}", ["support.hours: `es` is missing"]),
        ("name: X\nlogo: none.svg", ["logo: ", "none.svg cannot be read"]),
        ('name: "X\\nBcc: all@example.com"', ["name: has a character that cannot be printed"]),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, parts: list[str]) -> None:
    told = complaint(tmp_path, text)
    assert [part for part in parts if part not in told] == []


# Pictures


SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink">{}</svg>'


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        '<rect onload="alert(1)"/>',
        "<foreignObject/>",
        '<image href="https://elsewhere.example/x.png"/>',
        '<use href="https://elsewhere.example/x.svg#a"/>',
        '<use x:href="data:image/svg+xml,x"/>',
        '<rect fill="url(https://elsewhere.example/x)"/>',
        "<style>@import 'https://elsewhere.example/x.css'</style>",
        "<a href='javascript:alert(1)'/>",
        "<set attributeName='href' to='javascript:alert(1)'/>",
    ],
)
def test_a_picture_that_acts_is_refused(inner: str) -> None:
    assert faults(SVG.format(inner).encode())


def test_a_document_type_is_refused() -> None:
    assert faults(b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("&a;").encode())
    assert faults(b'<?xml-stylesheet href="x"?>' + SVG.format("").encode())


def test_a_drawing_is_taken() -> None:
    shapes = (
        '<defs><linearGradient id="a"/></defs><path d="M0 0h1" fill="url(#a)"/><use href="#a"/>'
    )
    assert faults(SVG.format(shapes).encode()) == []
    assert faults(SVG.format("<style>.a { fill: red }</style>").encode()) == []


def test_what_is_no_picture_is_refused() -> None:
    assert faults(b"GIF89a") != []
    assert faults(b"<html/>") == ["its outermost element is not <svg>"]


# Colours


def test_contrast_is_that_of_wcag() -> None:
    assert round(contrast("#000", "#fff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert contrast("#123456", "#123456") == 1


def test_mixing_is_that_of_browsers() -> None:
    assert mix("#000000", "#ffffff", 0.25) == "#bfbfbf"


def test_the_nearest_colour_stays_as_it_is_where_it_does() -> None:
    assert nearest("#7a2048", lambda colour: True) in ("#7a2048", "#7a2148", "#7b2049", "#7a2047")
    assert nearest("#7a2048", lambda colour: False) is None


def test_short_colours_are_read() -> None:
    assert parse("#fff") == (1, 1, 1)
    with pytest.raises(ValueError, match="write it as #rrggbb"):
        parse("white")
