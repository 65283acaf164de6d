"""Definitions in further languages, without a change to them: `catalog_defs/translations/fr.po`.

Such a file gives the translation of each text by what the definitions say in English, as programs
for translators expect it. What it lacks people read in English.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from babel.messages.pofile import PoFileError, read_po

from catalog.definitions import LANGUAGES, is_language
from catalog.files import stats
from catalog.forms.lint import texts_of
from catalog.forms.walk import everything, mapped
from catalog.problems import Problem
from catalog.processes.texts import is_texts
from catalog.yaml12 import Document
from ground.messages import DEFAULT_LANGUAGE

FOLDER = "translations"

Words = Mapping[str, str]


class Translations:
    """The translations beside the definitions of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stats = stats(folder, f"{FOLDER}/*.po")

    @cached_property
    def read(self) -> dict[str, Words | Problem]:
        """What each file says, by its language, or what is wrong with it."""
        return {Path(file).stem: self._read(file) for file in self.stats}

    @property
    def problems(self) -> dict[str, tuple[Problem, ...]]:
        """What is wrong with each file."""
        found = dict(zip(self.stats, self.read.values(), strict=True))
        return {file: (one,) if isinstance(one, Problem) else () for file, one in found.items()}

    @cached_property
    def languages(self) -> dict[str, Words]:
        """The translations of each language whose file is right."""
        return {name: one for name, one in self.read.items() if not isinstance(one, Problem)}

    def of_document(self, document: Document) -> Document:
        """A document with what there is of its texts in further languages."""
        return replace(document, value=self.of_value(document.value))

    def of_value(self, value: Any) -> Any:
        """A definition with what there is of its texts in further languages."""
        if not self.languages:
            return value
        if is_whole_text(value):
            return {**self._said(value[DEFAULT_LANGUAGE]), **value}
        if isinstance(value, list):
            return [self.of_value(inner) for inner in value]
        if not isinstance(value, Mapping):
            return value
        return {key: self.of_value(inner) for key, inner in value.items()}

    def of_form(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A form with what there is of its texts in further languages."""
        return self._form(schema) if self.languages else schema

    def _form(self, schema: Any, _path: object = ()) -> Any:
        if not isinstance(schema, dict):
            return schema
        result = self._part(mapped(schema, self._form))
        pages = result.get("x-pages")
        if isinstance(pages, list):
            result["x-pages"] = [self._part(page) for page in pages]
        return result

    def _part(self, part: dict[str, Any]) -> dict[str, Any]:
        """A part of a form or a page, with its own texts in further languages."""
        own = dict(texts_of(part))
        more = {
            language: words
            for language in self.languages
            if (words := nested((path, self._in(language, text)) for path, text in own.items()))
        }
        return {**part, "x-i18n": {**more, **part.get("x-i18n", {})}} if more else part

    def _said(self, text: str) -> dict[str, str]:
        said = {language: self._in(language, text) for language in self.languages}
        return {language: words for language, words in said.items() if words}

    def _in(self, language: str, text: str) -> str:
        return self.languages[language].get(text.strip(), "")

    def _read(self, file: str) -> Words | Problem:
        language = Path(file).stem
        place = f"{self.folder.name}/{file}"
        if not is_language(language) or language in LANGUAGES:
            message = f"`{language}` is not a further language"
            hint = "Name the file by the code of a language, as in `fr.po`"
            return Problem(place, 1, 1, message, hint, "unreadable")
        try:
            with (self.folder / file).open("rb") as opened:
                read = read_po(opened, locale=language, abort_invalid=True)
        except (PoFileError, OSError, ValueError) as error:
            line = getattr(error, "lineno", 0) + 1
            hint = "Check it with a program for translators, such as Poedit"
            return Problem(place, line, 1, f"the file cannot be read: {error}", hint, "unreadable")
        found = {str(one.id).strip(): one for one in read if one.id and one.string}
        return {text: str(one.string).strip() for text, one in found.items() if not one.fuzzy}


def english_of_value(value: Any) -> Iterator[str]:
    """What a definition says in English, in its order."""
    if is_whole_text(value):
        yield value[DEFAULT_LANGUAGE].strip()
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from english_of_value(inner)


def english_of_form(schema: dict[str, Any]) -> Iterator[str]:
    """What a form says in English."""
    for _, part in everything(schema):
        for one in (part, *part.get("x-pages", ())):
            yield from (text.strip() for _, text in texts_of(one))


def is_whole_text(value: Any) -> bool:
    """Whether a value is a text in every language that definitions are written in."""
    return is_texts(value) and all(language in value for language in LANGUAGES)


def nested(texts: Iterator[tuple[tuple[str, ...], str]]) -> dict[str, Any]:
    """Texts by their paths as `x-i18n` has them; empty ones left out."""
    found: dict[str, Any] = {}
    for path, text in texts:
        if text:
            place = found
            for step in path[:-1]:
                place = place.setdefault(step, {})
            place[path[-1]] = text
    return found
