"""One document out of many: shared field sets are files, a form that is stored is whole."""

import posixpath
import re
from collections.abc import Callable
from typing import Any

from catalog.forms.problems import FormInvalid, FormProblem
from catalog.forms.walk import Path, Schema, mapped, pointer

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def bundle(schema: Schema, read: Callable[[str], Schema]) -> Schema:
    """The schema with every `$ref` to a file turned into one to its own `$defs`.

    `read` gets a path relative to the folder of forms (`parts/address.json`) and gives the parsed
    file; what it raises passes through. References are relative to the file that holds them.
    Raises `FormInvalid` for a reference that leaves the folder.
    """
    parts: dict[str, Any] = {}
    whole = _rewritten(schema, "", "", parts, read)
    if parts:
        whole["$defs"] = {**whole.get("$defs", {}), **parts}
    return {"$schema": DIALECT, **{k: v for k, v in whole.items() if k not in ("$schema", "$id")}}


def _rewritten(
    schema: Any, base: str, prefix: str, parts: dict[str, Any], read: Callable[[str], Schema]
) -> Any:
    """`schema` of file `base`, whose own definitions now live under `prefix`."""

    def change(sub: Any, path: Path) -> Any:
        if not isinstance(sub, dict):
            return sub
        result = mapped(sub, lambda deeper, step: change(deeper, path + step))
        reference = sub.get("$ref")
        if isinstance(reference, str):
            result["$ref"] = _target(reference, base, prefix, path, parts, read)
        return result

    return change(schema, ())


def _target(
    reference: str,
    base: str,
    prefix: str,
    path: Path,
    parts: dict[str, Any],
    read: Callable[[str], Schema],
) -> str:
    file, _, fragment = reference.partition("#")
    if not file:
        return f"#{prefix}{fragment}"
    name = posixpath.normpath(posixpath.join(posixpath.dirname(base), file))
    if name.startswith(("/", "..")) or ":" in name:
        raise FormInvalid(
            FormProblem(
                pointer((*path, "$ref")),
                f"{reference} is outside the folder of forms",
                "Name a file by its path relative to this one, such as parts/address.json.",
            )
        )
    key = slug(name)
    if key not in parts:
        parts[key] = {}
        part = _rewritten(read(name), name, f"/$defs/{key}", parts, read)
        parts[key] = {k: v for k, v in part.items() if k not in ("$schema", "$id")}
    return f"#/$defs/{key}{fragment}"


def slug(name: str) -> str:
    """The key in `$defs` under which the file `name` is bundled."""
    return re.sub(r"[^A-Za-z0-9_]+", ".", name.removesuffix(".json"))
