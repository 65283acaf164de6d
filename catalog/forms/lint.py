"""What an author should mend before a form is published."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path as File
from typing import Any, Protocol

import orjson
from jsonschema_rs import Draft202012Validator, ValidationError

from catalog.definitions import LANGUAGES
from catalog.forms.facts import WIDGETS
from catalog.forms.form import Form
from catalog.forms.formats import CHECKED, validator
from catalog.forms.inline import inline
from catalog.forms.lint_fields import NO_FORMATS, keyword_hint
from catalog.forms.lint_tree import tree_problems
from catalog.forms.nodes import describes_object
from catalog.forms.plain import discriminator
from catalog.forms.problems import FormInvalid, FormProblem
from catalog.forms.walk import Path, Schema, everything, pointer
from catalog.problems import suggestion
from ground.messages import DEFAULT_LANGUAGE

METASCHEMA = File(__file__).parents[2] / "forms" / "form.schema.json"
TEXTS = ("title", "description", "x-help")


class Names(Protocol):
    """The names that a form may use: of data sources, and of values that the server computes."""

    @property
    def option_sources(self) -> frozenset[str]: ...
    @property
    def computed(self) -> frozenset[str]: ...


def lint(schema: Schema, registry: Names | None = None) -> list[FormProblem]:
    """Every problem of a bundled form, in the order of its pointers; none means fit to publish."""
    return compile_linted(schema, "form", registry)[1]


def compile_linted(
    schema: Schema, name: str, registry: Names | None = None
) -> tuple[Form | None, list[FormProblem]]:
    """The compiled form, where it can be compiled at all, and every problem that `lint` finds."""
    found = list(shape_problems(schema))
    if found:
        return None, sorted(set(found))
    try:
        form = Form.compile(schema, name)
        whole = inline(schema)
    except FormInvalid as error:
        return None, sorted(error.problems)
    for path, part in everything(schema):
        found += _condition_problems(part, path)
        found += _text_problems(part, path)
        found += _word_problems(part, path, registry)
    for path, part in everything(whole):
        found += _branch_problems(part, path)
    found += tree_problems(form)
    return form, sorted(set(found))


@cache
def metaschema_document() -> Schema:
    """What `forms/form.schema.json` says."""
    document: Schema = orjson.loads(METASCHEMA.read_bytes())
    return document


@cache
def metaschema() -> Draft202012Validator:
    """The compiled `forms/form.schema.json`."""
    return validator(metaschema_document())


def shape_problems(schema: Schema) -> Iterator[FormProblem]:
    for error in metaschema().iter_errors(schema):
        yield from _shape_problem(error)


def _shape_problem(error: ValidationError) -> Iterator[FormProblem]:
    path = tuple(error.instance_path)
    kind, value = error.kind.name, error.kind.value
    if kind == "additionalProperties":
        for name in value:
            hint = keyword_hint(name, _keywords())
            yield FormProblem(pointer((*path, name)), f"unknown keyword {name}", hint)
    elif kind == "enum" and path and path[-1] == "x-widget":
        message = f"unknown widget {error.instance}"
        yield FormProblem(pointer(path), message, suggestion(str(error.instance), WIDGETS))
    elif kind == "propertyNames":
        name = str(value.instance)
        if path and path[-1] == "properties":
            hint = "Write small letters, digits and _, beginning with a letter: postal_code."
        else:
            hint = suggestion(name, list(getattr(value.kind, "options", ())))
        yield FormProblem(pointer((*path, name)), f"{name} is not a name for this place", hint)
    else:
        yield FormProblem(pointer(path), error.message)


@cache
def _keywords() -> frozenset[str]:
    return frozenset(metaschema_document()["$defs"]["schema"]["properties"])


def _condition_problems(part: Schema, path: Path) -> Iterator[FormProblem]:
    """JSON Schema takes an `if` on an absent property as true."""
    if "if" in part:
        yield from _unnamed(part["if"], (*path, "if"))
    for index, page in enumerate(part.get("x-pages", ())):
        if "when" in page:
            yield from _unnamed(page["when"], (*path, "x-pages", index, "when"))


def _unnamed(rule: Any, path: Path) -> Iterator[FormProblem]:
    if not isinstance(rule, dict):
        return
    named = rule.get("required", ())
    for name in rule.get("properties", {}):
        if name not in named:
            yield FormProblem(
                pointer(path),
                f"the condition also holds while {name} has no answer",
                f'Add "required": ["{name}"] beside "properties".',
            )
    for deeper, sub in everything(rule):
        if deeper and len(deeper) <= 2:
            yield from _unnamed(sub, path + deeper)


def _branch_problems(part: Schema, path: Path) -> Iterator[FormProblem]:
    branches = part.get("oneOf", [])
    if any(map(describes_object, branches)):
        name = discriminator(branches)
        if name is None:
            yield FormProblem(
                pointer((*path, "oneOf")),
                "nothing tells the branches of this oneOf apart",
                "Give every branch one property with a `const` of its own, and require it.",
            )
        elif not all(name in branch.get("required", ()) for branch in branches):
            yield FormProblem(
                pointer((*path, "oneOf")),
                f"a branch does not require {name}, which tells the branches apart",
                f'Add "required": ["{name}"] to each branch.',
            )
    if part.get("additionalProperties") is False:
        yield FormProblem(
            pointer((*path, "additionalProperties")),
            "additionalProperties refuses the fields of conditions too",
            "Leave it out: answers to unknown questions are refused anyway.",
        )
    for name, sub in part.get("properties", {}).items():
        if sub is False:
            yield FormProblem(
                pointer((*path, "properties", name)),
                f"{name} is forbidden here, which reads as an error, not as hidden",
                "Declare the field only in the branch that shows it.",
            )


def _text_problems(part: Schema, path: Path) -> Iterator[FormProblem]:
    yield from _untranslated(part, path)
    for index, page in enumerate(part.get("x-pages", ())):
        yield from _untranslated(page, (*path, "x-pages", index))


def _untranslated(part: Schema, path: Path) -> Iterator[FormProblem]:
    here = {path for path, _ in texts_of(part)}
    for language in LANGUAGES:
        if language == DEFAULT_LANGUAGE:
            continue
        there = {path for path, _ in texts_of(part.get("x-i18n", {}).get(language, {}))}
        for text in sorted(here - there):
            words = " ".join(text)
            hint = f'Write it in "x-i18n": {{"{language}": …}} beside it.'
            message = f"{words} has no text in {language}"
            yield FormProblem(pointer(path), message, hint, "missing-translation")
        for text in sorted(there - here):
            words = " ".join(text)
            place = pointer((*path, "x-i18n", language))
            yield FormProblem(place, f"{words} translates a text that is not there")


def texts_of(part: Schema) -> Iterator[tuple[tuple[str, ...], str]]:
    """What people read of a part of a form or of a page, its own parts apart, by the keywords."""
    yield from (((word,), part[word]) for word in TEXTS if word in part)
    yield from ((("x-error", keyword), text) for keyword, text in part.get("x-error", {}).items())


def _word_problems(part: Schema, path: Path, registry: Names | None) -> Iterator[FormProblem]:
    if "format" in part and part["format"] not in CHECKED:
        place = pointer((*path, "format"))
        hint = NO_FORMATS.get(part["format"]) or suggestion(part["format"], CHECKED)
        yield FormProblem(place, f"unknown format {part['format']}", hint)
    if registry is None:
        return
    for keyword, known, what in (
        ("x-options", registry.option_sources, "source of options"),
        ("x-computed", registry.computed, "computed value"),
    ):
        if keyword in part and part[keyword] not in known:
            message = f"unknown {what} {part[keyword]}"
            yield FormProblem(pointer((*path, keyword)), message, suggestion(part[keyword], known))
