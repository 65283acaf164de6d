"""What is known around a definition: the rest of its catalog, and the demo's people."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from catalog import yaml12
from catalog.definitions import LANGUAGES
from catalog.files import Stat, content, stats
from catalog.registry import Registry
from catalog.yaml12 import Unreadable
from services.identity import DEMO_ACCOUNTS
from settings import Settings
from studio.lint.subject import Around

SHARED = ("id", "title", "group")
SHARED_PART = re.compile(rb"^(?:id|title|group):.*\n?(?:[ \t#].*\n?|\r?\n)*", re.MULTILINE)
"""A member of the outermost object with all lines that belong to it."""


def around_of(folder: Path, registry: Registry, settings: Settings | None) -> Around:
    """What the files of a catalog say of one another, as far as they can be read."""
    items = list(items_in(folder))
    titles: dict[tuple[str, str], tuple[str, ...]] = {}
    for item in items:
        for language, text in texts(item.get("title")):
            key = (language, text.casefold().strip())
            titles[key] = (*titles.get(key, ()), str(item.get("id")))
    groups = registry.groups
    if groups is None:
        own = (item["group"] for item in items if isinstance(item.get("group"), str))
        groups = frozenset((*own, *of_people("groups")))
    hosts = settings.allowed_hosts if settings else ()
    return Around(
        registry,
        groups,
        frozenset(of_people("skills")),
        titles,
        frozenset(host.name for host in hosts),
    )


def of_people(kind: str) -> Iterator[str]:
    """The groups or the skills of the demo's staff."""
    return (name for account in DEMO_ACCOUNTS for name in account.get(kind, ()))


def items_in(folder: Path) -> Iterator[Mapping[str, Any]]:
    """What looks like a catalog item in a folder."""
    for file, stat in stats(folder, "*.yaml").items():
        item = item_in(folder / file, stat)
        if item is not None:
            yield item


@lru_cache(maxsize=20_000)
def item_in(path: Path, stat: Stat) -> Mapping[str, Any] | None:
    """What others ask of the item in a file, read once for each state that the file has had."""
    try:
        written = content(path)
        value = shared_part(written) or yaml12.read(written).value
    except Unreadable:
        # Its own findings tell of it.
        return None
    if not isinstance(value, dict) or "id" not in value:
        return None
    return {name: value[name] for name in SHARED if name in value}


def shared_part(written: bytes) -> dict[str, Any] | None:
    """The same without reading all of the file; None where it is not written as most are.

    A catalog may have ten thousand files, of which a few lines each are asked.
    """
    try:
        value = yaml12.read(b"".join(SHARED_PART.findall(written))).value
    except Unreadable:
        return None
    return value if isinstance(value, dict) and value.keys() == set(SHARED) else None


def texts(title: Any) -> Iterator[tuple[str, str]]:
    """A title in each language that it has."""
    if isinstance(title, Mapping):
        yield from ((lang, title[lang]) for lang in LANGUAGES if isinstance(title.get(lang), str))
