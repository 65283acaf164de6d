"""Every mistake in a definition is a message: file, line, what is wrong, what would be right."""
# ruff: noqa: E501 (a table is read by its rows)

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from catalog.problems import Problem
from tests.catalog.workshop import FORM, ITEM, Workshop, titled


@dataclass
class Case:
    """A text of the item replaced by another, and the problem that this makes."""

    name: str
    old: str
    new: str
    at: str
    message: str
    hint: str


STAGE = "    title: {en: Brewing, es: En infusión, pt: Em infusão}\n"

CASES = [
    # Shape
    Case("misspelt key", "summary:", "sumary:", "3:1", "`sumary` is not a key", "mean `summary`"),
    Case("missing key", "icon: cup-soda\n", "", "1:1", "`icon` is missing", "Lucide icon"),
    Case("text for a list", "stages:\n", "stages: x\nx_:\n", "18:1", "the text `x` is not a list", "in order"),
    Case("list for a text", "form: tea", "form: [tea]", "13:1", "a list is not a text", "form to fill"),
    Case("no language", ", pt: Chá para si", "", "2:1", "missing in `pt`", "en, es and pt"),
    Case("unknown language", "en: [inf", "de: [inf", "11:3", "`de` is not one", "`en`, `es`, `pt`"),
    Case("empty text", "es: Té para usted", "es: ' '", "2:26", "empty", "name customers read"),
    Case("bad name", "group: kitchen", "group: Kit chen", "32:1", "not written", "small letters"),
    Case("duration", "usual: PT4M", "usual: 4 minutes", "24:5", "`4 minutes` is no dur", "`PT2H`"),
    Case("sexagesimal", "usual: PT4M", "usual: 0:04:00", "24:5", "`0:04:00` is no dur", "`PT2H`"),
    Case("years", "usual: PT4M", "usual: P1Y", "24:5", "`P1Y` is no duration", "`P3D`"),
    Case("word", "usual: PT4M", "usual: PT4M\n    shown: never", "25:5", "`never` is not", "`always`"),
    Case("near word", "form: tea", "publish: automatic\nform: tea", "13:1", "`automatic`", "`auto`"),
    Case("kind", "kind: fixed", "kind: fix", "33:1", "`fix` is no kind", "mean `fixed`"),
    Case("no kind", "kind: fixed, ", "", "33:1", "`kind` is missing", "key `kind`"),
    Case("fraction", "amount: 250", "amount: 2.5", "33:22", "`2.5` is not a whole", "minor units"),
    Case("number as text", "amount: 250", "amount: '250'", "33:22", "not a whole", "minor units"),
    Case("no amount", "amount: 250", "amount: 0", "33:22", "`0` is not more than 0", "minor units"),
    Case("yes", "until: received}", "until: received, message: yes}", "34:42", "the text `yes` is not true", "may write"),
    Case("hours", '"09:00-17:00"', "9-17", "29:22", "`9-17` is not written", "09:00-14:00"),
    Case("weekday", "monday:", "mondays:", "29:13", "`mondays` is not a key", "mean `monday`"),
    Case("business time", "PT1H}", "1h}", "31:18", "`1h` is no length of business", "`PT4H`"),
    Case("no default", "default: PT1H", "urgent: PT1H", "31:5", "no `default`", "`default: P2D`"),
    Case("no examples", ITEM[ITEM.index("  - name: green") :], "  []\n", "35:1", "too short", "valid answers"),
    # Names that must exist
    Case("file name", "id: tea", "id: coffee", "1:1", "named `tea.yaml`", "Write `id: tea`"),
    Case("category", "category: drinks", "category: drink", "8:1", "no category", "mean `drinks`"),
    Case("icon", "icon: cup-soda", "icon: coffe", "9:1", "no Lucide icon", "mean `coffee`"),
    Case("group", "group: kitchen", "group: kitchn", "32:1", "no group `kitchn`", "mean `kitchen`"),
    Case("workflow", "workflow: brew", "workflow: brow", "14:1", "no workflow", "mean `brew`"),
    Case("form", "form: tea", "form: the", "13:1", "no form `the`", "mean `tea`"),
    Case("task form", "group:", "task_forms: [tee]\ngroup:", "32:14", "no form `tee`", "mean `tea`"),
    Case("stage of the workflow", "id: brewing", "id: baking", "18:1", "`brewing`, which", "id: brewing"),
    Case("limit", "until: received", "until: recieved", "34:16", "no stage `recieved`", "`received`"),
    Case("zone", "Europe/Madrid", "Europe/Madri", "27:5", "no IANA time zone", "time zone, hours"),
    Case("holidays", "country: ES", "country: XX", "26:3", "no public holidays", "public holidays"),
    Case("currency", "currency: EUR", "currency: EUX", "33:35", "no currency `EUX`", "ISO 4217"),
    Case("computed", "fixed, amount: 250, currency: EUR, per: once", "computed, by: te-price", "33:25", "`te-price`", "mean `tea-price`"),
    Case("country", "group:", "audience: {allow: {countries: [ZQ]}}\ngroup:", "32:32", "no country `ZQ`", ""),
    Case("role", "group:", "audience: {deny: {roles: [agnet]}}\ngroup:", "32:27", "`agnet`", "mean `agent`"),
    # Names used twice
    Case("stage twice", "id: brewing", "id: received", "22:5", "`received` is used twice", "own name"),
    Case("example twice", "    answers: {sort: green", "    answers: {sort: x}\n  - name: green\n    answers: {sort: green", "38:5", "`green` is used twice", "own name"),
    # Settings of the workflow
    Case("setting misspelt", "minutes: 4", "minuts: 4", "16:3", "`minuts` is not a key", "`minutes`"),
    Case("setting too large", "minutes: 4", "minutes: 40", "16:3", "`40` is not at most 10", "Minutes"),
    Case("setting of a kind", "cups: [1, 2]", "cups: [1, two]", "17:13", "the text `two` is not a whole", ""),
    Case("settings missing", "settings:\n  minutes: 4\n  cups: [1, 2]\n", "", "1:1", "`minutes` is missing", "Minutes"),
    Case("settings too large", "workflow: brew\nsettings:\n", f"workflow: anything\nsettings:\n  x: {'y' * 17_000}\n", "15:1", "a workflow carries 16384", "Shorten"),
    # Examples
    Case("example lacks", "sort: green, ", "", "37:5", "`green` is not valid", "forms/tea.json"),
    Case("example unknown", "sort: green", "sort: green, sugar: 2", "37:28", "not valid", "forms/tea.json"),
    Case("example too early", "today+1d", "today-1d", "37:28", "not valid", "forms/tea.json"),
    Case("example no date", "today+1d", "tomorrow", "37:28", "not valid", "forms/tea.json"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_is_explained(workshop: Workshop, case: Case) -> None:
    workshop.change(case.old, case.new)

    loaded = workshop.load()

    assert loaded.version is None
    found = [problem for problem in loaded.problems if case.message in problem.message]
    assert len(found) == 1, [str(problem) for problem in loaded.problems]
    assert found[0].file == "defs/tea.yaml"
    assert f"{found[0].line}:{found[0].column}" == case.at
    assert case.hint in found[0].hint


def test_a_valid_item_is_a_version_without_problems(workshop: Workshop) -> None:
    loaded = workshop.load()

    assert loaded.problems == ()
    assert loaded.version is not None
    assert loaded.version.item.title["pt"] == "Chá para si"
    assert loaded.uses == {"tea.json"}


def test_all_mistakes_come_at_once_in_the_order_of_the_file(workshop: Workshop) -> None:
    workshop.change("category: drinks", "category: drinc")
    workshop.change("icon: cup-soda", "icon: cup")
    workshop.change("minutes: 4", "minutes: 0")
    workshop.change("sort: green", "sort: ''")

    lines = [problem.line for problem in workshop.load().problems]

    assert lines == [8, 9, 16, 37]


def test_a_problem_reads_as_one_line(workshop: Workshop) -> None:
    workshop.change("category: drinks", "category: drink")

    assert [str(problem) for problem in workshop.load().problems] == [
        "defs/tea.yaml:8:1: there is no category `drink`. Did you mean `drinks`?"
    ]


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        (b"", "1:1", "the file is empty"),
        (b"- a\n", "1:1", "a list is not a mapping"),
        (b"just words", "1:1", "the text `just words` is not a mapping"),
        (b"id: tea\nid: tea\n", "2:1", "`id` stands here a second time"),
        (b"id: tea\n\ttitle: x\n", "2:1", "this is not YAML"),
        (b"id: \xff", "1:5", "not UTF-8"),
        (b"id: [" + b"[" * 100_000, "1:44", "nested more than 40 levels"),
        (b"a: &a [*a]", "1:4", "nested more than 40 levels"),
        (b"x: " + b"y" * 300_000, "1:1", "at most 262144 are read"),
    ],
)
def test_what_is_no_definition_at_all_is_refused(
    workshop: Workshop, text: bytes, at: str, message: str
) -> None:
    workshop.write("tea.yaml", text)

    loaded = workshop.load()

    assert loaded.version is None
    assert message in loaded.problems[0].message
    assert f"{loaded.problems[0].line}:{loaded.problems[0].column}" == at


