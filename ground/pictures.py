"""Pictures that an operator hands in: a PNG, or an SVG that can do nothing but be looked at."""

import hashlib
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

LARGEST = 200_000
PNG_START = b"\x89PNG\r\n\x1a\n"
SVG_SPACE = "{http://www.w3.org/2000/svg}"
SHAPES = frozenset(
    re.findall(
        r"\w+",
        "svg g defs title desc path rect circle ellipse line polyline polygon text tspan use symbol"
        " linearGradient radialGradient stop clipPath mask pattern style",
    )
)
"""The elements that a picture may have: none runs, none loads anything."""
ELSEWHERE = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression\(|javascript:", re.IGNORECASE)


@dataclass(frozen=True)
class Picture:
    """The bytes of a picture and their media type."""

    content: bytes
    media_type: str

    @property
    def ending(self) -> str:
        """What its file name ends with, without the dot."""
        return "svg" if self.media_type == "image/svg+xml" else "png"

    @property
    def fingerprint(self) -> str:
        """A short name of the content, for its address."""
        return hashlib.sha256(self.content).hexdigest()[:12]


def read(path: Path) -> Picture:
    """The picture in a file. Raises `ValueError` with all that is wrong with it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise ValueError(f"{path} has {len(content)} bytes; at most {LARGEST} are taken")
    if content.startswith(PNG_START):
        return Picture(content, "image/png")
    wrong = faults(content)
    if wrong:
        raise ValueError(f"{path} is not taken: " + "; ".join(wrong))
    return Picture(content, "image/svg+xml")


def faults(content: bytes) -> list[str]:
    """Why this is no SVG that may be shown: scripts, outside addresses, entities, unknown parts."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"<?xml-stylesheet" in content:
        return ["it has a document type or a style sheet, in which more could hide"]
    try:
        root = ET.fromstring(content)
    except ET.ParseError as error:
        return [f"it is neither PNG nor SVG ({error})"]
    if root.tag != f"{SVG_SPACE}svg":
        return ["its outermost element is not <svg>"]
    found = [fault for element in root.iter() for fault in faults_of(element)]
    return list(dict.fromkeys(found))


def faults_of(element: ET.Element) -> list[str]:
    """What one element has that a picture does not need."""
    name = element.tag.removeprefix(SVG_SPACE)
    if name not in SHAPES:
        return [f"it has a <{name.rpartition('}')[2]}> element"]
    if name == "style" and ELSEWHERE.search(element.text or ""):
        return ["its <style> leads out of the picture"]
    return [
        f"<{name}> has the attribute {key.rpartition('}')[2]}={value[:40]!r}"
        for key, value in element.attrib.items()
        if acts(key.rpartition("}")[2].lower(), value)
    ]


def acts(name: str, value: str) -> bool:
    """Whether an attribute runs something or leads out of the picture."""
    if name.startswith("on") or ELSEWHERE.search(value):
        return True
    return name in ("href", "src") and not value.startswith("#")
