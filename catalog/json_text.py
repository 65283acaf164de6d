"""JSON files that strangers wrote: strict, bounded, no key twice."""

import json
from collections import Counter
from typing import Any

import orjson

from catalog.yaml12 import LARGEST_FILE, Mark, RepeatedKey, Unreadable, decode
from catalog.yaml12 import read as read_yaml

DEEPEST = 60


class Repeated(Exception):
    """An object has a key twice."""


def read(text: bytes) -> Any:
    """The value of a JSON text. Raises `Unreadable`."""
    if len(text) > LARGEST_FILE:
        raise Unreadable(
            f"the file has {len(text)} bytes; at most {LARGEST_FILE} are read",
            "Move parts that other forms share to a file of their own",
        )
    characters = decode(text)
    try:
        value = orjson.loads(characters)
        json.loads(characters, object_pairs_hook=without_repeats)
    except json.JSONDecodeError as error:
        hint = "Look for a missing comma, quote or bracket here and just above"
        mark = Mark(error.lineno, error.colno)
        raise Unreadable(f"this is not JSON: {error.msg}", hint, mark) from None
    except Repeated as error:
        message = f"the key `{error}` stands twice in one object"
        raise Unreadable(message, "Keep one of them", place_of_repeat(text)) from None
    refuse_abyss(value)
    return value


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a dict. Raises `Repeated`."""
    built = dict(pairs)
    if len(built) < len(pairs):
        raise Repeated(Counter(key for key, _ in pairs).most_common(1)[0][0])
    return built


def place_of_repeat(text: bytes) -> Mark:
    """Where the second of two equal keys stands. JSON is YAML too, and that reader counts lines."""
    try:
        read_yaml(text)
    except RepeatedKey as found:
        return found.mark
    except Unreadable:
        pass
    return Mark()


def refuse_abyss(value: Any) -> None:
    """Refuse what is nested too deeply for those who walk it by recursion."""
    layer = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEEPEST):
        layer = [
            member
            for part in layer
            for member in (part.values() if isinstance(part, dict) else part)
            if isinstance(member, (dict, list))
        ]
        if not layer:
            return
    raise Unreadable(f"this is nested more than {DEEPEST} levels deep", "Make it flatter")
