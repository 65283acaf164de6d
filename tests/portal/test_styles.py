"""The look: one sheet, from tokens, that may be read from either side."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ground import messages
from portal import rendering, styles
from portal.rendering import direction, icon
from tests.portal.visitor import Visitor

Visit = Callable[..., Visitor]
FOLDER = Path(styles.__file__).parent
SIDED = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)"
    r"|border-(?:top|bottom)-(?:left|right)-radius|left|right)(?:-\w+)?\s*:"
    r"|(?:text-align|float|clear|background-position|transform-origin)\s*:[^;}]*\b(?:left|right)\b"
)
FOUR = re.compile(r"(?<![\w-])(?:margin|padding|inset|border-width)\s*:\s*([^;}]+)")
ROUND = re.compile(r"(?<![\w-])border-radius\s*:\s*([^;}]+)")
SHADOW = re.compile(r"box-shadow\s*:\s*(?:inset\s+)?([^\s;}]+)")


def declarations() -> Iterator[tuple[str, str]]:
    """Each part of the look, and its rules without comments."""
    for path in sorted(FOLDER.glob("*.css")):
        yield path.name, re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def values(text: str) -> list[str]:
    """The values of a shorthand; what stands in brackets is one."""
    plain = text.replace("!important", "").strip()
    return re.findall(r"(?:[\w-]+)?\([^()]*(?:\([^()]*\)[^()]*)*\)|[^\s]+", plain)


def sided(css: str) -> list[str]:
    """What in a sheet speaks of left and right instead of start and end."""
    found = [one[0] for one in SIDED.finditer(css)]
    for match in FOUR.finditer(css):
        four = values(match[1])
        found += [match[0]] if len(four) == 4 and four[1] != four[3] else []
    for match in ROUND.finditer(css):
        corners = values(match[1])
        # Two and three values speak of the opposite corner too.
        start, end, *rest = (corners * 4)[:4] if len(corners) < 3 else [*corners, corners[1]][:4]
        found += [match[0]] if start != end or rest[0] != rest[1] else []
    found += [
        one[0] for one in SHADOW.finditer(css) if one[1] not in ("0", "none") and one[1][0] != "v"
    ]
    return found


@pytest.mark.parametrize(
    "rule",
    [
        "a { margin-left: 1rem }",
        "a { left: 0 }",
        "a { border-right-color: red }",
        "a { text-align: right }",
        "a { float: left }",
        "a { padding: 0 1rem 0 0 }",
        "a { border-radius: 1rem 0 }",
        "a { border-radius: 1rem 0 0 1rem }",
        "a { border-top-left-radius: 0 }",
        "a { box-shadow: inset .25rem 0 red }",
    ],
)
def test_a_side_is_noticed(rule: str) -> None:
    assert sided(rule)


@pytest.mark.parametrize(("name", "css"), list(declarations()))
def test_no_part_of_the_look_knows_left_from_right(name: str, css: str) -> None:
    assert sided(css) == [], name


@pytest.mark.parametrize(
    "rule",
    [
        "a { margin-inline-start: 1rem; padding: 0 1rem }",
        "a { border-radius: 1rem 1rem 0 0 }",
        "a { inset: 0 auto 1rem auto }",
        "a { box-shadow: 0 1px 2px red; text-align: end }",
    ],
)
def test_what_has_no_side_is_let_be(rule: str) -> None:
    assert sided(rule) == []


def test_every_part_of_the_look_is_in_the_sheet() -> None:
    assert {f"{part}.css" for part in styles.PARTS} == {path.name for path in FOLDER.glob("*.css")}


def test_every_token_that_is_used_exists() -> None:
    sheet = styles.stylesheet().decode()
    known = set(re.findall(r"(--[\w-]+)\s*:", sheet))
    assert set(re.findall(r"var\((--[\w-]+)", sheet)) <= known


def test_every_colour_is_a_token() -> None:
    for name, css in declarations():
        if name not in ("tokens.css", "contrast.css"):
            plain = re.sub(r"@media print \{.*|mask-image:[^;}]*", "", css)
            assert not re.findall(r"#[0-9a-f]{3,8}\b", plain), name


@pytest.mark.parametrize(
    "feature",
    [
        "prefers-color-scheme: dark",
        "prefers-contrast: more",
        "forced-colors: active",
        "prefers-reduced-motion: reduce",
    ],
)
def test_the_sheet_follows_what_the_reader_prefers(feature: str) -> None:
    assert feature in styles.stylesheet().decode()


# Right to left


@pytest.mark.parametrize(
    ("language", "way"), [("en", "ltr"), ("pt", "ltr"), ("ar", "rtl"), ("he", "rtl")]
)
def test_a_language_is_written_in_its_direction(language: str, way: str) -> None:
    assert direction(language) == way


def test_icons_that_point_somewhere_turn_with_the_page() -> None:
    assert "mirrored" in icon("arrow-right")
    assert "mirrored" in icon("chevron-left")
    assert "mirrored" not in icon("check")


@pytest.fixture
def arabic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A further language, added by its folder alone."""
    shutil.copytree(messages.LOCALES, tmp_path / "locales")
    shutil.copytree(messages.LOCALES / "en", tmp_path / "locales" / "ar")
    monkeypatch.setattr(messages, "LOCALES", tmp_path / "locales")
    caches = (messages.languages, messages.catalogue, rendering.languages_by_name)
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


def test_a_further_language_turns_the_page_around(arabic: None, visitor: Visit) -> None:
    page = visitor(language="ar").go("/sign-in").page
    assert (page.one("html").get("lang"), page.one("html").get("dir")) == ("ar", "rtl")
    assert page.one("button", lang="ar").text == "العربية"