def test_a_file_that_ends_in_yml_is_told_to_be_renamed(workshop: Workshop) -> None:
    workshop.write("coffee.yml", ITEM)

    assert "`.yaml`" in workshop.load("coffee.yml").problems[0].message


def test_a_file_that_vanished_is_a_problem_and_no_exception(workshop: Workshop) -> None:
    sources = workshop.sources
    (workshop.defs / "tea.yaml").unlink()

    assert "cannot be read" in sources.load("tea.yaml").problems[0].message


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("", "1:1", "this is not JSON"),
        ('{"type": "object",}', "1:18", "this is not JSON"),
        ('{"type": "object",\n "type": "object"}', "2:2", "`type` stands twice"),
        ("[1]", "1:1", "a form is a JSON object"),
        ('{"type": "object",\n "title": 5}', "2:2", "5"),
        ('{"type": "object", "title": "T",\n "properties": []}', "2:2", "object"),
        ('{"type": "object", "title": "T", "properties": {},\n "x-pages": 5}', "2:2", "5"),
    ],
)  # fmt: skip
def test_a_broken_form_is_a_problem_of_its_file(
    workshop: Workshop, text: str, at: str, message: str
) -> None:
    workshop.form("tea", text)

    loaded = workshop.load()

    assert loaded.version is None
    found = {(problem.file, f"{problem.line}:{problem.column}") for problem in loaded.problems}
    assert ("forms/tea.json", at) in found, [str(problem) for problem in loaded.problems]
    assert any(message in problem.message for problem in loaded.problems)


