"""Two folders with one valid catalog item, for tests that change or break something in them."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from catalog.loader import Loaded, Sources
from catalog.registry import Registry

CATEGORIES = """\
categories:
  - id: drinks
    title: {en: Drinks, es: Bebidas, pt: Bebidas}
    icon: cup-soda
  - id: food
    title: {en: Food, es: Comida, pt: Comida}
    icon: soup
"""

ITEM = """\
id: tea
title: {en: Tea for you, es: Té para usted, pt: Chá para si}
summary: {en: A cup of tea., es: Una taza de té., pt: Uma chávena de chá.}
description:
  en: We bring you a cup of tea.
  es: Le traemos una taza de té.
  pt: Levamos-lhe uma chávena de chá.
category: drinks
icon: cup-soda
keywords:
  en: [infusion, hot drink]
  pt: [infusão]
form: tea
workflow: brew
settings:
  minutes: 4
  cups: [1, 2]
stages:
  - id: received
    title: {en: Received, es: Recibida, pt: Recebido}
    usual: PT1M
  - id: brewing
    title: {en: Brewing, es: En infusión, pt: Em infusão}
    usual: PT4M
service_level:
  calendar:
    zone: Europe/Madrid
    country: ES
    hours: {monday: ["09:00-17:00"]}
  targets:
    resolution: {default: PT1H}
group: kitchen
price: {kind: fixed, amount: 250, currency: EUR, per: once}
customer_can: {withdraw_until: received}
examples:
  - name: green
    answers: {sort: green, day: today+1d}
"""


def titled(en: str, **rest: Any) -> dict[str, Any]:
    """A field or form with a title in three languages."""
    return {
        "title": en,
        "x-i18n": {"es": {"title": f"{en} (es)"}, "pt": {"title": f"{en} (pt)"}},
        **rest,
    }


FORM = titled(
    "Tea",
    type="object",
    properties={
        "sort": titled("Sort", type="string", minLength=1),
        "day": titled("Day", type="string", format="date", **{"x-not-before": "today"}),
    },
    required=["sort"],
)


class BrewSettings(BaseModel):
    """Settings of the workflow `brew`."""

    model_config = ConfigDict(extra="forbid")

    minutes: int = Field(ge=1, le=10, description="Minutes in the pot")
    cups: list[int] = []
    sugar: bool = False


REGISTRY = Registry(
    workflow_settings={"brew": BrewSettings, "anything": None},
    workflow_stages={"brew": frozenset({"received", "brewing"})},
    option_sources=frozenset({"sorts"}),
    computed=frozenset({"tea-price"}),
    groups=frozenset({"kitchen", "waiters"}),
    icons=frozenset({"cup-soda", "coffee", "soup"}),
)


class Workshop:
    """The folders `defs` and `forms` below `root`, with the item `tea` in them."""

    def __init__(self, root: Path) -> None:
        self.defs = root / "defs"
        self.forms = root / "forms"
        (self.forms / "parts").mkdir(parents=True)
        self.defs.mkdir()
        self.registry = REGISTRY
        self.write("categories.yaml", CATEGORIES)
        self.write("tea.yaml", ITEM)
        self.form("tea", FORM)

    def write(self, file: str, text: str | bytes) -> None:
        """Put a definition file."""
        data = text.encode() if isinstance(text, str) else text
        (self.defs / file).parent.mkdir(exist_ok=True)
        (self.defs / file).write_bytes(data)

    def form(self, name: str, schema: Any) -> None:
        """Put a form, as JSON with a line for each key, or as the text given."""
        text = schema if isinstance(schema, str) else json.dumps(schema, indent=1)
        (self.forms / f"{name}.json").write_text(text, "utf-8")

    def change(self, old: str, new: str, file: str = "tea.yaml") -> None:
        """Replace a text that stands in the file."""
        text = (self.defs / file).read_text("utf-8")
        assert old in text, f"{old!r} is not in {file}"
        self.write(file, text.replace(old, new))

    def item(self, name: str, **changes: str) -> None:
        """A further item like `tea`; each change replaces a text of it."""
        text = ITEM.replace("id: tea", f"id: {name}")
        for old, new in changes.items():
            text = text.replace(old, new)
        self.write(f"{name}.yaml", text)

    @property
    def sources(self) -> Sources:
        """The folders as they are now."""
        return Sources(self.defs, self.forms, self.registry)

    def load(self, file: str = "tea.yaml") -> Loaded:
        """What a file gives now."""
        return self.sources.load(file)
