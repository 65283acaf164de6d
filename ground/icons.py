"""The icons that definitions and pages may name: those of Lucide."""

from functools import cache
from importlib.resources import files
from pathlib import PurePath
from zipfile import ZipFile


@cache
def names() -> frozenset[str]:
    """The names of all icons, such as `map-pin`."""
    with files("lucide").joinpath("lucide.zip").open("rb") as packed, ZipFile(packed) as drawn:
        return frozenset(PurePath(name).stem for name in drawn.namelist())
