"""Definitions handed from one catalog to another as files: looked at first, then taken over."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from catalog import json_text, yaml12
from catalog.files import content
from catalog.loader import CATEGORIES, Loaded, Sources
from catalog.problems import Problem
from catalog.process_files import FOLDER as PROCESSES
from catalog.registry import Registry
from catalog.search_words import FOLDER as SEARCH
from catalog.translations import FOLDER as TRANSLATIONS
from catalog.written import DEFINITIONS, FORMS
from catalog.yaml12 import Unreadable

TAKEN = (
    f"{DEFINITIONS}/*.yaml",
    f"{DEFINITIONS}/{PROCESSES}/*.yaml",
    f"{DEFINITIONS}/{SEARCH}/*.yaml",
    f"{DEFINITIONS}/{TRANSLATIONS}/*.po",
    f"{FORMS}/**/*.json",
)
"""Which files of a folder are definitions."""


@dataclass(frozen=True)
class Folders:
    """Where a catalog keeps its definitions and its forms."""

    definitions: Path
    forms: Path

    def path(self, file: str) -> Path:
        """Where a file lies that is handed over as `catalog_defs/…` or `forms/…`."""
        folder, _, rest = file.partition("/")
        return (self.definitions if folder == DEFINITIONS else self.forms) / rest

    @classmethod
    def of(cls, folder: Path) -> "Folders":
        """Those of a folder in which files are handed over."""
        return cls(folder / DEFINITIONS, folder / FORMS)


@dataclass(frozen=True)
class Incoming:
    """What taking files over means: which are new, mean the same as ours, or differ from them.

    `versions` are the hashes that the items then have; `problems` is what would be wrong.
    """

    new: tuple[str, ...]
    same: tuple[str, ...]
    different: tuple[str, ...]
    ignored: tuple[str, ...]
    versions: Mapping[str, str]
    problems: tuple[Problem, ...]


def put(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files below a folder, each at once and whole."""
    for file, text in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(text)
        os.replace(beside, path)


def differing(files: Mapping[str, bytes], folder: Path) -> list[str]:
    """Those of the files that lie below the folder with other content."""
    paths = {file: folder / file for file in files}
    return [
        file
        for file, path in paths.items()
        if path.exists() and (not path.is_file() or path.read_bytes() != files[file])
    ]


def look(folder: Path, ours: Folders, registry: Registry) -> Incoming:
    """What it means to take the files of a folder over. Nothing is changed.

    Definitions are compared by what they mean: a version with the same hash is the same, however
    its files are written.
    """
    files = sorted({file for pattern in TAKEN for file in names(folder, pattern)})
    with TemporaryDirectory() as place:
        both = Folders.of(Path(place))
        lay_over(folder, files, ours, both)
        before = Sources(ours.definitions, ours.forms, registry)
        after = Sources(both.definitions, both.forms, registry)
        kinds = {file: kind_of(file, before, after, folder, ours) for file in files}
        loaded = list(touched(files, kinds, before, after))
        problems = {one for item in loaded for one in item.problems}
        if f"{DEFINITIONS}/{CATEGORIES}" in files:
            problems |= set(after.categories[1])
        for file in after.search_files:
            if f"{DEFINITIONS}/{file}" in files:
                problems |= set(after.search_words(file)[1])
        for file, found in after.translations.problems.items():
            if f"{DEFINITIONS}/{file}" in files:
                problems |= set(found)
    versions = {
        item.item_id: item.version.hash
        for item in loaded
        if item.version and f"{DEFINITIONS}/{item.file}" in files
    }
    of_kind = {
        kind: tuple(f for f in files if kinds[f] == kind) for kind in ("new", "same", "different")
    }
    return Incoming(
        **of_kind,
        ignored=ignored(folder, files),
        versions=versions,
        problems=tuple(sorted(problems)),
    )


def names(folder: Path, pattern: str) -> Iterator[str]:
    """The files that match, by their path relative to the folder."""
    return (path.relative_to(folder).as_posix() for path in folder.glob(pattern) if path.is_file())


def ignored(folder: Path, taken: list[str]) -> tuple[str, ...]:
    """The files that are no definitions."""
    return tuple(sorted(set(names(folder, "**/*")) - set(taken)))


def lay_over(folder: Path, files: list[str], ours: Folders, both: Folders) -> None:
    """Make a catalog of our files with those of the folder over them."""
    shutil.copytree(ours.definitions, both.definitions)
    shutil.copytree(ours.forms, both.forms)
    for file in files:
        both.path(file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / file, both.path(file))


def touched(
    files: list[str], kinds: Mapping[str, str], before: Sources, after: Sources
) -> Iterator[Loaded]:
    """The incoming items, and those of ours that an incoming form, process or category changes."""
    incoming = {file.removeprefix(f"{DEFINITIONS}/") for file in files}
    shared = any(
        kinds[file] == "different" and file.removeprefix(f"{DEFINITIONS}/") not in after.definitions
        for file in files
    )
    for name in after.definitions:
        if name in incoming or (shared and before.load(name).version):
            yield after.load(name)


def kind_of(file: str, before: Sources, after: Sources, folder: Path, ours: Folders) -> str:
    """Whether a file is new, means the same as ours, or differs from it."""
    if not ours.path(file).exists():
        return "new"
    if means(file, before, ours.path(file)) == means(file, after, folder / file):
        return "same"
    return "different"


def means(file: str, sources: Sources, path: Path) -> object:
    """What a file says: the version of an item, a form as a whole, or the value in any other."""
    name = file.partition("/")[2]
    if file.startswith(f"{DEFINITIONS}/") and name in sources.definitions:
        version = sources.load(name).version
        return version.hash if version else path.read_bytes()
    if file.startswith(f"{FORMS}/") and "/" not in name:
        return sources.forms.get(path.stem).schema or path.read_bytes()
    try:
        text = content(path)
        return json_text.read(text) if file.endswith(".json") else yaml12.read(text).value
    except Unreadable:
        return path.read_bytes()


def take(folder: Path, files: tuple[str, ...], ours: Folders) -> None:
    """Copy files of a folder into our catalog, those that others build on first."""
    for file in sorted(files, key=order):
        target = ours.path(file)
        put({target.name: (folder / file).read_bytes()}, target.parent)


def order(file: str) -> tuple[bool, bool, str]:
    """Forms, then what items share, then items."""
    is_item = file.startswith(f"{DEFINITIONS}/") and file.count("/") == 1
    return is_item, file.startswith(f"{DEFINITIONS}/"), file
