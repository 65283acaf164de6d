"""The one stylesheet of every page, put together from the files of this folder.

A page loads one small sheet instead of several; each part of the look has a file of its own.
"""

import hashlib
from dataclasses import asdict
from functools import cache
from pathlib import Path

from ground.brand import DARK, LIGHT, Brand, Palette

PARTS = (
    "tokens",
    "frame",
    "parts",
    "catalog",
    "home",
    "forms",
    "drafts",
    "requests",
    "definitions",
    "app",
    "sizes",
    "print",
    "contrast",
)
"""In the order in which they apply: later ones win."""

SHEET = "style.css"


@cache
def stylesheet(brand: Brand = Brand()) -> bytes:
    """All parts, one after the other, in the brand's colours."""
    folder = Path(__file__).parent
    parts = [(folder / f"{part}.css").read_bytes() for part in PARTS]
    return b"\n".join([parts[0], colours(brand).encode(), *parts[1:]])


def colours(brand: Brand) -> str:
    """The colours of a brand in the place of ours; empty where it has none of its own."""
    light, dark = changed(LIGHT, brand.light), changed(DARK, brand.dark)
    if not light and not dark:
        return ""
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"


def changed(ours: Palette, theirs: Palette) -> str:
    """The colours in which a scheme differs, as declarations."""
    if ours == theirs:
        return ""
    return " ".join(f"--{token(name)}: {hex};" for name, hex in asdict(theirs).items())


def token(name: str) -> str:
    """What the styles call a colour."""
    return {"background": "bg", "text": "ink"}.get(name, name.replace("_", "-"))


def fingerprint(content: bytes) -> str:
    """A short name of a content, for its address."""
    return hashlib.sha256(content).hexdigest()[:12]
