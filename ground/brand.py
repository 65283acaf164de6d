"""Whose portal this is: name, logo, colours and support, from the file that an operator writes.

Everything is checked when the file is read. Colours are checked as pairs, by the contrast that
WCAG 2.2 asks for, those too that follow from the given ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import floor
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ground import pictures
from ground.colours import clearest, contrast, hex_of, mix, nearest, parse
from ground.messages import languages, pick
from ground.pictures import Picture

TEXT, SHAPE = 4.5, 3.0
"""The contrast that WCAG 2.2 asks of text (1.4.3) and of what else must be seen (1.4.11)."""
GIVEN = ("accent", "background", "surface", "text")
"""The colours that an operator chooses; all others follow or stay."""


class BrandError(Exception):
    """The brand file is wrong; the text has a line for each mistake, with what would be right."""


@dataclass(frozen=True)
class Palette:
    """The colours of one scheme, light or dark, as `#rrggbb`."""

    background: str
    surface: str
    text: str
    soft: str
    line: str
    edge: str
    accent: str
    accent_strong: str
    on_accent: str
    accent_soft: str
    good: str
    good_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    focus: str


LIGHT = Palette(
    background="#f6f5f1",
    surface="#ffffff",
    text="#1c2328",
    soft="#56616a",
    line="#dedbd2",
    edge="#79838b",
    accent="#0c6158",
    accent_strong="#084a43",
    on_accent="#ffffff",
    accent_soft="#e1efec",
    good="#1b6635",
    good_soft="#e5f2e8",
    warn="#7a4f00",
    warn_soft="#fdf2d9",
    bad="#a3231a",
    bad_soft="#fbeae7",
    focus="#1457c8",
)
DARK = Palette(
    background="#13181b",
    surface="#1c2327",
    text="#e9ecea",
    soft="#a9b4b7",
    line="#323c41",
    edge="#829097",
    accent="#74d0c2",
    accent_strong="#9be3d8",
    on_accent="#06231f",
    accent_soft="#1d3935",
    good="#88d79d",
    good_soft="#1b3423",
    warn="#f2c672",
    warn_soft="#392e16",
    bad="#ff9f94",
    bad_soft="#41201d",
    focus="#8fb8ff",
)
PAIRS = (
    ("text", "background", TEXT),
    ("text", "surface", TEXT),
    ("text", "accent_soft", TEXT),
    ("soft", "background", TEXT),
    ("soft", "surface", TEXT),
    ("soft", "accent_soft", TEXT),
    ("accent", "background", TEXT),
    ("accent", "surface", TEXT),
    ("accent", "accent_soft", SHAPE),
    ("accent_strong", "accent_soft", TEXT),
    ("on_accent", "accent", TEXT),
    ("on_accent", "accent_strong", TEXT),
    ("edge", "background", SHAPE),
    ("edge", "surface", SHAPE),
    ("focus", "background", SHAPE),
    ("focus", "surface", SHAPE),
    *(
        (name, ground, TEXT)
        for name in ("good", "warn", "bad")
        for ground in ("background", "surface")
    ),
    *((name, f"{name}_soft", TEXT) for name in ("good", "warn", "bad")),
)
"""What stands on what, and the least contrast between them."""


@dataclass(frozen=True)
class Support:
    """How people reach somebody who helps; empty where there is no such way."""

    email: str = ""
    phone: str = ""
    hours: tuple[tuple[str, str], ...] = ()

    def hours_in(self, language: str) -> str:
        """The hours in a reader's words; empty where none are told."""
        return pick(dict(self.hours), language)

    def __bool__(self) -> bool:
        return bool(self.email or self.phone or self.hours)


@dataclass(frozen=True)
class Brand:
    """Whose portal this is; without a file, Ventanilla's own."""

    name: str = "Ventanilla"
    short_name: str = "Ventanilla"
    logo: Picture | None = None
    icon: Picture | None = None
    light: Palette = LIGHT
    dark: Palette = DARK
    sender: str = "Ventanilla"
    support: Support = Support()


# The file


def coloured(text: str) -> str:
    return hex_of(parse(text))


def printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has a character that cannot be printed")
    return text.strip()


Colour = Annotated[str, AfterValidator(coloured)]
Line = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(printable)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SchemeFile(Strict):
    """The colours that a scheme is given."""

    accent: Colour | None = None
    background: Colour | None = None
    surface: Colour | None = None
    text: Colour | None = None


class ColoursFile(Strict):
    light: SchemeFile = SchemeFile()
    dark: SchemeFile = SchemeFile()


class SupportFile(Strict):
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s<>]+@[^@\s<>]+$")] | None = None
    phone: Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ().-]{4,30}$")] | None = None
    hours: dict[str, Line] | Line | None = None


class MailFile(Strict):
    sender: Line | None = None


class BrandFile(Strict):
    """The brand file as it is written."""

    name: Line
    short_name: (
        Annotated[str, Field(min_length=1, max_length=12), AfterValidator(printable)] | None
    ) = None
    logo: Path | None = None
    icon: Path | None = None
    colours: ColoursFile = ColoursFile()
    mail: MailFile = MailFile()
    support: SupportFile = SupportFile()


