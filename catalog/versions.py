"""One immutable version of a catalog item: its checked definition with the forms it uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, Self

import orjson

from catalog.definitions import CatalogItem
from catalog.forms import Form
from catalog.plan import DECLARED, Plan, PlanStage
from catalog.processes.texts import without_texts

PARTS = "processes"
"""The key under which a version keeps the processes that its own may run."""
COMPILED_FORMS = 512
"""Compiled forms kept in memory; versions share those that are the same."""


@dataclass(frozen=True, eq=False)
class Version:
    """`item` and `forms` as they were when the version was loaded; `hash` names exactly them."""

    hash: str
    item: CatalogItem
    forms: Mapping[str, dict[str, Any]]
    item_source: Mapping[str, Any]
    compiled: dict[str, Form] = field(default_factory=dict, repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and other.hash == self.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    @classmethod
    def of(cls, item: CatalogItem, item_source: dict[str, Any], forms: dict[str, Any]) -> Self:
        """The version of an item; its hash covers the source and the forms, `$ref`s included."""
        written = orjson.dumps({"item": item_source, "forms": forms})
        return cls(sha256(written).hexdigest(), item, forms, item_source)

    @classmethod
    def from_source(cls, source: Mapping[str, Any]) -> Self:
        """The version that `source()` was taken from, built without reading YAML."""
        written = {key: value for key, value in source["item"].items() if key != PARTS}
        item = CatalogItem.model_validate_json(orjson.dumps(written))
        return cls.of(item, source["item"], source["forms"])

    def source(self) -> dict[str, Any]:
        """The whole version as JSON. Store it with its keys in this order: fields have one."""
        return {"item": self.item_source, "forms": dict(self.forms)}

    def form(self, name: str | None = None) -> Form:
        """The compiled form of that name, the item's own unless told. Raises `KeyError`."""
        wanted = name or self.item.form
        if wanted not in self.compiled:
            self.compiled[wanted] = compiled(wanted, orjson.dumps(self.forms[wanted]))
        return self.compiled[wanted]

    @cached_property
    def process(self) -> dict[str, Any] | None:
        """The item's process as its workflow carries it: without texts."""
        declared = self.item_source.get("process")
        return None if declared is None else without_texts(declared, ("process",))

    @property
    def processes(self) -> dict[str, dict[str, Any]]:
        """The processes that it may run, in the same way."""
        parts = self.item_source.get(PARTS, {})
        return {name: without_texts(part, (PARTS, name)) for name, part in parts.items()}

    def plan(self) -> Plan:
        """What the workflow needs of the definition."""
        item = self.item
        return Plan(
            item=item.id,
            version=self.hash,
            workflow=item.workflow or DECLARED,
            settings=item.settings,
            process=self.process,
            processes=self.processes,
            stages=tuple(PlanStage.of(stage) for stage in item.stages),
            service_level=item.service_level,
            group=item.group,
            price=item.price,
            customer_can=item.customer_can,
            task_forms=item.task_forms,
        )


@lru_cache(COMPILED_FORMS)
def compiled(name: str, schema: bytes) -> Form:
    """The form whose bundled schema is `schema`."""
    return Form.compile(orjson.loads(schema), name)
