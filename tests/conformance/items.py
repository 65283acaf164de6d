"""Catalog items for scenarios: what a scenario says of one, and the usual for all else."""

from collections.abc import Mapping
from typing import Any

from catalog.definitions import CatalogItem
from catalog.processes.findings import Finding
from catalog.processes.model import Process
from catalog.processes.parsing import parse
from catalog.versions import PARTS, Version

ITEM = "scenario"
KEYS = {"process", "stages", "answers", "settings", "customer_can", "forms", "parts"}
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
DECISIONS = ("approve", "reject")


def texts(text: str) -> dict[str, str]:
    """The same text in every language."""
    return dict.fromkeys(("en", "es", "pt"), text)


def item_of(said: Mapping[str, Any]) -> tuple[Version, list[Finding]]:
    """The version of an item, and what is wrong with its process.

    `stages` are ids, `forms` are those of tasks: a list of fields each, of which `decision` offers
    to approve or to reject. The form of the item asks for the `answers` that it is given.
    """
    assert said.keys() <= KEYS, f"an item has no {said.keys() - KEYS}"
    parts = said.get("parts", {})
    process = process_of(said["process"], parts)
    forms = {
        name: form(dict.fromkeys(fields, "")) for name, fields in said.get("forms", {}).items()
    }
    source: dict[str, Any] = {
        "id": ITEM,
        "title": texts("Scenario"),
        "summary": texts("A scenario"),
        "description": texts("What a scenario needs"),
        "category": "scenario",
        "icon": "workflow",
        "form": ITEM,
        "process": said["process"],
        "settings": said.get("settings", {}),
        "task_forms": list(forms),
        "stages": [
            {"id": stage, "title": texts(f"Stage {stage}"), "usual": "P1D"}
            for stage in said.get("stages", ["running"])
        ],
        "group": "operations",
        "customer_can": said.get("customer_can", {}),
        "examples": [{"name": "usual", "answers": said.get("answers", {})}],
    }
    item = CatalogItem.model_validate(source)
    asked = {ITEM: form(said.get("answers", {})), **forms}
    return Version.of(item, source | ({PARTS: parts} if parts else {}), asked), process[1]


def process_of(source: Any, parts: Mapping[str, Any]) -> tuple[Process, list[Finding]]:
    """The process with those that it may run."""
    return parse(source, {name: parse(part)[0] for name, part in parts.items()})


def form(values: Mapping[str, Any]) -> dict[str, Any]:
    """A form that asks for values such as these; nothing in it has to be filled in."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {name: field(name, value) for name, value in values.items()},
    }


def field(name: str, value: Any) -> dict[str, Any]:
    """One field of a form."""
    titled = {"title": name, "x-i18n": {"es": {"title": name}, "pt": {"title": name}}}
    if name == "decision":
        offered = [
            {"const": each, "title": each, "x-i18n": {"es": {"title": each}, "pt": {"title": each}}}
            for each in DECISIONS
        ]
        return titled | {"oneOf": offered}
    return titled | {"type": TYPES[type(value)]}
