"""The processes of items: written in the item, or in files of their own that items share."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from catalog import yaml12
from catalog.definitions import CatalogItem
from catalog.explain import Mistake
from catalog.files import content, stats
from catalog.problems import suggestion
from catalog.processes.checks import check_process
from catalog.processes.model import Process, Run
from catalog.processes.parsing import parse
from catalog.registry import Registry
from catalog.yaml12 import Unreadable

FOLDER = "processes"


@dataclass(frozen=True)
class ItemProcess:
    """An item's process with all that it may run; `uses` are the files that it depends on."""

    source: dict[str, Any] | None = None
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()
    uses: frozenset[str] = frozenset()

    def parts_of_version(self) -> dict[str, Any]:
        """What the version keeps of it."""
        if self.source is None:
            return {}
        return {"process": self.source} | ({"processes": self.parts} if self.parts else {})


class ProcessFiles:
    """The files in the folder `processes` beside the definitions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stats = stats(folder, f"{FOLDER}/*.yaml")

    @cached_property
    def sources(self) -> dict[str, dict[str, Any] | Unreadable]:
        """What each file holds, by its name without `.yaml`."""
        found: dict[str, dict[str, Any] | Unreadable] = {}
        for file in self.stats:
            try:
                value = yaml12.read(content(self.folder / file)).value
                found[Path(file).stem] = value if isinstance(value, dict) else {}
            except Unreadable as error:
                found[Path(file).stem] = error
        return found

    @cached_property
    def runnable(self) -> dict[str, str]:
        """The files by the names under which `run` knows them, `namespace/name`."""
        return {
            f"{header.get('namespace', 'default')}/{header.get('name', stem)}": stem
            for stem, source in self.sources.items()
            if isinstance(source, dict)
            for header in [source.get("document") or {}]
        }

    def of(self, item: CatalogItem, registry: Registry) -> ItemProcess:
        """The process of an item, checked; nothing for an item with a workflow."""
        if item.process is None:
            return ItemProcess()
        uses: set[str] = set()
        source: Any = item.process
        if isinstance(source, str):
            uses.add(f"{FOLDER}/{source}.yaml")
            found = self.sources.get(source)
            if not isinstance(found, dict):
                return ItemProcess(
                    None, {}, (missing(source, found, self.sources),), frozenset(uses)
                )
            source = found
        parts = self.parts(source)
        uses |= {f"{FOLDER}/{self.runnable[name]}.yaml" for name in parts}
        process, findings = parse(source, {name: parse(part)[0] for name, part in parts.items()})
        findings += check_process(process, item, registry)
        at = ("process",)
        mistakes = tuple(
            Mistake((*at, *one.path), one.message, one.hint)
            for one in findings
            if one.severity == "error"
        )
        return ItemProcess(source, parts, mistakes, frozenset(uses))

    def parts(self, source: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Every process that this one runs, directly or by another, by its name."""
        found: dict[str, dict[str, Any]] = {}
        left = list(runs(parse(source)[0]))
        while left:
            name = left.pop()
            part = self.sources.get(self.runnable.get(name, ""))
            if name not in found and isinstance(part, dict):
                found[name] = part
                left += runs(parse(part)[0])
        return found


def runs(process: Process) -> Iterator[str]:
    """The names of the processes that a process runs."""
    return (task.process for task in process.every_task() if isinstance(task, Run))


def missing(name: str, found: Any, names: Any) -> Mistake:
    if isinstance(found, Unreadable):
        return Mistake(("process",), f"`{FOLDER}/{name}.yaml`: {found.message}", found.hint)
    hint = suggestion(name, names)
    return Mistake(("process",), f"there is no process `{name}` in `{FOLDER}/`", hint)
