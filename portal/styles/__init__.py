"""The one stylesheet of every page, put together from the files of this folder.

A page loads one small sheet instead of several; each part of the look has a file of its own.
"""

import hashlib
from functools import cache
from pathlib import Path

PARTS = ("tokens", "frame", "parts", "catalog", "forms", "requests", "definitions", "sizes")
"""In the order in which they apply: later ones win."""

SHEET = "portal.css"


@cache
def stylesheet() -> bytes:
    """All parts, one after the other."""
    folder = Path(__file__).parent
    return b"\n".join((folder / f"{part}.css").read_bytes() for part in PARTS)


def fingerprint(content: bytes) -> str:
    """A short name of a content, for its address."""
    return hashlib.sha256(content).hexdigest()[:12]
