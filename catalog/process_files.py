"""The processes of items: written in the item, or in files of their own that items share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from catalog import yaml12
from catalog.definitions import CatalogItem
from catalog.explain import Mistake
from catalog.files import content, stats
from catalog.problems import Problem, suggestion
from catalog.processes.checks import check_process
from catalog.processes.findings import Finding
from catalog.processes.model import Process, Run
from catalog.processes.parsing import parse
from catalog.registry import Registry
from catalog.translations import Translations
from catalog.yaml12 import Document, Unreadable

FOLDER = "processes"


@dataclass(frozen=True)
class ReadProcess:
    """A process of an item and what is wrong with it; `document` is its file, if it has its own."""

    process: Process
    findings: tuple[Finding, ...]
    file: str | None = None
    document: Document | None = None

    def mistakes(self) -> Iterator[Mistake]:
        """Its errors where it is written in the item itself."""
        for one in self.errors() if self.file is None else ():
            yield Mistake(("process", *one.path), one.message, one.hint, one.rule)

    def problems(self, folder: str) -> Iterator[Problem]:
        """Its errors where it is a file, which lies below `folder`."""
        for one in self.errors() if self.document else ():
            assert self.document
            mark = self.document.mark(one.path)
            place = (f"{folder}/{self.file}", mark.line, mark.column)
            yield Problem(*place, one.message, one.hint, one.rule)

    def errors(self) -> Iterator[Finding]:
        return (one for one in self.findings if one.severity == "error")


@dataclass(frozen=True)
class ItemProcess:
    """An item's process with all that it may run; `uses` are the files that it depends on."""

    source: dict[str, Any] | None = None
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    read: tuple[ReadProcess, ...] = ()
    """The item's own process first, then those that it runs."""
    mistakes: tuple[Mistake, ...] = ()
    problems: tuple[Problem, ...] = ()
    uses: frozenset[str] = frozenset()

    def judged(self, more: Sequence[Sequence[Finding]], folder: str) -> "ItemProcess":
        """The same with what further checks have found in each process."""
        read = tuple(
            replace(one, findings=(*one.findings, *found))
            for one, found in zip(self.read, more, strict=True)
        )
        return replace(self, read=read, **placed(read, folder))

    def parts_of_version(self) -> dict[str, Any]:
        """What the version keeps of it."""
        if self.source is None:
            return {}
        return {"process": self.source} | ({"processes": self.parts} if self.parts else {})


def placed(read: Sequence[ReadProcess], folder: str) -> dict[str, Any]:
    """The errors of processes in the item's own file, and those in files of theirs."""
    return {
        "mistakes": tuple(mistake for one in read for mistake in one.mistakes()),
        "problems": tuple(problem for one in read for problem in one.problems(folder)),
    }


class ProcessFiles:
    """The files in the folder `processes` beside the definitions."""

    def __init__(self, folder: Path, translations: Translations) -> None:
        self.folder = folder
        self.translations = translations
        self.stats = stats(folder, f"{FOLDER}/*.yaml")

    @cached_property
    def documents(self) -> dict[str, Document | Unreadable]:
        """What each file holds, by its name without `.yaml`."""
        found: dict[str, Document | Unreadable] = {}
        for file in self.stats:
            try:
                document = yaml12.read(content(self.folder / file))
                found[Path(file).stem] = self.translations.of_document(document)
            except Unreadable as error:
                found[Path(file).stem] = error
        return found

    @cached_property
    def sources(self) -> dict[str, dict[str, Any]]:
        """The processes in the files that can be read, by the files' names."""
        return {
            stem: document.value
            for stem, document in self.documents.items()
            if isinstance(document, Document) and isinstance(document.value, dict)
        }

    @cached_property
    def runnable(self) -> dict[str, str]:
        """The files by the names under which `run` knows them, `namespace/name`."""
        return {name_of(source, stem): stem for stem, source in self.sources.items()}

    def of(self, item: CatalogItem, registry: Registry) -> ItemProcess:
        """The process of an item, checked; nothing for an item with a workflow."""
        if item.process is None:
            return ItemProcess()
        if not isinstance(item.process, str):
            return self.whole(item, registry, item.process, None)
        stem = item.process
        if stem not in self.sources:
            wrong = missing(stem, self.documents.get(stem), self.sources)
            return ItemProcess(mistakes=(wrong,), uses=frozenset((file_of(stem),)))
        return self.whole(item, registry, self.sources[stem], stem)

    def whole(
        self, item: CatalogItem, registry: Registry, source: dict[str, Any], stem: str | None
    ) -> ItemProcess:
        """A process, which may be in a file of that name, with those that it runs."""
        parts = self.parts(source)
        stems = [stem, *(self.runnable[name] for name in parts)]
        known = {name: parse(part)[0] for name, part in parts.items()}
        parsed = [parse(one, known) for one in (source, *parts.values())]
        first, read = parsed[0][0], []
        for one, (process, findings) in zip(stems, parsed, strict=True):
            findings += check_process(process, item, registry, first)
            file, document = (file_of(one), self.documents[one]) if one else (None, None)
            assert not isinstance(document, Unreadable)
            read.append(ReadProcess(process, tuple(findings), file, document))
        return ItemProcess(
            source,
            parts,
            tuple(read),
            uses=frozenset(one.file for one in read if one.file),
            **placed(read, self.folder.name),
        )

    def parts(self, source: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Every process that this one runs, directly or by another, by its name."""
        found: dict[str, dict[str, Any]] = {}
        left = list(runs(parse(source)[0]))
        while left:
            name = left.pop()
            part = self.sources.get(self.runnable.get(name, ""))
            if name not in found and part is not None:
                found[name] = part
                left += runs(parse(part)[0])
        return found


def file_of(stem: str) -> str:
    return f"{FOLDER}/{stem}.yaml"


def name_of(source: Mapping[str, Any], stem: str) -> str:
    """The name under which `run` knows a process."""
    document = source.get("document")
    header = document if isinstance(document, dict) else {}
    return f"{header.get('namespace', 'default')}/{header.get('name', stem)}"


def runs(process: Process) -> Iterator[str]:
    """The names of the processes that a process runs."""
    return (task.process for task in process.every_task() if isinstance(task, Run))


def missing(name: str, found: Document | Unreadable | None, names: Any) -> Mistake:
    if isinstance(found, Unreadable):
        return Mistake(("process",), f"`{FOLDER}/{name}.yaml`: {found.message}", found.hint)
    hint = suggestion(name, names)
    return Mistake(("process",), f"there is no process `{name}` in `{FOLDER}/`", hint)
