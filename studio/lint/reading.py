"""Reads definitions, asks the rules, and says where in which file each finding stands."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from catalog import json_text, yaml12
from catalog.definitions import CatalogItem
from catalog.explain import check
from catalog.files import content
from catalog.forms import Form
from catalog.loader import CATEGORIES, Sources
from catalog.problems import Problem, sentence
from catalog.process_files import FOLDER, ReadProcess
from catalog.processes.checks import check_process
from catalog.processes.findings import Finding
from catalog.processes.parsing import parse
from catalog.registry import Registry
from catalog.search_words import FOLDER as SEARCH_FOLDER
from catalog.written import DEFINITIONS
from catalog.yaml12 import Document, Unreadable
from settings import ROOT, Settings
from studio.documents import parts_beside
from studio.lint.around import around_of
from studio.lint.coverage import Coverage, of_form, of_texts
from studio.lint.rule import rules_about
from studio.lint.subject import Around, Definition

Place = tuple[str, Document, tuple[str, ...]]
"""A file, what it holds, and where in it something begins."""


@dataclass(frozen=True, order=True)
class Reported:
    """One finding, with its place. `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    rule: str
    severity: str
    message: str
    hint: str

    @classmethod
    def of(cls, problem: Problem) -> "Reported":
        """An error that keeps a definition from being published."""
        place = (problem.file, problem.line, problem.column)
        return cls(*place, problem.rule, "error", problem.message, problem.hint)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: {self.severity} [{self.rule}]"
        return f"{place} {sentence(self.message)} {sentence(self.hint)}".rstrip()


@dataclass
class Report:
    """What was found in some files, and how much of their texts each language has."""

    found: set[Reported] = field(default_factory=set)
    coverage: Coverage = field(default_factory=Coverage)
    files: int = 0

    @property
    def findings(self) -> list[Reported]:
        """What was found, in the order of the files."""
        return sorted(self.found)

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(one.severity == "error" for one in self.found)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "findings": [asdict(one) for one in self.findings],
            "coverage": self.coverage.shares(),
            "files": self.files,
        }


class NotThere(Exception):
    """A path at which there is nothing to read, and why."""


def lint(path: Path, registry: Registry, settings: Settings | None = None) -> Report:
    """Everything that is found in a file, or in all definitions of a folder.

    They may lie in its `catalog_defs/`, as they are handed over. Raises `NotThere` for a path that
    cannot be read.
    """
    path = path.absolute()
    try:
        if path.is_dir():
            path = path / DEFINITIONS if (path / DEFINITIONS).is_dir() else path
            return Linter(path, registry, settings).folder_report()
        path.read_bytes()
    except OSError as error:
        raise NotThere(f"{path}: {error.strerror}") from None
    if path.parent.name == FOLDER and any(path.parent.parent.glob("*.yaml")):
        return Linter(path.parent.parent, registry, settings).process_report(path)
    if path.parent.name == SEARCH_FOLDER and (path.parent.parent / CATEGORIES).exists():
        linter = Linter(path.parent.parent, registry, settings)
        linter.search_words(f"{SEARCH_FOLDER}/{path.name}")
        return linter.report
    return Linter(path.parent, registry, settings).file_report(path)


class Linter:
    """The definitions of one folder."""

    def __init__(self, folder: Path, registry: Registry, settings: Settings | None) -> None:
        self.folder, self.registry, self.settings = folder, registry, settings
        beside = folder.resolve().parent / "forms"
        forms = beside if beside.is_dir() else ROOT / "forms"
        # The loader need not ask the rules that are asked below.
        self.sources = Sources(folder, forms, replace(registry, more_checks=None))
        self.report = Report()
        self.forms_seen: set[str] = set()

    @cached_property
    def around(self) -> Around:
        """What is known around the definitions."""
        return around_of(self.folder, self.registry, self.settings)

    # What is asked for

    def folder_report(self) -> Report:
        """Everything in the folder."""
        if self.sources.categories_stat is not None:
            self.report.files += 1
            self.report.found.update(map(Reported.of, self.sources.categories[1]))
        used: set[str] = set()
        for file in self.sources.search_files:
            self.search_words(file)
        for found in self.sources.translations.problems.values():
            self.report.files += 1
            self.report.found.update(map(Reported.of, found))
        for file in self.sources.definitions:
            used |= self.file(self.folder / file)
        for file in self.sources.processes.stats:
            self.report.files += 1
            if file not in used:
                self.spare_process(self.folder / file)
        return self.report

    def file_report(self, path: Path) -> Report:
        """Everything in one file."""
        if path.suffix == ".json":
            self.report.files += 1
            self.form(path)
        elif path.name == CATEGORIES:
            self.report.files += 1
            self.report.found.update(map(Reported.of, self.sources.categories[1]))
        else:
            self.file(path)
        return self.report

    def process_report(self, path: Path) -> Report:
        """Everything in the file of a process, as the items that use it need it."""
        used: set[str] = set()
        for file in self.sources.definitions:
            used |= self.file(self.folder / file)
        if f"{FOLDER}/{path.name}" not in used:
            self.spare_process(path)
        shown = f"{self.folder.name}/{FOLDER}/{path.name}"
        here = {one for one in self.report.found if one.file == shown}
        return Report(here, self.report.coverage, 1)

    # Kinds of files

    def search_words(self, file: str) -> None:
        """How people of one language search."""
        self.report.files += 1
        self.report.found.update(map(Reported.of, self.sources.search_words(file)[1]))

    def file(self, path: Path) -> set[str]:
        """An item or a document; the files of processes that it uses."""
        self.report.files += 1
        try:
            document = self.sources.translations.of_document(yaml12.read(content(path)))
        except Unreadable as error:
            self.unreadable(self.shown(path), error)
            return set()
        source = document.value
        if isinstance(source, dict) and "id" not in source and {"do", "document"} & source.keys():
            self.document(path, document)
            return set()
        return self.item(path.name, document)

    def shown(self, path: Path) -> str:
        """A file as findings name it."""
        return f"{self.folder.name}/{path.relative_to(self.folder).as_posix()}"

    def unreadable(self, file: str, error: Unreadable) -> None:
        place = (file, error.mark.line, error.mark.column)
        self.report.found.update(
            [Reported(*place, "unreadable", "error", error.message, error.hint)]
        )

    def form(self, path: Path) -> None:
        """A form by itself."""
        sources = Sources(self.folder, path.parent, self.registry)
        found = sources.forms.get(path.stem)
        self.report.found.update(map(Reported.of, found.problems))
        self.report.coverage += of_form(found.schema or as_written(path))

    def document(self, path: Path, document: Document) -> None:
        """A document of its own."""
        parts = parts_beside(document.value, path.parent)
        process, findings = parse(document.value, parts)
        findings += check_process(process, None, self.registry)
        definition = Definition(self.around, sources=(process,))
        read = ReadProcess(process, tuple(findings))
        self.judge_processes(definition, (read,), (self.shown(path), document, ()))
        self.report.coverage += of_texts(document.value)

    def spare_process(self, path: Path) -> None:
        """A process that no item names."""
        try:
            self.document(path, yaml12.read(content(path)))
        except Unreadable as error:
            self.unreadable(self.shown(path), error)

    def item(self, file: str, document: Document) -> set[str]:
        """A catalog item; the files of processes that it uses."""
        self.report.found.update(map(Reported.of, self.sources.load(file, document).problems))
        self.report.coverage += of_texts(document.value)
        item, _ = check(CatalogItem, document.value)
        if item is None:
            return set()
        read = self.sources.processes.of(item, self.registry)
        definition = Definition(
            self.around,
            item,
            document.value,
            self.forms(item),
            tuple(one.process for one in read.read),
        )
        place: Place = (f"{self.folder.name}/{file}", document, ("process",))
        self.judge_item(definition, place[0], document)
        self.judge_processes(definition, read.read, place)
        return set(read.uses)

    def forms(self, item: CatalogItem) -> dict[str, Form]:
        """The forms of an item that can be compiled; the texts of each are counted once."""
        found = {}
        for name in item.form_names():
            read = self.sources.forms.get(name)
            if name not in self.forms_seen:
                self.forms_seen.add(name)
                file = self.sources.forms.folder / f"{name}.json"
                self.report.coverage += of_form(read.schema or as_written(file))
            if read.form is not None:
                found[name] = read.form
        return found

    # Rules

    def judge_item(self, definition: Definition, file: str, document: Document) -> None:
        """What the rules about items find."""
        for rule in rules_about("item"):
            self.report.found.update(
                reported(file, document, Finding(rule.name, *one, rule.severity), ())
                for one in rule.check(definition)
            )

    def judge_processes(
        self,
        definition: Definition,
        read: tuple[ReadProcess, ...],
        own: Place,
    ) -> None:
        """What the parser, the loader and the rules find in processes; `own` is that of the first.

        Those that are read from files of their own are placed there.
        """
        for subject, one in zip(definition.processes, read, strict=True):
            file, document, base = own
            if one.document is not None:
                file, document, base = f"{self.folder.name}/{one.file}", one.document, ()
            found = [*one.findings]
            for rule in rules_about("process"):
                found += (Finding(rule.name, *each, rule.severity) for each in rule.check(subject))
            self.report.found.update(reported(file, document, each, base) for each in found)


def as_written(form: Path) -> dict[str, Any]:
    """What the file of a form holds that is not fit to be published."""
    try:
        found = json_text.read(content(form))
    except Unreadable:
        # Its own findings tell of it.
        return {}
    return found if isinstance(found, dict) else {}


def reported(file: str, document: Document, found: Finding, base: tuple[str, ...]) -> Reported:
    """A finding with its place."""
    mark = document.mark((*base, *found.path))
    return Reported(
        file, mark.line, mark.column, found.rule, found.severity, found.message, found.hint
    )


def lines(report: Report) -> Iterator[str]:
    """A report for people."""
    yield from map(str, report.findings)
    shares = report.coverage.shares()
    figures = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    errors = report.errors
    yield (
        f"{report.files} files, {errors} errors, {len(report.found) - errors} warnings; "
        f"texts: {figures}"
    )
