"""Colours as numbers: how well one is read on another, and the nearest that would be read.

Contrast is that of WCAG 2.2 (relative luminance). Nearness is judged in OKLab, where equal steps
look equal.
"""

import re
from collections.abc import Callable, Iterable

Rgb = tuple[float, float, float]
"""Red, green and blue of sRGB, each from 0 to 1."""

HEX = re.compile(r"#[0-9a-f]{6}")
STEPS = 400
"""How finely lightness is searched."""


def parse(text: str) -> Rgb:
    """The colour of `#rrggbb` or `#rgb`. Raises `ValueError` for anything else."""
    short = text.strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", short):
        short = "#" + "".join(2 * digit for digit in short[1:])
    if not HEX.fullmatch(short):
        raise ValueError(f"{text!r} is no colour; write it as #rrggbb, such as #0c6158")
    red, green, blue = (int(short[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def hex_of(colour: Rgb) -> str:
    """The colour as `#rrggbb`."""
    return "#" + "".join(f"{round(max(0.0, min(1.0, part)) * 255):02x}" for part in colour)


def mix(one: str, other: str, share: float) -> str:
    """`share` of one colour in the other, as `color-mix(in srgb, …)` mixes them."""
    pairs = zip(parse(one), parse(other), strict=True)
    red, green, blue = (a * share + b * (1 - share) for a, b in pairs)
    return hex_of((red, green, blue))


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def gamma(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def luminance(colour: str) -> float:
    """Relative luminance, 0 for black and 1 for white."""
    red, green, blue = map(linear, parse(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def clearest(on: str, choices: Iterable[str]) -> str:
    """Whichever of the choices stands out most on a colour."""
    return max(choices, key=lambda choice: contrast(choice, on))


def oklab(colour: Rgb) -> Rgb:
    """Lightness and the two axes of hue of OKLab."""
    red, green, blue = map(linear, colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def of_oklab(lightness: float, a: float, b: float) -> Rgb:
    """The colour of sRGB; parts beyond 0 and 1 show that it has none."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return (
        gamma(max(0.0, red)),
        gamma(max(0.0, green)),
        gamma(max(0.0, blue)),
    )


def of_lightness(colour: str, lightness: float) -> str:
    """The same hue, lighter or darker; paler where the screen has no such colour."""
    _, a, b = oklab(parse(colour))
    for keep in range(20, -1, -1):
        found = of_oklab(lightness, a * keep / 20, b * keep / 20)
        if max(found) <= 1.0005:
            return hex_of(found)
    return hex_of((lightness, lightness, lightness))


def nearest(colour: str, does: Callable[[str], bool]) -> str | None:
    """The colour of this hue that is nearest in lightness and `does`; None where there is none."""
    here = oklab(parse(colour))[0]
    steps = sorted((step / STEPS for step in range(STEPS + 1)), key=lambda at: abs(at - here))
    return next((found for at in steps if does(found := of_lightness(colour, at))), None)
