"""The catalog as people see it: by audience, by words, by category, page by page."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from ground.errors import NotFound, Refusal
from services import catalog, publishing, search
from store.database import Database
from tests.catalog.workshop import Workshop


@dataclass
class Person:
    """Who looks."""

    role: str = "customer"
    country: str | None = "ES"
    segments: tuple[str, ...] = ()


CUSTOMER = Person()
TITLE = "title: {en: Tea for you, es: Té para usted, pt: Chá para si}"
SUMMARY = "summary: {en: A cup of tea., es: Una taza de té., pt: Uma chávena de chá.}"
KEYWORDS = "keywords:\n  en: [infusion, hot drink]\n  pt: [infusão]\n"


def texts(en: str, es: str, pt: str, about: str = "", words: str = "") -> dict[str, str]:
    """Changes that give an item other texts."""
    return {
        TITLE: f"title: {{en: {en}, es: {es}, pt: {pt}}}",
        SUMMARY: f"summary: {{en: {about or en}, es: {es}, pt: {pt}}}",
        KEYWORDS: f"keywords: {{es: [{words}]}}\n",
    }


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def publish(database: Database, workshop: Workshop) -> None:
    refreshed = database.write_now(
        publishing.refresh, workshop.defs, workshop.forms, workshop.registry
    )
    assert not refreshed.problems, [str(problem) for problem in refreshed.problems]


@pytest.fixture
def stocked(database: Database, workshop: Workshop) -> Database:
    """Tea, coffee, cocoa, soup and bread; the last two are food."""
    food = {"category: drinks": "category: food"}
    workshop.item("coffee", **texts("Coffee", "Café", "Café", "Black like the night"))
    workshop.item("cocoa", **texts("Cocoa", "Chocolate", "Cacau", "Instead of tea", "té dulce"))
    workshop.item("soup", **texts("Ámber soup", "Sopa", "Sopa"), **food)
    workshop.item("bread", **texts("Bread", "Pan", "Pão"), **food)
    publish(database, workshop)
    return database


def found(database: Database, query: str = "", language: str = "en", **more: str) -> list[str]:
    result = database.read_now(
        search.find,
        CUSTOMER,
        query,
        language=language,
        **more,  # type: ignore[arg-type]
    )
    return [entry.id for entry, _ in result.entries]


def test_without_a_query_all_come_by_title_in_the_readers_language(stocked: Database) -> None:
    assert found(stocked) == ["soup", "bread", "cocoa", "coffee", "tea"]
    assert found(stocked, language="es") == ["coffee", "cocoa", "bread", "soup", "tea"]


def test_an_entry_reads_in_the_readers_language(stocked: Database) -> None:
    [(entry, _)] = stocked.read_now(search.find, CUSTOMER, "pão", language="pt").entries

    assert (entry.id, entry.title, entry.summary) == ("bread", "Pão", "Pão")
    assert (entry.category, entry.icon) == ("food", "cup-soda")
    assert entry.hash == stocked.read_now(catalog.published, "bread", CUSTOMER).hash


@pytest.mark.parametrize(
    ("query", "language", "items"),
    [
        ("tea", "en", ["tea", "cocoa"]),
        ("TÉ", "es", ["tea", "cocoa"]),
        ("te", "es", ["tea", "cocoa"]),
        ("dul", "es", ["cocoa"]),
        ("coff", "en", ["coffee"]),
        ("offee", "en", ["coffee"]),
        ("infusao", "pt", ["tea"]),
        ("hot drink", "en", ["tea"]),
        ("drink hot", "en", ["tea"]),
        ("tea instead", "en", ["cocoa"]),
        ("tea moon", "en", ["tea", "cocoa"]),
        ("amber", "en", ["soup"]),
        ("cafe", "en", ["coffee"]),
        ("chocolate", "pt", ["cocoa"]),
        ("coffee sopa", "en", ["coffee", "soup"]),
        ("coffe", "en", ["coffee"]),
        ("cofee", "en", ["coffee"]),
        ("chocolat", "en", ["cocoa"]),
        ("%", "en", ["soup", "bread", "cocoa", "coffee", "tea"]),
        ("_", "en", ["soup", "bread", "cocoa", "coffee", "tea"]),
        ("nothing-like-that", "en", []),
    ],
)
def test_words_are_found_by_their_beginnings_whatever_case_and_accents(
    stocked: Database, query: str, language: str, items: list[str]
) -> None:
    assert found(stocked, query, language) == items


def test_the_readers_language_comes_first(database: Database, workshop: Workshop) -> None:
    workshop.item("aardvark", **texts("Aardvark", "Té raro", "Aardvark"))
    workshop.item("zebra", **texts("Zebra", "Cebra", "Zebra", about="Te te te"))
    publish(database, workshop)

    assert found(database, "te") == ["tea", "zebra", "aardvark"]


def test_a_category_narrows_the_search(stocked: Database) -> None:
    assert found(stocked, category="food") == ["soup", "bread"]
    assert found(stocked, "bread", category="drinks") == []


def test_an_unknown_language_is_read_as_the_default(stocked: Database) -> None:
    assert found(stocked, "coffee", language="xx") == ["coffee"]


@pytest.mark.parametrize("query", ["", "te"])
def test_pages_follow_one_another_without_gap_or_repeat(stocked: Database, query: str) -> None:
    whole = found(stocked, query, "es")
    walked: list[str] = []
    after = None
    while True:
        page = stocked.read_now(
            search.find, CUSTOMER, query, language="es", after=after, limit=2
        ).entries
        walked += [entry.id for entry, _ in page]
        if len(page) < 2:
            break
        after = page[-1][1]

    assert walked == whole


@pytest.mark.parametrize("cursor", ["x", "é", "W10", "WzEsMl0", "WzEsMiwzLDRd", "bnVsbA"])
def test_a_cursor_that_is_none_is_refused(stocked: Database, cursor: str) -> None:
    with pytest.raises(Refusal) as refused:
        stocked.read_now(search.find, CUSTOMER, after=cursor)

    assert refused.value.key == "catalog.bad_cursor"


def counted(database: Database, person: Person, query: str = "") -> list[tuple[str, int]]:
    result = database.read_now(search.find, person, query)
    shelves = database.read_now(catalog.categories, result.by_category, "pt")
    return [(one.title, one.items) for one in shelves]


def test_categories_count_what_the_viewer_may_request(stocked: Database) -> None:
    assert counted(stocked, CUSTOMER) == [("Bebidas", 3), ("Comida", 2)]
    assert counted(stocked, CUSTOMER, "bread") == [("Comida", 1)]
    assert counted(stocked, Person(role="agent")) == []


AUDIENCES = [
    ("", Person(), True),
    ("", Person(role="agent"), False),
    ("allow: {roles: [customer, agent]}", Person(role="agent"), True),
    ("allow: {roles: []}", Person(role="operator"), True),
    ("allow: {countries: [PT, ES]}", Person(country="ES"), True),
    ("allow: {countries: [PT]}", Person(country="ES"), False),
    ("allow: {countries: [PT]}", Person(country=None), False),
    ("allow: {segments: [gold, silver]}", Person(segments=("bronze", "silver")), True),
    ("allow: {segments: [gold]}", Person(segments=("gold-plus",)), False),
    ("allow: {segments: [gold]}", Person(), False),
    ("allow: {countries: [ES], segments: [gold]}", Person(country="ES"), False),
    ("deny: {countries: [ES]}", Person(country="ES"), False),
    ("deny: {countries: [ES]}", Person(country="PT"), True),
    ("deny: {segments: [debtor]}", Person(segments=("gold", "debtor")), False),
    ("allow: {segments: [gold]}, deny: {segments: [gold]}", Person(segments=("gold",)), False),
    ("deny: {roles: [customer]}", Person(), False),
]


@pytest.mark.parametrize(("audience", "person", "sees"), AUDIENCES)
def test_only_the_audience_sees_an_item(
    sqlite_url: str, workshop: Workshop, audience: str, person: Person, sees: bool
) -> None:
    workshop.change("group: kitchen", f"audience: {{{audience}}}\ngroup: kitchen")
    database = Database(sqlite_url)
    publish(database, workshop)

    assert bool(database.read_now(search.find, person).entries) == sees
    assert bool(database.read_now(search.find, person, "tea").entries) == sees
    assert bool(counted(database, person)) == sees
    corrected = database.read_now(search.find, person, "infusiom").corrected
    assert corrected == ("infusion" if sees else None)
    if sees:
        assert database.read_now(catalog.published, "tea", person).item.id == "tea"
    else:
        with pytest.raises(NotFound):
            database.read_now(catalog.published, "tea", person)
    database.close()


def test_an_unknown_item_is_not_found(stocked: Database) -> None:
    with pytest.raises(NotFound) as refused:
        stocked.read_now(catalog.published, "nectar", CUSTOMER)

    assert (refused.value.key, refused.value.params) == ("catalog.not_found", {"item": "nectar"})


def test_an_unknown_version_is_not_found(stocked: Database) -> None:
    with pytest.raises(NotFound) as refused:
        stocked.read_now(catalog.version, "0" * 64)

    assert refused.value.key == "catalog.version_not_found"


def test_a_version_is_built_once_and_the_least_used_one_is_let_go(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "KEPT_VERSIONS", 2)
    monkeypatch.setattr(catalog, "_versions", catalog.Versions())
    shown = stocked.read_now(search.find, CUSTOMER, limit=3).entries
    hashes = {entry.id: entry.hash for entry, _ in shown}
    first, second, third = hashes.values()

    kept = stocked.read_now(catalog.version, first)
    stocked.read_now(catalog.version, second)
    assert stocked.read_now(catalog.version, first) is kept
    stocked.read_now(catalog.version, third)

    assert stocked.read_now(catalog.version, first) is kept
    assert set(catalog._versions.kept) == {third, first}
