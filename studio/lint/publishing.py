"""What keeps a definition from being published: whatever lint calls an error."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from catalog.definitions import CatalogItem
from catalog.forms import Form
from catalog.processes.findings import Finding
from catalog.processes.model import Process
from catalog.registry import Registry
from studio.lint.rule import rules_about
from studio.lint.subject import Around, Definition, Subject
from workflows.registry import definition_registry


@cache
def publishing_registry() -> Registry:
    """What definitions are checked against before anybody is offered them."""
    names = definition_registry()

    def errors(
        item: CatalogItem,
        source: Mapping[str, Any],
        forms: Mapping[str, Form],
        processes: Sequence[Process],
    ) -> list[list[Finding]]:
        definition = Definition(Around(names), item, source, forms, tuple(processes))
        return [list(errors_in(subject)) for subject in definition.processes]

    code = sorted(Path(__file__).parent.rglob("*.py"))
    return replace(names, more_checks=errors, more_code=tuple(map(str, code)))


def errors_in(subject: Subject) -> Iterator[Finding]:
    """What the rules call an error in one process of an item."""
    for rule in rules_about("process"):
        if rule.severity == "error":
            yield from (Finding(rule.name, *one, rule.severity) for one in rule.check(subject))
