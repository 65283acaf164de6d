"""Linting files and folders: places, languages, exit codes, and files that mean harm."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from catalog.loader import Sources
from cli import app
from settings import ROOT
from studio.lint.publishing import publishing_registry
from studio.lint.reading import NotThere, Report, lint
from tests.studio.lint.shop import FORMS, form, item_with, linted, shop, words
from workflows.registry import definition_registry

REGISTRY = definition_registry()
GOOD = item_with("task_forms: []\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shop(tmp_path)


def rules(report: Report) -> list[str]:
    return [one.rule for one in report.findings]


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["lint", *arguments])
    return result.exit_code, result.output


# Items and what belongs to them


def test_a_good_item_has_no_findings_and_all_of_its_texts(folder: Path) -> None:
    report = linted(folder, GOOD)
    assert report.findings == []
    assert report.as_json() == {
        "findings": [],
        "coverage": {"en": 1.0, "es": 1.0, "pt": 1.0},
        "files": 1,
    }


def test_a_finding_says_where_what_and_how_to_mend_it(folder: Path) -> None:
    found = linted(folder, item_with("do:\n  - tell: {call: undoo}\n")).findings
    (shown,) = [str(one) for one in found if one.severity == "error"]
    assert shown == (
        "defs/tea.yaml:24:14: error [unknown-step] there is no step `undoo`. Did you mean `undo`?"
    )


def test_search_words_are_read_alone_and_with_their_folder(folder: Path) -> None:
    path = folder / "search" / "es.yaml"
    path.parent.mkdir()
    path.write_text("synonyms:\n  - [té, TE]\n")
    (found,) = lint(path, REGISTRY).findings
    assert str(found) == (
        "defs/search/es.yaml:2:10: error [definition] `te` stands twice in this group. "
        "Search knows neither case nor accents; write it once."
    )
    assert found in lint(folder, REGISTRY).findings
    path.write_text("synonyms:\n  - [té, infusión]\n")
    assert lint(path, REGISTRY).findings == []


def test_coverage_counts_the_texts_of_each_language(folder: Path) -> None:
    report = linted(folder, GOOD.replace(", pt: Chá}", "}"))
    shares = report.coverage.shares()
    assert shares["en"] == shares["es"] == 1.0
    assert 0.8 < shares["pt"] < 1.0


def test_coverage_counts_the_texts_of_forms(folder: Path) -> None:
    schema = form([], note=words("Note") | {"type": "string"})
    del schema["properties"]["note"]["x-i18n"]["es"]
    (folder.parent / "forms" / "note.json").write_text(json.dumps(schema))
    report = lint(folder.parent / "forms" / "note.json", REGISTRY)
    assert rules(report) == ["missing-translation"]
    assert report.coverage.shares() == {"en": 1.0, "es": 0.5, "pt": 1.0}


def test_fields_that_hide_one_another_in_a_circle_are_found(folder: Path) -> None:
    def shown_if(name: str, field: str) -> dict[str, Any]:
        condition = {"properties": {name: {"const": "yes"}}, "required": [name]}
        declared = words(field) | {"type": "string"}
        return {"if": condition, "then": {"properties": {field: declared}}}

    schema = FORMS["tea"] | {"allOf": [shown_if("milk", "sugar"), shown_if("sugar", "milk")]}
    (folder.parent / "forms" / "tea.json").write_text(json.dumps(schema))
    assert "form-circle" in rules(linted(folder, GOOD))


def test_a_form_that_is_broken_is_placed_in_its_own_file(folder: Path) -> None:
    (folder.parent / "forms" / "tea.json").write_text('{"type": "object", "title": 3}')
    found = linted(folder, GOOD).findings[0]
    assert (found.file, found.rule) == ("forms/tea.json", "form")


def test_a_process_that_is_too_large_for_its_workflow_is_found(folder: Path) -> None:
    tasks = "".join(f"  - t{n}: {{set: {{text: {'x' * 60}}}}}\n" for n in range(300))
    assert "plan-too-large" in rules(linted(folder, item_with(f"do:\n{tasks}")))


def test_a_process_with_too_many_tasks_is_found(folder: Path) -> None:
    tasks = "".join(f"  - t{n}: {{wait: PT1M}}\n" for n in range(501))
    assert "too-long" in rules(linted(folder, item_with(f"do:\n{tasks}")))


def test_titles_are_compared_with_the_rest_of_the_catalog(folder: Path) -> None:
    (folder / "coffee.yaml").write_text(GOOD.replace("id: tea", "id: coffee", 1))
    found = [one for one in linted(folder, GOOD).findings if one.rule == "duplicate-title"]
    assert [(one.line, one.column) for one in found] == [(2, 9), (2, 18), (2, 26)]
    assert "`coffee`" in found[0].message


def test_hosts_are_compared_with_the_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = "{call: http, with: {method: get, endpoint: 'https://tea.example.com/{id}'}}"
    (folder / "tea.yaml").write_text(item_with(f"do:\n  - ask: {call}\n"))
    assert "[host-not-allowed]" in run(str(folder / "tea.yaml"))[1]
    monkeypatch.setenv("VENTANILLA_OUTBOUND_HOSTS", "tea.example.com")
    assert "[host-not-allowed]" not in run(str(folder / "tea.yaml"))[1]


# Processes in files of their own


def test_a_process_in_its_own_file_is_judged_as_its_item_needs_it(folder: Path) -> None:
    (folder / "processes").mkdir()
    file = folder / "processes" / "brew.yaml"
    file.write_text("do:\n  - brew: {set: {cups: '${ $answers.cupps }'}}\n")
    report = linted(folder, item_with("process: brew\n"))
    places = [(one.file, one.line, one.column, one.rule) for one in report.findings]
    assert ("defs/processes/brew.yaml", 2, 18, "unknown-answer") in places
    assert rules(lint(file, REGISTRY)) == ["unknown-answer"]


def test_a_process_that_another_runs_is_placed_in_its_own_file(folder: Path) -> None:
    (folder / "processes").mkdir()
    (folder / "processes" / "pour.yaml").write_text("do:\n  - pour: {wait: 3}\n")
    report = linted(folder, item_with("do:\n  - it: {run: {workflow: {name: pour}}}\n"))
    found = next(one for one in report.findings if one.rule == "duration")
    assert (found.file, found.line, found.column) == ("defs/processes/pour.yaml", 2, 12)


def test_definitions_are_found_in_the_folder_in_which_they_are_handed_over(folder: Path) -> None:
    (folder / "tea.yaml").write_text(GOOD)
    folder.rename(folder.parent / "catalog_defs")
    (folder.parent / "people.yaml").write_text("people: []\n")
    report = lint(folder.parent, REGISTRY)
    assert (report.files, report.findings) == (2, [])


def test_a_folder_is_linted_whole_its_spare_processes_included(folder: Path) -> None:
    (folder / "tea.yaml").write_text(GOOD)
    (folder / "processes").mkdir()
    (folder / "processes" / "spare.yaml").write_text("do:\n  - pour: {wait: 3}\n")
    report = lint(folder, REGISTRY)
    assert rules(report) == ["duration"]
    assert report.files == 3


def test_a_document_of_its_own_is_linted_too(tmp_path: Path) -> None:
    (tmp_path / "doc.yaml").write_text(
        "document: {dsl: 1.0.3, namespace: default, name: doc}\n"
        "do:\n  - wait: {wait: {hours: 1}, then: nowhere}\n"
    )
    report = lint(tmp_path / "doc.yaml", REGISTRY)
    assert [(one.rule, one.line) for one in report.findings] == [
        ("document", 1),
        ("then-to-nowhere", 3),
    ]


# The command


def test_the_command_ends_with_1_on_errors_and_on_warnings_if_strict(folder: Path) -> None:
    file = folder / "tea.yaml"
    file.write_text(GOOD)
    assert run(str(file))[0] == 0
    file.write_text(item_with("keywords: {en: [infusion]}\n"))
    assert run(str(file))[0] == 0
    assert run(str(file), "--strict")[0] == 1
    file.write_text(item_with("icon: none\n"))
    assert run(str(file))[0] == 1


def test_the_command_ends_with_2_where_there_is_nothing_to_read(tmp_path: Path) -> None:
    assert run(str(tmp_path / "nowhere"))[0] == 2
    with pytest.raises(NotThere, match="No such file"):
        lint(tmp_path / "nowhere", REGISTRY)


def test_the_command_prints_json(folder: Path) -> None:
    (folder / "tea.yaml").write_text(GOOD + "sizes: 3\n")
    code, printed = run(str(folder / "tea.yaml"), "--json")
    report = json.loads(printed)
    assert code == 1
    assert set(report) == {"findings", "coverage", "files"}
    (found,) = report["findings"]
    assert set(found) == {"file", "line", "column", "rule", "severity", "message", "hint"}
    assert (found["line"], found["column"], found["rule"]) == (26, 1, "definition")


def test_the_command_tells_how_much_of_the_texts_each_language_has(folder: Path) -> None:
    (folder / "tea.yaml").write_text(GOOD)
    printed = run(str(folder / "tea.yaml"))[1]
    assert printed == "1 files, 0 errors, 0 warnings; texts: en 100%, es 100%, pt 100%\n"


def test_nothing_is_found_in_our_own_catalog_which_the_command_lints_without_a_path() -> None:
    code, printed = run("--strict")
    files = len(list((ROOT / "catalog_defs").rglob("*.yaml")))
    found = f"{files} files, 0 errors, 0 warnings; texts: en 100%, es 100%, pt 100%\n"
    assert (code, printed) == (0, found)


# Publishing


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ("do:\n  - brew: {set: {a: '${ $answers.sorte }'}}\n", "unknown-answer"),
        ("do:\n  - one: {set: {a: 1}}\n  - two: {set: {a: 2}, then: one}\n", "loop-without-end"),
    ],
)
def test_what_lint_calls_an_error_keeps_an_item_from_being_published(
    folder: Path, parts: str, rule: str
) -> None:
    (folder / "tea.yaml").write_text(item_with(parts))
    assert Sources(folder, folder.parent / "forms", REGISTRY).load("tea.yaml").version
    loaded = Sources(folder, folder.parent / "forms", publishing_registry()).load("tea.yaml")
    assert loaded.version is None
    assert [problem.rule for problem in loaded.problems] == [rule]
    assert loaded.problems[0].line > 20


def test_what_lint_calls_an_error_in_a_shared_file_is_placed_there(folder: Path) -> None:
    (folder / "processes").mkdir()
    shared = folder / "processes" / "brewing.yaml"
    shared.write_text("do:\n  - brew: {set: {a: '${ $answers.sorte }'}}\n")
    (folder / "tea.yaml").write_text(item_with("process: brewing\n"))
    loaded = Sources(folder, folder.parent / "forms", publishing_registry()).load("tea.yaml")
    (problem,) = loaded.problems
    assert (problem.file, problem.line) == ("defs/processes/brewing.yaml", 2)


def test_warnings_do_not_keep_an_item_from_being_published(folder: Path) -> None:
    text = item_with("settings: {sugar: 1.5}\n")
    assert linted(folder, text).found
    assert Sources(folder, folder.parent / "forms", publishing_registry()).load("tea.yaml").version


def test_our_whole_catalog_may_be_published() -> None:
    sources = Sources(ROOT / "catalog_defs", ROOT / "forms", publishing_registry())
    assert [problem for loaded in sources.load_all() for problem in loaded.problems] == []


# Files that mean harm

BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 100 + "]" * 100,
        "do: " + "{a: " * 2_000 + "1" + "}" * 2_000,
        "a: " + "x" * 1_000_000,
        "- [" * 300_000,
        f"a0: &a0 [x, x]\n{BOMB}",
        "\0\1\2",
        "",
        "amount: 9007199254740993",
    ],
    ids=["deep", "deeper", "large", "large and deep", "bomb", "binary", "empty", "not exact"],
)
def test_a_hostile_file_is_refused_at_once(folder: Path, text: str) -> None:
    began = time.process_time()
    report = linted(folder, text)
    assert rules(report) == ["unreadable"]
    assert time.process_time() - began < 1


def test_tasks_too_deep_to_follow_are_refused_at_once(folder: Path) -> None:
    nested = "{wait: PT1M}"
    for depth in range(35):
        nested = f"{{do: [{{t{depth}: {nested}}}]}}"
    began = time.process_time()
    assert {"unreadable", "too-deep"} & set(
        rules(linted(folder, item_with(f"do: [{{t: {nested}}}]\n")))
    )
    assert time.process_time() - began < 1


def test_five_hundred_tasks_that_jump_everywhere_are_followed_at_once(folder: Path) -> None:
    names = range(400)
    tasks = "".join(
        f"  - t{n}: {{switch: [{{a: {{when: '${{ .cups > {n} }}', then: t{n * 7 % 400}}}}},"
        f" {{b: {{then: t{n * 13 % 400}}}}}]}}\n"
        for n in names
    )
    file = folder / "tea.yaml"
    file.write_text(item_with(f"do:\n{tasks}"))
    lint(file, REGISTRY)
    began = time.process_time()
    lint(file, REGISTRY)
    assert time.process_time() - began < 5


def test_a_file_of_200_lines_takes_less_than_a_second() -> None:
    file = ROOT / "catalog_defs" / "book-technician.yaml"
    lint(file, REGISTRY)
    began = time.process_time()
    lint(file, REGISTRY)
    assert time.process_time() - began < 1