def test_a_form_problem_stands_at_its_line(workshop: Workshop) -> None:
    field = titled("Sugar", type="string", **{"x-options": "sort"})
    workshop.form("tea", {**FORM, "properties": {**FORM["properties"], "sugar": field}})
    lines = (workshop.forms / "tea.json").read_text().splitlines()

    [problem] = workshop.load().problems

    assert problem.file == "forms/tea.json"
    assert '"x-options"' in lines[problem.line - 1]
    assert "sorts" in problem.hint


def test_a_shared_part_belongs_to_the_version(workshop: Workshop) -> None:
    workshop.form("parts/sorts", {"$defs": {"sort": titled("Sort", type="string")}})
    properties = {**FORM["properties"], "sort": {"$ref": "parts/sorts.json#/$defs/sort"}}
    workshop.form("tea", {**FORM, "properties": properties})

    loaded = workshop.load()

    assert loaded.uses == {"tea.json", "parts/sorts.json"}
    assert loaded.version is not None
    assert loaded.version.form().evaluate({"sort": "green"}).valid
    assert "Sort (pt)" in json.dumps(dict(loaded.version.forms))


def test_a_mistake_in_a_shared_part_is_told_of_the_part(workshop: Workshop) -> None:
    part = {"$defs": {"sort": titled("Sort", type="string", format="colour")}}
    workshop.form("parts/sorts", part)
    properties = {**FORM["properties"], "sort": {"$ref": "parts/sorts.json#/$defs/sort"}}
    workshop.form("tea", {**FORM, "properties": properties})
    lines = (workshop.forms / "parts/sorts.json").read_text().splitlines()

    [problem] = workshop.load().problems

    assert problem.file == "forms/parts/sorts.json"
    assert '"format"' in lines[problem.line - 1]


def test_a_reference_to_no_file_is_found_where_it_stands(workshop: Workshop) -> None:
    workshop.form("parts/sorts", {"$defs": {"sort": titled("Sort", type="string")}})
    properties = {**FORM["properties"], "sort": {"$ref": "parts/sort.json#/$defs/sort"}}
    workshop.form("tea", {**FORM, "properties": properties})
    lines = (workshop.forms / "tea.json").read_text().splitlines()

    loaded = workshop.load()

    [problem] = loaded.problems
    assert problem.file == "forms/tea.json"
    assert "$ref" in lines[problem.line - 1]
    assert "mean `parts/sorts.json`" in problem.hint
    assert "parts/sort.json" in loaded.uses, "so that the item is read again once the file is there"


@pytest.mark.parametrize(
    "reference", ["../secret.json", "/etc/x.json", "https://example.com/x.json"]
)
def test_a_reference_never_leaves_the_folder_of_forms(workshop: Workshop, reference: str) -> None:
    workshop.form("tea", {**FORM, "properties": {"sort": {"$ref": reference}}})

    [problem] = [p for p in workshop.load().problems if p.file == "forms/tea.json"]

    assert "outside the folder" in problem.message


