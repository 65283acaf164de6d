"""A further language comes from files of its own; the definitions stay as they are."""

import pytest

from catalog.definitions import is_language
from services.published import text_row
from tests.catalog.workshop import Workshop

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
FRENCH = {
    "Tea for you": "Du thé pour vous",
    "Drinks": "Boissons",
    "Brewing": "En infusion",
    "Tea": "Thé",
    "Sort": "Sorte",
}


def translated(workshop: Workshop, words: dict[str, str], language: str = "fr") -> None:
    """Put a file of translations."""
    pairs = "".join(f'msgid "{text}"\nmsgstr "{said}"\n\n' for text, said in words.items())
    workshop.write(f"translations/{language}.po", HEADER + pairs)


def test_texts_of_items_are_translated_and_the_others_are_read_in_english(
    workshop: Workshop,
) -> None:
    translated(workshop, FRENCH)

    version = workshop.load().version

    assert version is not None
    assert version.item.title["fr"] == "Du thé pour vous"
    assert version.item.stages[1].title["fr"] == "En infusion"
    assert "fr" not in version.item.summary
    row = text_row(version.item, "fr")
    assert (row["title"], row["summary"]) == ("Du thé pour vous", "A cup of tea.")


def test_categories_are_translated(workshop: Workshop) -> None:
    translated(workshop, FRENCH)

    categories, problems = workshop.sources.categories

    assert problems == ()
    assert categories is not None
    assert [one.title.get("fr") for one in categories] == ["Boissons", None]


def test_forms_are_translated(workshop: Workshop) -> None:
    translated(workshop, FRENCH)

    version = workshop.load().version

    assert version is not None
    schema = version.forms["tea"]
    assert schema["x-i18n"]["fr"] == {"title": "Thé"}
    assert schema["properties"]["sort"]["x-i18n"]["fr"] == {"title": "Sorte"}
    assert "fr" not in schema["properties"]["day"]["x-i18n"]


def test_a_changed_translation_is_a_changed_definition(workshop: Workshop) -> None:
    before = workshop.sources.fingerprint("tea.yaml", ["tea.json"])
    first = workshop.load().version
    translated(workshop, FRENCH)
    second = workshop.load().version

    assert workshop.sources.fingerprint("tea.yaml", ["tea.json"]) != before
    assert first is not None
    assert second is not None
    assert first.hash != second.hash


def test_what_a_translator_doubts_is_not_shown(workshop: Workshop) -> None:
    entry = '#, fuzzy\nmsgid "Tea for you"\nmsgstr "Du thé"\n'
    workshop.write("translations/fr.po", HEADER + entry)

    version = workshop.load().version

    assert version is not None
    assert "fr" not in version.item.title


@pytest.mark.parametrize(
    ("language", "text", "line", "message"),
    [
        ("xx", "", 1, "`xx` is not a further language"),
        ("es", "", 1, "`es` is not a further language"),
        ("fr", HEADER + "msgid Tea\n", 4, "cannot be read"),
    ],
)
def test_a_wrong_file_is_named_and_stops_nothing_else(
    workshop: Workshop, language: str, text: str, line: int, message: str
) -> None:
    workshop.write(f"translations/{language}.po", text)

    (problem,) = workshop.sources.translations.problems[f"translations/{language}.po"]

    assert problem.file == f"defs/translations/{language}.po"
    assert problem.line == line
    assert message in problem.message
    assert workshop.load().version is not None


def test_only_codes_of_languages_are_languages() -> None:
    assert all(map(is_language, ("en", "fr", "ar", "gsw")))
    assert not any(map(is_language, ("", "xx", "FR", "fr_CA", "title", "../fr")))
