"""A version written as the files it could have been loaded from."""

from typing import Any

import orjson
import yaml

from catalog import json_text, yaml12
from catalog.process_files import FOLDER as PROCESSES
from catalog.versions import PARTS, Version
from catalog.yaml12 import SCALARS, Unreadable

DEFINITIONS, FORMS = "catalog_defs", "forms"
"""The folders in which files are handed from one catalog to another."""
EDITOR_LINE = "# yaml-language-server: $schema=catalog-item.schema.json\n"


class Writer(yaml.SafeDumper):
    """Writes YAML that means the same by both versions, 1.1 and 1.2, without aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for kind, _, first in SCALARS:
    tag = yaml12.CORE + kind
    Writer.add_implicit_resolver(tag, yaml12.PATTERNS[tag], first)


def text(writer: Writer, value: str) -> yaml.ScalarNode:
    """Texts of several lines stand as such; what is invisible is escaped."""
    lines = value.split("\n")
    style = "|" if len(lines) > 1 else None
    if not all(line.isprintable() for line in lines):
        style = '"'
    return writer.represent_scalar("tag:yaml.org,2002:str", value, style)


Writer.add_representer(str, text)


def files_of(version: Version) -> dict[str, bytes]:
    """What each file holds, by its path; loaded again they give the same version.

    Forms are whole, with their `$ref`s resolved. Raises `Unreadable` where no file can hold it.
    """
    item = {key: value for key, value in version.item_source.items() if key != PARTS}
    files = {f"{DEFINITIONS}/{version.item.id}.yaml": EDITOR_LINE.encode() + yaml_of(item)}
    for name, process in version.item_source.get(PARTS, {}).items():
        path = f"{DEFINITIONS}/{PROCESSES}/{stem_of(name, process)}.yaml"
        if path in files:
            raise Unreadable(f"two processes would be written to {path}", "Rename one of them")
        files[path] = yaml_of(process)
    return files | {f"{FORMS}/{name}.json": json_of(form) for name, form in version.forms.items()}


def stem_of(name: str, process: dict[str, Any]) -> str:
    """The file of a process that `run` knows as `namespace/name`."""
    namespace, _, own = name.partition("/")
    named = "name" in (process.get("document") or {})
    return f"{namespace}-{own}" if named and namespace != "default" else own


def yaml_of(value: Any) -> bytes:
    """A value as YAML, its keys in their order. Raises `Unreadable`."""
    written = yaml.dump(value, Dumper=Writer, sort_keys=False, allow_unicode=True, width=100)
    return faithful(written.encode(), value, yaml12.read(written.encode()).value)


def json_of(value: Any) -> bytes:
    """A value as JSON, its keys in their order. Raises `Unreadable`."""
    written = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return faithful(written, value, json_text.read(written))


def faithful(written: bytes, value: Any, read: Any) -> bytes:
    """The text, if reading it gives the value, in the same order."""
    if orjson.dumps(read) != orjson.dumps(value):
        raise Unreadable("this value cannot be written as a file", "")
    return written
