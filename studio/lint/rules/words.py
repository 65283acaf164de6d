"""Rules about what people read."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.definitions import LANGUAGES, is_language
from catalog.expressions import is_expression
from catalog.processes.model import Call, Path, Task
from ground.messages import DEFAULT_LANGUAGE, PLACE, catalogue
from studio.lint.coverage import is_translated
from studio.lint.rule import Found, rule
from studio.lint.subject import Definition, Subject

DEEPEST = 40


@rule("missing-translation", "error")
def missing_translation(subject: Subject) -> Iterator[Found]:
    """A text that is not there in en, es and pt; the loader finds those of items and forms."""
    for path, texts in texts_in(subject.process.source, ()):
        lacking = [lang for lang in LANGUAGES if not texts.get(lang, "").strip()]
        for key in texts:
            if not is_language(key):
                message = f"`{key}` is not a language"
                yield Found((*path, key), message, "Write the text in en, es and pt")
        if lacking:
            languages = " and ".join(f"`{lang}`" for lang in lacking)
            yield Found(path, f"the text is missing in {languages}", "Write it in en, es and pt")


def texts_in(value: Any, at: Path) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Every text by language in a value, with its path."""
    if is_translated(value):
        yield at, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts_in(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from texts_in(inner, (*at, index))


@rule("untranslated-text", "warning")
def untranslated_text(subject: Subject) -> Iterator[Found]:
    """A text for people that stands in one language only, without saying which."""
    for path, text in plain_texts(subject):
        if text not in catalogue(DEFAULT_LANGUAGE):
            message = f"everybody reads `{text[:40]}`, whatever their language"
            yield Found(path, message, "Write it in en, es and pt: `{en: …, es: …, pt: …}`")


def plain_texts(subject: Subject) -> Iterator[tuple[Path, str]]:
    """The texts for people that are no mappings of languages."""
    for task in subject.tasks:
        title = task.metadata.get("title")
        if isinstance(title, str) and not is_expression(title):
            yield (*task.path, "metadata", "title"), title
    for _, path, text in subject.names("texts"):
        if isinstance(text, str):
            yield path, text


@rule("unfilled-place", "error")
def unfilled_place(subject: Subject) -> Iterator[Found]:
    """A `%(name)s` in a text that nothing fills: people would read the bare name."""
    for task in subject.tasks:
        for path, texts, given in told(task):
            for language, text in texts.items():
                for name in sorted(set(PLACE.findall(text)) - given):
                    hint = f"Add it: `values: {{{name}: …}}`" if given else "Give it under `values`"
                    yield Found((*path, language), f"nothing fills `%({name})s`", hint)


def told(task: Task) -> Iterator[tuple[Path, Mapping[str, str], set[str]]]:
    """The texts of a task, with the names that fill the places in them."""
    arguments = task.arguments if isinstance(task, Call) else {}
    filling = [arguments.get("values"), arguments.get("params")]
    if any(is_expression(one) for one in filling):
        return
    named = {str(name) for one in filling if isinstance(one, Mapping) for name in one}
    if arguments.get("document") is not None:
        named.add("document")
    for path, texts in texts_in(arguments, (*task.path, "with")):
        yield path, texts, named
    values = task.metadata.get("values")
    more = {str(name) for name in values} if isinstance(values, Mapping) else set()
    title = task.metadata.get("title")
    if is_translated(title):
        assert isinstance(title, Mapping)
        yield (*task.path, "metadata", "title"), title, named | more


# Items


@rule("keywords-missing", "warning", about="item")
def keywords_missing(definition: Definition) -> Iterator[Found]:
    """An item without further words by which people find it, in some language."""
    assert definition.item
    lacking = [lang for lang in LANGUAGES if not definition.item.keywords.get(lang)]
    if lacking:
        languages = " and ".join(f"`{lang}`" for lang in lacking)
        hint = "Write the words that customers use: `keywords: {en: […], es: […], pt: […]}`"
        yield Found(("keywords",), f"there are no keywords in {languages}", hint)


@rule("duplicate-title", "warning", about="item")
def duplicate_title(definition: Definition) -> Iterator[Found]:
    """Two items of one title, which nobody can tell apart in a list."""
    assert definition.item
    for language, title in definition.item.title.items():
        key = (language, title.casefold().strip())
        others = [one for one in definition.around.titles.get(key, ()) if one != definition.item.id]
        if others:
            message = f"`{others[0]}` has the same title in `{language}`"
            yield Found(("title", language), message, "Say in the title what is different")
