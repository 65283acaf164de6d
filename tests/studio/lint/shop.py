"""A catalog of one item in a folder, whose parts a case of a rule replaces."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.lint.reading import Report, lint
from workflows.registry import definition_registry

HERE = "⌖"
"""Marks in a case where its rule must point to."""

ITEM = """\
id: tea
title: {en: Tea, es: Té, pt: Chá}
summary: {en: A cup., es: Una taza., pt: Uma chávena.}
description: {en: We bring it., es: Lo traemos., pt: Levamo-lo.}
category: drinks
icon: cup-soda
keywords: {en: [infusion], es: [infusión], pt: [infusão]}
form: tea
settings: {}
task_forms: [work, yes-or-no, accept]
stages:
  - {id: received, title: {en: Received, es: Recibida, pt: Recebido}, usual: PT1M}
  - {id: brewing, title: {en: Brewing, es: En infusión, pt: Em infusão}, usual: PT4M}
  - {id: done, title: {en: Done, es: Hecho, pt: Feito}, usual: PT1M}
service_level:
  calendar: {zone: Europe/Madrid, country: ES, hours: {monday: ["09:00-17:00"]}}
  targets: {resolution: {default: PT1H}}
group: back-office
examples:
  - {name: green, answers: {sort: green, cups: 1}}
  - {name: black, answers: {sort: black, cups: 9}}
process:
  do:
    - brew: {set: {ready: true}, metadata: {stage: brewing}}
    - serve: {set: {ready: true}, metadata: {stage: done}}
"""
CATEGORIES = """\
categories:
  - {id: drinks, title: {en: Drinks, es: Bebidas, pt: Bebidas}, icon: cup-soda}
"""


def words(en: str) -> dict[str, Any]:
    """A title in three languages."""
    return {"title": en, "x-i18n": {"es": {"title": f"{en}!"}, "pt": {"title": f"{en}?"}}}


def choice(*values: str) -> dict[str, Any]:
    """A field with these choices."""
    return words("Choice") | {"oneOf": [words(value) | {"const": value} for value in values]}


def form(required: list[str], **fields: Any) -> dict[str, Any]:
    """A form."""
    return words("Form") | {"type": "object", "required": required, "properties": fields}


FORMS = {
    "tea": form(
        ["sort", "cups"],
        sort=choice("green", "black"),
        cups=words("Cups") | {"type": "integer", "minimum": 1, "maximum": 20},
        price=words("Price") | {"type": "integer", "minimum": 0},
        email=words("Mail") | {"type": "string", "format": "email"},
        day=words("Day") | {"type": "string", "format": "date"},
        voucher=words("Voucher")
        | {"type": "string", "x-document": {"types": ["application/pdf"], "max_bytes": 1000}},
    ),
    "open": form([], day=words("Day") | {"type": "string", "format": "date"}),
    "work": form(
        ["decision"], decision=choice("done", "failed"), note=words("Note") | {"type": "string"}
    ),
    "yes-or-no": form(["decision"], decision=choice("approve", "reject")),
    "accept": form(["decision"], decision=choice("accept", "decline")),
}


@dataclass(frozen=True)
class Case:
    """A definition that a rule objects to, with the places, and one to which it does not."""

    rule: str
    wrong: str
    right: str


def shop(folder: Path) -> Path:
    """A catalog with the item as it stands above; the folder of its definitions."""
    (folder / "defs").mkdir()
    (folder / "forms").mkdir()
    (folder / "defs" / "categories.yaml").write_text(CATEGORIES)
    for name, schema in FORMS.items():
        (folder / "forms" / f"{name}.json").write_text(json.dumps(schema))
    return folder / "defs"


def item_with(parts: str) -> str:
    """The item with these top-level keys in the place of its own; `do:` alone is a process."""
    if re.match(rf"{HERE}?(do|use|schedule|input|output):", parts):
        parts = "process:\n" + re.sub(r"^(?=.)", "  ", parts, flags=re.MULTILINE)
    replaced = {key for key, _ in blocks(parts)}
    kept = "".join(text for key, text in blocks(ITEM) if key not in replaced)
    return kept + parts


def blocks(text: str) -> list[tuple[str, str]]:
    """The top-level keys of a YAML text, each with its lines."""
    found = re.split(r"^(?=\w+:)", text.replace(HERE, ""), flags=re.MULTILINE)
    marked = re.split(rf"^(?={HERE}?\w+:)", text, flags=re.MULTILINE)
    keys = [block.partition(":")[0] for block in found if block]
    return list(zip(keys, [block for block in marked if block], strict=True))


def places(text: str) -> set[tuple[int, int]]:
    """The lines and columns of the marks, as they are without the marks."""
    return {
        (number, place - count + 1)
        for number, line in enumerate(text.split("\n"), 1)
        for count, place in enumerate(found.start() for found in re.finditer(HERE, line))
    }


def linted(folder: Path, text: str, name: str = "tea.yaml") -> Report:
    """What is found in a definition of the shop."""
    file = folder / name
    file.write_text(text.replace(HERE, ""))
    return lint(file, definition_registry())
