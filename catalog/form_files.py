"""The forms of a folder: each read, bundled, checked and compiled once."""

import json
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from catalog import json_text, yaml12
from catalog.files import content
from catalog.forms import Form, FormInvalid, FormProblem, bundle
from catalog.forms.bundle import slug
from catalog.forms.lint import compile_linted, shape_problems
from catalog.forms.walk import steps
from catalog.problems import Problem, suggestion
from catalog.registry import Registry
from catalog.translations import Translations
from catalog.yaml12 import Mark, Unreadable

KEPT = 512
"""Forms kept in memory while definitions are loaded."""


@dataclass(frozen=True)
class Known:
    """The names of the running system that forms may use."""

    option_sources: frozenset[str]
    computed: frozenset[str]


@lru_cache(KEPT)
def linted(schema: str, name: str, known: Known) -> tuple[Form | None, tuple[FormProblem, ...]]:
    """See `compile_linted`: kept, since whoever lints a definition meets forms that were loaded."""
    form, found = compile_linted(json.loads(schema), name, known)
    return form, tuple(found)


@dataclass(frozen=True)
class FormFile:
    """A form as loaded, or why not. `uses` are the files it is made of, found or not."""

    uses: frozenset[str]
    problems: tuple[Problem, ...] = ()
    schema: dict[str, Any] | None = None
    form: Form | None = None


class FormFiles:
    """A folder of forms; `get` loads a form at its first use."""

    def __init__(self, folder: Path, registry: Registry, translations: Translations) -> None:
        self.folder = folder
        self.registry = registry
        self.translations = translations
        self.loaded: OrderedDict[str, FormFile] = OrderedDict()

    def get(self, name: str) -> FormFile:
        """The form of that name, which need not exist."""
        if name not in self.loaded:
            self.loaded[name] = FormReader(self, name).load()
            if len(self.loaded) > KEPT:
                self.loaded.popitem(last=False)
        self.loaded.move_to_end(name)
        return self.loaded[name]


class FormReader:
    """Loads one form and remembers the texts it read, so that problems have a line."""

    def __init__(self, files: FormFiles, name: str) -> None:
        self.folder = files.folder
        self.registry = files.registry
        self.translations = files.translations
        self.name = name
        self.main = f"{name}.json"
        self.texts: dict[str, str] = {}

    def load(self) -> FormFile:
        """The form, or what is wrong with it."""
        try:
            schema = self.translations.of_form(bundle(self.read(self.main), self.read))
            names = Known(self.registry.option_sources, self.registry.computed)
            form, found = linted(json.dumps(schema), self.name, names)
        except Misplaced as error:
            return FormFile(frozenset(self.texts), error.problems)
        except FormInvalid as error:
            found = tuple(error.problems)
        if found:
            return FormFile(frozenset(self.texts), tuple(map(self.placed, found)))
        return FormFile(frozenset(self.texts), (), schema, form)

    def read(self, file: str) -> dict[str, Any]:
        """The schema in a file of the folder. Raises `Misplaced`."""
        already = dict(self.texts)
        self.texts[file] = ""
        try:
            text = content(self.folder / file)
            self.texts[file] = text.decode("utf-8-sig", "replace")
            schema = json_text.read(text)
        except Unreadable as error:
            if not (self.folder / file).exists():
                raise Misplaced(self.missing(file, already)) from None
            raise Misplaced(self.problem(file, error.mark, error.message, error.hint)) from None
        if not isinstance(schema, dict):
            raise Misplaced(
                self.problem(file, Mark(), "a form is a JSON object", "Begin the file with `{`")
            )
        self.refuse_shapeless(file, schema)
        return schema

    def refuse_shapeless(self, file: str, schema: dict[str, Any]) -> None:
        """Raises `Misplaced` where a file does not have the shape that bundling relies on."""
        if file == self.main:
            found = [self.at(file, steps(one.pointer), one) for one in shape_problems(schema)]
        else:
            probe = {"type": "object", "title": "-", "properties": {}, "$defs": {"part": schema}}
            problems = shape_problems(probe)
            found = [self.at(file, steps(one.pointer)[2:], one) for one in problems]
        if found:
            raise Misplaced(*found)

    def missing(self, file: str, read_before: dict[str, str]) -> Problem:
        """The complaint about a file that is not there, at the reference to it."""
        for other, text in read_before.items():
            place = text.find(Path(file).name)
            if place >= 0:
                found = self.folder.rglob("*.json")
                there = [path.relative_to(self.folder).as_posix() for path in found]
                message = f"the `$ref` to `{file}` leads to no file"
                mark = yaml12.end_of(text[:place])
                return self.problem(other, mark, message, suggestion(file, there))
        return self.problem(file, Mark(), "there is no such file", "Add it, or name another")

    def placed(self, found: FormProblem) -> Problem:
        """The problem with its file and line; what was bundled is traced back to its own file."""
        path = steps(found.pointer)
        file = self.main
        if path[:1] == ["$defs"] and len(path) > 1:
            parts = {slug(name): name for name in self.texts if name != self.main}
            if path[1] in parts:
                file, path = parts[path[1]], path[2:]
        return self.at(file, path, found)

    def at(self, file: str, path: list[str], found: FormProblem) -> Problem:
        mark = yaml12.locate(self.texts[file], path)
        return self.problem(file, mark, found.message, found.hint, found.rule)

    def problem(
        self, file: str, mark: Mark, message: str, hint: str, rule: str = "form"
    ) -> Problem:
        return Problem(f"{self.folder.name}/{file}", mark.line, mark.column, message, hint, rule)


class Misplaced(Exception):
    """A file of the form cannot be read or used."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*map(str, problems))
        self.problems = problems