def test_settings_are_kept_with_the_defaults_of_their_model(workshop: Workshop) -> None:
    version = workshop.load().version

    assert version is not None
    assert version.item.settings == {"minutes": 4, "cups": [1, 2], "sugar": False}
    assert version.source()["item"]["settings"] == version.item.settings


def test_settings_without_a_model_are_kept_as_they_are(workshop: Workshop) -> None:
    workshop.change("workflow: brew", "workflow: anything")
    workshop.change("minutes: 4", "whatever: [{a: 1}]")

    version = workshop.load().version

    assert version is not None
    assert version.item.settings == {"whatever": [{"a": 1}], "cups": [1, 2]}


def test_categories_come_in_the_order_of_their_file(workshop: Workshop) -> None:
    categories, problems = workshop.sources.categories

    assert categories is not None
    assert [category.id for category in categories] == ["drinks", "food"]
    assert problems == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("id: food", "id: drinks", 5, "`drinks` stands here twice"),
        ("icon: soup", "icon: sop", 7, "no Lucide icon `sop`"),
        ("pt: Comida", "xx: Comida", 6, "`xx` is not a language"),
    ],
)
def test_mistakes_in_the_categories_are_told_too(
    workshop: Workshop, old: str, new: str, line: int, message: str
) -> None:
    workshop.change(old, new, "categories.yaml")

    categories, problems = workshop.sources.categories

    assert categories is None
    assert any(message in problem.message and problem.line == line for problem in problems)
    assert workshop.load().version is not None, "items are not blamed for it"


def test_missing_categories_are_a_problem(workshop: Workshop) -> None:
    (workshop.defs / "categories.yaml").unlink()

    assert "cannot be read" in workshop.sources.categories[1][0].message


def test_the_fingerprint_follows_whatever_decides_about_an_item(workshop: Workshop) -> None:
    def fingerprint() -> str:
        return workshop.sources.fingerprint("tea.yaml", ["tea.json", "parts/later.json"])

    seen = [fingerprint()]
    assert fingerprint() == seen[0]
    changes: list[Callable[[], None]] = [
        lambda: workshop.change("minutes: 4", "minutes: 10"),
        lambda: workshop.form("tea", {**FORM, "required": []}),
        lambda: workshop.form("parts/later", {}),
        lambda: workshop.change("en: Food", "en: Foods", "categories.yaml"),
        lambda: setattr(workshop, "registry", replace(workshop.registry, icons=frozenset())),
    ]
    for change in changes:
        change()
        assert fingerprint() not in seen
        seen.append(fingerprint())


def test_a_problem_without_a_hint_has_no_loose_end() -> None:
    assert str(Problem("a.yaml", 1, 2, "wrong")) == "a.yaml:1:2: wrong."


SEARCH = """\
ignored: [the, How]
endings: [s, es]
synonyms:
  - [Té verde, sencha]
"""


def test_search_words_are_read_by_language(workshop: Workshop) -> None:
    workshop.write("search/es.yaml", SEARCH)
    sources = workshop.sources
    assert list(sources.search_files) == ["search/es.yaml"]
    words, problems = sources.search_words("search/es.yaml")
    assert problems == ()
    assert words is not None
    assert words.synonyms == (("Té verde", "sencha"),)
    assert list(sources.definitions) == ["tea.yaml"], "they are no items"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("[the, How]", "[the one, How]", 1, "`the one` is not one word"),
        ("[s, es]", "[S]", 2, "`S` is not written as it must be"),
        (", sencha]", "]", 4, "this is empty or too short"),
        ("sencha]", "te-verde]", 4, "`te verde` stands twice in this group"),
        ("sencha]", '"!"]', 4, "`!` has no letters or digits"),
        ("synonyms:", "sinonyms:", 3, "`sinonyms` is not a key here"),
    ],
)
def test_mistakes_in_search_words_are_told(
    workshop: Workshop, old: str, new: str, line: int, message: str
) -> None:
    workshop.write("search/es.yaml", SEARCH.replace(old, new))
    words, problems = workshop.sources.search_words("search/es.yaml")
    assert words is None
    assert [problem.file for problem in problems] == ["defs/search/es.yaml"]
    assert problems[0].line == line
    assert message in problems[0].message


def test_search_words_are_those_of_a_language_of_the_catalog(workshop: Workshop) -> None:
    workshop.write("search/enn.yaml", SEARCH)
    words, (problem,) = workshop.sources.search_words("search/enn.yaml")
    assert words is None
    assert problem.message == "`enn` is not a language"
    assert problem.hint == "Did you mean `en`?"
