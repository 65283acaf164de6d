"""Documents of the Open Workflow DSL that are no catalog item's, made into one for a simulation."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from catalog import yaml12
from catalog.definitions import CatalogItem
from catalog.problems import suggestion
from catalog.process_files import runs
from catalog.processes.checks import check_document
from catalog.processes.findings import Finding
from catalog.processes.model import Process, Run
from catalog.processes.parsing import parse
from catalog.versions import PARTS, Version

FORM = "document"
NO_QUESTIONS: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {},
}


def is_document(source: Any) -> bool:
    """Whether this is a document of its own, as opposed to a catalog item."""
    return isinstance(source, Mapping) and "document" in source


def read_document(source: Mapping[str, Any], folder: Path) -> tuple[Process, list[Finding]]:
    """The process of a document, with those beside it that it runs, and what is wrong with it."""
    parts = parts_beside(source, folder)
    process, findings = parse(source, parts)
    findings += [*check_document(process), *unknown_parts(process, parts)]
    for name, part in parts.items():
        wrong = [*parse(part.source, parts)[1], *check_document(part), *unknown_parts(part, parts)]
        findings += [replace(one, path=(PARTS, name, *one.path)) for one in wrong]
    return process, findings


def unknown_parts(process: Process, parts: Mapping[str, Process]) -> Iterator[Finding]:
    """Processes that are run and are not beside it."""
    for task in process.every_task():
        if isinstance(task, Run) and task.process not in parts:
            message = f"there is no process `{task.process}` beside this one"
            hint = suggestion(task.process, parts) or "Put its file into the same folder"
            yield Finding("unknown-process", (*task.path, "run"), message, hint)


def parts_beside(source: Mapping[str, Any], folder: Path) -> dict[str, Process]:
    """The documents in the same folder that a document runs, directly or by another."""
    wanted, found = list(runs(parse(source)[0])), dict[str, Process]()
    if not wanted:
        return found
    known = dict(documents_in(folder))
    while wanted:
        name = wanted.pop()
        if name in known and name not in found:
            found[name] = parse(known[name])[0]
            wanted += runs(found[name])
    return found


def documents_in(folder: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """The documents of a folder by `namespace/name`."""
    made = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            source = yaml12.read(path.read_bytes()).value
        except yaml12.Unreadable:
            continue
        if is_document(source):
            header = source["document"] or {}
            made.append((f"{header.get('namespace')}/{header.get('name')}", source))
    return made


def version_of(process: Process) -> Version:
    """A catalog item that asks nothing and is carried by this process."""
    texts = dict.fromkeys(("en", "es", "pt"), "Document")
    source: dict[str, Any] = {
        "id": "document",
        "title": texts,
        "summary": texts,
        "description": texts,
        "category": "document",
        "icon": "workflow",
        "form": FORM,
        "process": dict(process.source),
        "stages": [{"id": "running", "title": texts, "usual": "P1D"}],
        "group": "operations",
        "examples": [{"name": "empty", "answers": {}}],
        "audience": {"allow": {"roles": []}},
    }
    item = CatalogItem.model_validate(source)
    parts = {name: dict(part.source) for name, part in process.parts.items()}
    return Version.of(item, source | ({PARTS: parts} if parts else {}), {FORM: NO_QUESTIONS})
