"""Forms to test with, and a world for them to ask."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from catalog.forms import Evaluation, Form, bundle
from ground.messages import translate

FORMS = Path(__file__).parents[3] / "forms"
START_FORMS = ("address-change", "case-routing", "loan-request", "plan-upgrade")

Schema = dict[str, Any]


def read(name: str) -> Schema:
    """A file of the folder of forms."""
    schema: Schema = json.loads((FORMS / name).read_text(encoding="utf-8"))
    return schema


def start_form(name: str) -> Form:
    """One of the forms that come with the application."""
    return Form.compile(bundle(read(f"{name}.json"), read), name)


def form(properties: Schema, **more: Any) -> Form:
    """A form of these properties."""
    return Form.compile(schema(properties, **more), "sample")


def schema(properties: Schema, **more: Any) -> Schema:
    """The schema of a form of these properties."""
    return {"type": "object", "title": "Sample", "properties": properties, **more}


def when(name: str, *values: Any) -> Schema:
    """A condition: the answer `name` is there and one of `values`."""
    rule = {"const": values[0]} if len(values) == 1 else {"enum": list(values)}
    return {"properties": {name: rule}, "required": [name]}


def text(title: str = "A text", **more: Any) -> Schema:
    """A field for a line of text."""
    return {"type": "string", "title": title, **more}


def sentences(verdict: Evaluation, language: str = "en") -> dict[str, str]:
    """What people read, by pointer."""
    return {
        error.pointer: error.text or translate(language, error.key, error.params)
        for error in verdict.errors
    }


@dataclass
class World:
    """A context that remembers what it was asked with."""

    today: date = date(2027, 1, 10)
    zone: str = "Europe/Madrid"
    sources: dict[str, list[tuple[Any, str]]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def options(self, name: str, answers: Mapping[str, Any]) -> list[tuple[Any, str]]:
        self.asked.append((name, dict(answers)))
        return self.sources[name]

    def compute(self, name: str, answers: Mapping[str, Any]) -> Any:
        self.asked.append((name, dict(answers)))
        return self.values.get(name)
