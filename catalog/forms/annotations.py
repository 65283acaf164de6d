"""What a form may say beyond JSON Schema 2020-12. `forms/form.schema.json` checks the same words.

===============  ===========  =================================================================
keyword          on           meaning
===============  ===========  =================================================================
`x-pages`        the form     pages in order: `id`, `title`, `description`, `fields` (names of
                              top-level properties), `when` (a schema over all answers: the page
                              is skipped while it does not hold), `x-i18n`
`x-i18n`         any text     `{es: {...}, pt: {...}}`: the same keywords in other languages
                              (`title`, `description`, `x-help`, `x-error`)
`x-widget`       a field      how it is asked, where its type and format do not say it
`x-help`         a field      one or two sentences of help
`x-error`        a field      `{keyword: sentence}`: the author's message when that keyword fails;
                              `*` stands for every keyword
`x-mask`         a field      shown masked in reviews: `all`, or `last4`
`x-prefill`      a field      where its first value comes from: `profile.email`
`x-computed`     a top-level  a name of the registry: the server computes the value, nobody
                 field        answers it, and it is no part of the answers
`x-options`      a field      a name of the registry: where its options come from
`x-autocomplete` a field      the HTML `autocomplete` token
`x-document`     a field      the value is the id of a document: `{types: [...], max_bytes: n}`
`x-country`      a telephone  the country whose numbers need no prefix, or whose regions there are:
                 or a region  `ES`, or the name of the field, beside it or on top, that holds it
`x-zone`         a moment     the time zone in which it is asked, such as `Europe/Madrid`; without
                              it, people choose one, their own first
`x-lookup`       a group      `address`: people may look it up, where there is a provider; its
                              fields have the names of `forms/parts/address.json`
`x-currency`     a field      ISO code; the value is an integer in minor units (widget `money`)
`x-not-before`   a date       the earliest day: `today`, `today+30d`, `today-6m`, `today-2y`, a day
`x-not-after`    a date       the latest day, written the same way
===============  ===========  =================================================================

A field counts where a schema that holds just now gives it a title; a mention without one only
refines it. Options with titles are `oneOf: [{const, title, x-i18n}]`. Conditions are those of JSON
Schema: `if`, `dependentSchemas`, `dependentRequired`, or a `oneOf` that has a discriminator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from catalog.forms.walk import Schema


class Context(Protocol):
    """What a form asks of the world around it, on behalf of one person in one language."""

    @property
    def today(self) -> date:
        """The day on which the answers are judged."""

    @property
    def zone(self) -> str:
        """The IANA name of the time zone in which the person lives."""

    def options(self, name: str, answers: dict[str, Any]) -> list[tuple[Any, str]]:
        """Value and title of each option of a data source, given the answers so far."""

    def compute(self, name: str, answers: dict[str, Any]) -> Any:
        """A computed value, `None` while answers it needs are missing; those given are valid."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the author wrote it."""

    id: str
    fields: tuple[str, ...]
    texts: Schema

    def text(self, keyword: str, language: str) -> str:
        """`title` or `description` in `language`, else as the form has it, else empty."""
        words = self.texts.get("x-i18n", {}).get(language, {})
        return str(words.get(keyword) or self.texts.get(keyword) or "")


def pages_of(schema: Schema, fields: Mapping[str, Any]) -> tuple[Page, ...]:
    """The pages of a form; a form without pages is one page with every field."""
    listed = schema.get("x-pages")
    if not listed:
        texts: Schema = {word: schema[word] for word in ("title", "x-i18n") if word in schema}
        return (Page("form", tuple(fields), texts),)
    return tuple(Page(page["id"], tuple(page["fields"]), page) for page in listed)
