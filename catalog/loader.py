"""Definition files in, immutable versions out; every mistake in them comes out as a problem."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from catalog import search_words, yaml12
from catalog.checks import check_item, checked_settings
from catalog.definitions import NAME, CatalogItem, Categories, Category, is_language
from catalog.examples import check_example
from catalog.explain import Mistake, check
from catalog.files import Stat, content, digest, rules, stats
from catalog.form_files import FormFile, FormFiles
from catalog.plan import LARGEST_PLAN
from catalog.problems import Problem, suggestion
from catalog.process_files import ItemProcess, ProcessFiles
from catalog.registry import Registry
from catalog.search_words import SearchWords
from catalog.translations import Translations
from catalog.versions import Version
from catalog.yaml12 import Document, Mark, Unreadable
from ground import clock
from ground.messages import languages

CATEGORIES = "categories.yaml"


@dataclass(frozen=True)
class Loaded:
    """What one file gave: a version, or problems. `uses` are the form files it depends on."""

    file: str
    item_id: str
    version: Version | None
    problems: tuple[Problem, ...]
    uses: frozenset[str]


class Sources:
    """The definitions and forms in two folders as they are at this moment."""

    def __init__(self, folder: Path, forms_folder: Path, registry: Registry) -> None:
        self.folder = folder
        self.registry = registry
        self.translations = Translations(folder)
        self.forms = FormFiles(forms_folder, registry, self.translations)
        self.today = clock.now().date()
        self.form_stats = stats(forms_folder, "**/*.json")
        self.processes = ProcessFiles(folder, self.translations)
        found = stats(folder, "*.y*ml")
        self.categories_stat = found.pop(CATEGORIES, None)
        self.definitions: dict[str, Stat] = found
        """The definition files, the categories apart."""
        self.search_files = stats(folder, f"{search_words.FOLDER}/*.y*ml")

    @cached_property
    def form_names(self) -> frozenset[str]:
        """The forms there are."""
        stems = (Path(file).stem for file in self.form_stats if "/" not in file)
        return frozenset(stem for stem in stems if re.match(NAME, stem))

    @cached_property
    def shared(self) -> str:
        """A name for what all definitions depend on: code, registry, categories, languages."""
        written = [self.categories_stat, self.translations.stats, languages()]
        return digest([rules(self.registry), *written])

    def fingerprint(self, file: str, uses: Iterable[str]) -> str:
        """A name for all that decides what `load(file)` gives, taken without opening a file."""
        used = {**self.form_stats, **self.processes.stats}
        parts = [(name, used.get(name)) for name in sorted(uses)]
        return digest([self.shared, file, self.definitions[file], parts])

    def load_all(self) -> Iterator[Loaded]:
        """Every definition, one after the other."""
        return map(self.load, self.definitions)

    @cached_property
    def categories(self) -> tuple[tuple[Category, ...] | None, tuple[Problem, ...]]:
        """The categories in their order, or `None` and why."""
        document, problems = self._read(CATEGORIES)
        if document is None:
            return None, problems
        read, mistakes = check(Categories, document.value)
        listed = read.categories if read else None
        for index, category in enumerate(listed or ()):
            icons = self.registry.icons
            if icons is not None and category.icon not in icons:
                mistakes.append(unknown_icon(category.icon, icons, index))
        return (None if mistakes else listed), self._placed(CATEGORIES, document, mistakes)

    def search_words(self, file: str) -> tuple[SearchWords | None, tuple[Problem, ...]]:
        """How people search in the language that the file is named after, or `None` and why."""
        document, problems = self._read(file)
        if document is None:
            return None, problems
        read, mistakes = check(SearchWords, document.value)
        language = Path(file).stem
        if not is_language(language):
            message = f"`{language}` is not a language"
            mistakes.append(Mistake((), message, suggestion(language, languages())))
        return (None if mistakes else read), self._placed(file, document, mistakes)

    def load(self, file: str, document: Document | None = None) -> Loaded:
        """The version that a definition file describes, or every mistake found in it.

        `document` is what the file holds, where somebody has read it already.
        """
        stem = Path(file).stem
        problems: tuple[Problem, ...] = ()
        if document is None or not is_definition(file):
            document, problems = self._read(file)
        if document is None:
            return Loaded(file, stem, None, problems, frozenset())
        item, mistakes = check(CatalogItem, document.value)
        if item is None:
            return Loaded(file, stem, None, self._placed(file, document, mistakes), frozenset())
        return self._checked(file, document, item)

    def _checked(self, file: str, document: Document, item: CatalogItem) -> Loaded:
        """An item of the right shape, checked against everything around it."""
        stem = Path(file).stem
        categories = self.categories[0]
        ids = frozenset(one.id for one in categories) if categories is not None else None
        mistakes = list(check_item(item, stem, ids, self.registry))
        settings, wrong = checked_settings(item, self.registry)
        mistakes += wrong
        forms = {name: self.forms.get(name) for name in item.form_names()}
        uses = frozenset().union(*(form.uses for form in forms.values()))
        mistakes += self._missing_forms(item, forms)
        mistakes += self._wrong_examples(item, forms[item.form])
        process = self._process(item, document.value, forms)
        mistakes += process.mistakes
        uses |= process.uses
        item = item.model_copy(update={"settings": settings, "process": process.source})
        source = {**document.value, "settings": settings, **process.parts_of_version()}
        schemas = {name: form.schema for name, form in forms.items() if form.schema}
        version = Version.of(item, source, schemas)
        if process.source is not None or item.workflow is not None:
            mistakes += check_plan(version)
        problems = [*self._placed(file, document, mistakes), *process.problems]
        problems += [
            problem
            for form in forms.values()
            if form.uses & self.form_stats.keys()
            for problem in form.problems
        ]
        return Loaded(file, stem, None if problems else version, tuple(problems), uses)

    def _process(
        self, item: CatalogItem, source: Mapping[str, Any], files: Mapping[str, FormFile]
    ) -> ItemProcess:
        """The process of an item, judged further where nothing else is wrong with it."""
        found = self.processes.of(item, self.registry)
        more = self.registry.more_checks
        forms = {name: file.form for name, file in files.items() if file.form}
        wrong = found.mistakes or found.problems or len(forms) < len(files)
        if more is None or wrong or not found.read:
            return found
        processes = [one.process for one in found.read]
        return found.judged(more(item, source, forms, processes), self.folder.name)

    def _missing_forms(self, item: CatalogItem, forms: dict[str, FormFile]) -> Iterator[Mistake]:
        for index, name in enumerate((item.form, *item.task_forms)):
            if f"{name}.json" not in self.form_stats:
                path = ("task_forms", index - 1) if index else ("form",)
                hint = suggestion(name, self.form_names)
                yield Mistake(path, f"there is no form `{name}`", hint)

    def _wrong_examples(self, item: CatalogItem, form: FormFile) -> Iterator[Mistake]:
        if form.form is None:
            return
        for index, example in enumerate(item.examples):
            at = ("examples", index, "answers")
            yield from check_example(example, form.form, self.today, self.registry, at)

    def _read(self, file: str) -> tuple[Document | None, tuple[Problem, ...]]:
        try:
            if not is_definition(file):
                raise Unreadable("definitions end in `.yaml`", "Rename the file")
            document = yaml12.read(content(self.folder / file))
            return self.translations.of_document(document), ()
        except Unreadable as error:
            wrong = self._problem(file, error.mark, error.message, error.hint, "unreadable")
            return None, (wrong,)

    def _placed(
        self, file: str, document: Document, mistakes: Iterable[Mistake]
    ) -> tuple[Problem, ...]:
        """The mistakes with their lines, in the order of the file."""
        return tuple(
            sorted(
                self._problem(file, document.mark(one.path), one.message, one.hint, one.rule)
                for one in mistakes
            )
        )

    def _problem(
        self, file: str, mark: Mark, message: str, hint: str, rule: str = "definition"
    ) -> Problem:
        return Problem(f"{self.folder.name}/{file}", mark.line, mark.column, message, hint, rule)


def is_definition(file: str) -> bool:
    """Whether a file is named as definitions are."""
    return file.endswith(".yaml")


def unknown_icon(icon: str, icons: frozenset[str], index: int) -> Mistake:
    path = ("categories", index, "icon")
    return Mistake(path, f"there is no Lucide icon `{icon}`", suggestion(icon, icons))


def check_plan(version: Version) -> Iterator[Mistake]:
    """What travels in the workflow's input is small enough."""
    size = len(version.plan().model_dump_json().encode())
    if size > LARGEST_PLAN:
        yield Mistake(
            ("settings",),
            f"settings, stages and targets take {size} bytes; a workflow carries {LARGEST_PLAN}",
            "Shorten the settings",
            "plan-too-large",
        )