def load(path: Path) -> Brand:
    """The brand of a file; paths in it are relative to it. Raises `BrandError`."""
    try:
        written = BrandFile.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except OSError as error:
        raise BrandError(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BrandError(f"{path} is no YAML: {error}") from error
    except ValidationError as error:
        raise BrandError("\n".join(f"{path}: {told(one)}" for one in error.errors())) from error
    brand, problems = made(written, path.parent)
    if problems:
        raise BrandError("\n".join(f"{path}: {problem}" for problem in problems))
    return brand


def told(error: Any) -> str:
    """One mistake in the file's form."""
    place = ".".join(str(step) for step in error["loc"]) or "the file"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def made(written: BrandFile, folder: Path) -> tuple[Brand, list[str]]:
    """The brand, and what is wrong with its pictures, colours and hours."""
    logo, problems = picture(folder, written.logo, "logo")
    icon, more = picture(folder, written.icon, "icon")
    problems += more
    palettes = []
    for scheme, start in (("light", LIGHT), ("dark", DARK)):
        given = getattr(written.colours, scheme).model_dump(exclude_none=True)
        palettes.append(palette(start, given))
        problems += [f"colours.{scheme}.{fault}" for fault in unreadable(start, given)]
    hours = written.support.hours or {}
    if isinstance(hours, str):
        hours = dict.fromkeys(languages(), hours)
    missing = [language for language in languages() if hours and language not in hours]
    problems += [f"support.hours: `{language}` is missing" for language in missing]
    brand = Brand(
        name=written.name,
        short_name=written.short_name or written.name[:12].strip(),
        logo=logo,
        icon=icon,
        light=palettes[0],
        dark=palettes[1],
        sender=written.mail.sender or written.name,
        support=Support(
            written.support.email or "", written.support.phone or "", tuple(hours.items())
        ),
    )
    return brand, problems


def picture(folder: Path, path: Path | None, name: str) -> tuple[Picture | None, list[str]]:
    """A picture of the file, or why it is none."""
    if path is None:
        return None, []
    try:
        return pictures.read(folder / path), []
    except ValueError as error:
        return None, [f"{name}: {error}"]


# Colours


def palette(start: Palette, given: Mapping[str, str]) -> Palette:
    """The scheme with the given colours, and with those that follow from them."""
    if not given:
        return start
    chosen = replace(start, **given)
    dark = contrast(chosen.text, "#ffffff") < contrast(chosen.text, "#000000")
    towards = "#ffffff" if dark else "#000000"
    if given.keys() & {"text", "background", "surface"}:
        chosen = replace(
            chosen,
            soft=mix(chosen.text, chosen.background, 0.75),
            line=mix(chosen.text, chosen.background, 0.15),
            edge=mix(chosen.text, chosen.background, 0.6),
        )
    if given.keys() & {"accent", "surface"}:
        chosen = replace(
            chosen,
            accent_strong=mix(chosen.accent, towards, 0.78),
            on_accent=clearest(chosen.accent, ("#ffffff", "#0b1512")),
            accent_soft=mix(chosen.accent, chosen.surface, 0.16 if dark else 0.1),
        )
    return chosen


def unreadable(start: Palette, given: Mapping[str, str]) -> Iterator[str]:
    """Each pair that cannot be read well: its names, its contrast, the nearest that would do."""
    chosen = palette(start, given)
    for one, other, least in PAIRS:
        found = contrast(getattr(chosen, one), getattr(chosen, other))
        if found < least:
            setting = to_change(given, one, other)
            yield (
                f"{setting}: {one.replace('_', ' ')} ({getattr(chosen, one)}) on "
                f"{other.replace('_', ' ')} ({getattr(chosen, other)}) has a contrast of "
                f"{floor(found * 100) / 100:.2f}:1 and needs {least}:1; "
                + advice(start, given, setting, (one, other, least))
            )


def to_change(given: Mapping[str, str], one: str, other: str) -> str:
    """Which of the given colours a pair is mended by: itself, else what it follows from."""
    for name in (one, other):
        if name in given:
            return name
    follows = "accent" if "accent" in one + other else "background"
    return follows if follows in given else next(name for name in GIVEN if name in given)


def advice(
    start: Palette, given: Mapping[str, str], setting: str, pair: tuple[str, str, float]
) -> str:
    """The nearest colour with which all pairs can be read, else this one."""
    all_pairs = partial(does, start, given, setting, PAIRS)
    found = nearest(given[setting], all_pairs)
    if found is None:
        found = nearest(given[setting], partial(does, start, given, setting, (pair,)))
    return (
        f"the nearest {setting} that would do is {found}"
        if found
        else "no colour of this hue would do"
    )


def does(
    start: Palette,
    given: Mapping[str, str],
    setting: str,
    pairs: tuple[tuple[str, str, float], ...],
    colour: str,
) -> bool:
    """Whether the pairs can be read with this colour in the place of the given one."""
    tried = palette(start, {**given, setting: colour})
    return all(contrast(getattr(tried, a), getattr(tried, b)) >= least for a, b, least in pairs)
