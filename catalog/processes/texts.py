"""The texts of a process stay with its definition; its workflow carries pointers to them."""

from collections.abc import Mapping
from typing import Any

from catalog.definitions import LANGUAGES, is_language
from catalog.processes.model import Path, pointer

DEFINED = "$defined"


def is_texts(value: Any) -> bool:
    """Whether a value is a text in several languages: a mapping of nothing but languages."""
    return (
        isinstance(value, Mapping)
        and bool(value)
        and not value.keys().isdisjoint(LANGUAGES)
        and all(
            isinstance(key, str) and is_language(key) and isinstance(text, str)
            for key, text in value.items()
        )
    )


def without_texts(value: Any, path: Path) -> Any:
    """`value`, which lies at `path` of its definition, with a pointer in the place of each text."""
    if is_texts(value):
        return {DEFINED: pointer(path)}
    if isinstance(value, Mapping):
        return {key: without_texts(inner, (*path, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_texts(inner, (*path, index)) for index, inner in enumerate(value)]
    return value


def at(source: Any, place: str) -> Any:
    """What lies at a JSON pointer. Raises `KeyError` when nothing does."""
    found = source
    for part in place.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, Mapping) and name in found:
            found = found[name]
        else:
            raise KeyError(place)
    return found
