"""How much of what people read there is in each language."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from catalog.definitions import LANGUAGES
from catalog.forms.lint import TEXTS
from catalog.forms.walk import everything
from ground.messages import DEFAULT_LANGUAGE, languages


@dataclass(frozen=True)
class Coverage:
    """How many texts there are, and how many of them in each language."""

    texts: int = 0
    there: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Coverage") -> "Coverage":
        return Coverage(self.texts + other.texts, Counter(self.there) + Counter(other.there))

    def shares(self) -> dict[str, float]:
        """The share of each language, from 0 to 1; what has no texts lacks none."""
        return {
            language: round(self.there.get(language, 0) / self.texts, 4) if self.texts else 1.0
            for language in languages()
        }


def is_translated(value: Any) -> bool:
    """Whether a value is a text by language, complete or not."""
    return (
        isinstance(value, Mapping)
        and bool(value.keys() & set(LANGUAGES))
        and all(len(key) == 2 and isinstance(text, str) for key, text in value.items())
    )


def of_texts(value: Any) -> Coverage:
    """The texts by language anywhere in the value of a definition."""
    return counted(texts_in(value))


def counted(texts: Iterable[list[str]]) -> Coverage:
    """Some texts, each by the languages in which it is there."""
    found = list(texts)
    return Coverage(len(found), Counter(chain.from_iterable(found)))


def texts_in(value: Any) -> Iterator[list[str]]:
    """See `of_texts`."""
    if is_translated(value):
        yield [lang for lang in languages() if value.get(lang, "").strip()]
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from texts_in(inner)


def of_form(schema: dict[str, Any]) -> Coverage:
    """The texts of a form, those of its pages included."""
    return counted(texts_of(schema))


def texts_of(schema: dict[str, Any]) -> Iterator[list[str]]:
    """See `of_form`."""
    for _, part in everything(schema):
        pages = part.get("x-pages", ())
        for one in (part, *(page for page in pages if isinstance(page, dict))):
            for text in words_of(one):
                yield [lang for lang in languages() if has(one, text, lang)]


def words_of(part: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The texts that a part of a form has in the default language."""
    errors = part.get("x-error")
    own = [(word,) for word in TEXTS if isinstance(part.get(word), str)]
    return [*own, *(("x-error", keyword) for keyword in errors or ())]


def has(part: Mapping[str, Any], text: tuple[str, ...], language: str) -> bool:
    """Whether a part of a form has one of its texts in a language."""
    if language == DEFAULT_LANGUAGE:
        return True
    found: Any = part.get("x-i18n", {}).get(language, {})
    for word in text:
        found = found.get(word) if isinstance(found, Mapping) else None
    return isinstance(found, str) and bool(found.strip())
