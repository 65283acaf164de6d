"""What the documentation says is true: examples load, queries run, tables and links are whole."""

import ast
import json
import re
import shutil
import tomllib
from datetime import UTC, datetime, timedelta
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from sqlmodel import Session
from temporalio.client import Client

from catalog import yaml12
from catalog.definitions import CatalogItem
from catalog.examples import answers_for
from catalog.explain import check
from catalog.expressions import Jq
from catalog.forms import lint
from catalog.loader import Sources
from ground import brand
from ground.messages import languages
from services import catalog, demo, forms, identity, publishing, requests, search
from services.access import Viewer
from services.relay import pseudonym
from settings import ROOT, SECRET_PREFIX
from store.database import Database
from studio.commands import explored, in_lines, item_version
from studio.explore import explore
from studio.lint.reading import lines as lint_lines
from studio.lint.reading import lint as lint_definitions
from studio.people import People
from studio.simulate import Wanted, simulate
from tests import reference
from tests.real import artefacts
from tests.texts_in_code import code
from workflows.registry import definition_registry
from workflows.steps import all_steps

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OPERATORS, DESIGNERS = ROOT / "docs" / "operators.md", ROOT / "docs" / "designers.md"
PROCESSES = ROOT / "docs" / "processes.md"


# Everywhere


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        goal = page.parent / file if file else page
        assert goal.exists(), target
        assert not anchor or anchor in anchors(goal), target


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_pictures_are_small() -> None:
    for picture in (ROOT / "docs" / "images").iterdir():
        assert picture.stat().st_size < 200_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = re.findall(r"`((?:\w+/)+\w+\.(?:py|json|po|md|schema\.json))\b", page.read_text())
    invented = {"locales/en/domain.po"}
    assert [name for name in named if not (ROOT / name).exists() and name not in invented] == []


@pytest.mark.parametrize("file", reference.PARTS)
def test_what_is_made_from_the_code_is_up_to_date(file: str) -> None:
    hint = "run `.venv/bin/python -m tests.reference`"
    assert (reference.DOCS / file).read_text() == reference.renewed(file), hint


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_only_settings_that_exist_are_named(page: Path) -> None:
    known = (ROOT / "README.md").read_text()
    text = page.read_text().replace(f"{SECRET_PREFIX}<NAME>", "").replace(artefacts.VARIABLE, "")
    for name in re.findall(r"VENTANILLA_[A-Z_]+[A-Z]", text):
        assert f"| `{name}` |" in known, name


# The README


@pytest.fixture
def saved_item(tmp_path: Path) -> tuple[str, Path, Path]:
    """The item of the README, saved into a copy of the catalog: its id and the two folders."""
    part = (ROOT / "README.md").read_text().split("## Add a catalog item in five minutes")[1]
    name = re.findall(r"`catalog_defs/([\w-]+)\.yaml`", part)[0]
    text = re.findall(r"```yaml\n(.*?)```", part, re.DOTALL)[0]
    for folder in ("catalog_defs", "forms"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "catalog_defs" / f"{name}.yaml").write_text(text)
    return name, tmp_path / "catalog_defs", tmp_path / "forms"


def test_the_item_of_the_readme_can_be_found_and_requested(
    saved_item: tuple[str, Path, Path], database: Database
) -> None:
    item, definitions, forms_folder = saved_item
    refreshed = database.write_now(
        publishing.refresh, definitions, forms_folder, definition_registry()
    )
    assert [p for p in refreshed.problems if item in p.file] == []
    assert item in refreshed.published
    viewer = database.write_now(customer)
    version = database.read_now(catalog.published, item, viewer)
    for language in languages():
        title = version.item.title[language]
        found = database.read_now(search.find, viewer, title, None, language)
        assert item in [entry.id for entry, _ in found.entries]
    answers = database.read_now(example_answers, viewer, item)
    made = database.write_now(
        requests.submit, viewer, requests.Submission(item=item, answers=answers)
    )
    assert made.version == version.hash


def customer(session: Session) -> Viewer:
    """A demo customer with what they own."""
    identity.load_demo_accounts(session, "not-a-hash")
    demo.load_customers(session)
    account = identity.account_by_email(session, "customer@example.com")
    assert account is not None
    return identity.viewer_of(session, account.id)


def example_answers(session: Session, viewer: Viewer, item: str) -> dict[str, Any]:
    """The first example of an item, for this customer today."""
    example = catalog.published(session, item, viewer).item.examples[0]
    return answers_for(example, forms.context(session, viewer.account_id, "en"))


def test_the_mistake_of_the_readme_gets_the_message_of_the_readme(
    saved_item: tuple[str, Path, Path],
) -> None:
    item, folder, forms_folder = saved_item
    file = folder / f"{item}.yaml"
    file.write_text(file.read_text().replace("category: plans", "category: plan"))
    (problem,) = Sources(folder, forms_folder, definition_registry()).load(file.name).problems
    told = str(problem).partition(". Did")[0].replace("`plan`", "‘plan’")
    assert f"`{told}`" in " ".join((ROOT / "README.md").read_text().split())


# For designers

MISTAKES = [
    ("catalog_defs/plan-upgrade.yaml", "category: plans", "category: plan"),
    ("catalog_defs/plan-upgrade.yaml", "usual: PT10M", "usual: 10 minutes"),
    ("catalog_defs/plan-upgrade.yaml", "  es: Mejora de su plan\n", ""),
    ("catalog_defs/plan-upgrade.yaml", "invoice_due_days: 14", "invoice_due_day: 14"),
    ("catalog_defs/plan-upgrade.yaml", "when: now\n", "when: tomorrow\n"),
    ("forms/payment-method.json", '"title": "How do you want', '"titel": "How do you want'),
]


@pytest.mark.parametrize(("file", "right", "wrong"), MISTAKES)
def test_mistakes_get_the_messages_that_designers_were_told(
    tmp_path: Path, file: str, right: str, wrong: str
) -> None:
    for folder in ("catalog_defs", "forms"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    text = (tmp_path / file).read_text()
    assert right in text
    (tmp_path / file).write_text(text.replace(right, wrong, 1))
    sources = Sources(tmp_path / "catalog_defs", tmp_path / "forms", definition_registry())
    told = shown_messages()
    assert told & set(map(str, sources.load("plan-upgrade.yaml").problems))


def shown_messages() -> set[str]:
    """The messages that the page for designers shows."""
    return set(re.findall(r"^(?:catalog_defs|forms)/\S+:\d+:\d+: .*$", DESIGNERS.read_text(), re.M))


def test_every_message_shown_to_designers_is_one_of_those() -> None:
    assert len(shown_messages()) == len(MISTAKES)


def pieces() -> list[dict[str, Any]]:
    """The pieces of YAML that the page for designers shows, alternatives apart."""
    blocks = re.findall(r"```yaml\n(.*?)```", DESIGNERS.read_text(), re.DOTALL)
    parts = [part for block in blocks for part in re.split(r"\n(?=price:)", block)]
    return [yaml12.read(part.encode()).value for part in parts if not part.startswith("# yaml-")]


def test_every_group_of_the_demo_is_named() -> None:
    groups = {group for account in identity.DEMO_ACCOUNTS for group in account.get("groups", ())}
    assert [group for group in sorted(groups) if f"`{group}`" not in DESIGNERS.read_text()] == []


@pytest.mark.parametrize("piece", pieces(), ids=lambda piece: next(iter(piece)))
def test_every_piece_of_yaml_for_designers_fits_into_an_item(piece: dict[str, Any]) -> None:
    item = yaml12.read((ROOT / "catalog_defs" / "plan-upgrade.yaml").read_bytes()).value
    _, mistakes = check(CatalogItem, item | piece)
    assert [mistake for mistake in mistakes if mistake.path[0] in piece] == []


def test_the_form_for_designers_is_fit_to_publish() -> None:
    blocks = re.findall(r"```json\n(.*?)```", DESIGNERS.read_text(), re.DOTALL)
    (form,) = [json.loads(block) for block in blocks if block.startswith("{")]
    assert lint(form) == []


# Steps

STEP_PAGE = ROOT / "docs" / "steps.md"


def step_examples() -> list[dict[str, Any]]:
    """The tasks that the page of steps shows, each with its call."""
    blocks = re.findall(r"```yaml\n(.*?)```", STEP_PAGE.read_text(), re.DOTALL)
    tasks = [task for block in blocks for task in yaml12.read(block.encode()).value]
    return [body for task in tasks for body in task.values()]


@pytest.mark.parametrize("task", step_examples(), ids=lambda task: task["call"])
def test_every_example_of_a_step_is_an_input_of_it(task: dict[str, Any]) -> None:
    titled = {"title": "x.y"} if "metadata" in task else {}
    given = task.get("with", {}) | titled
    # An expression stands for whatever the field takes.
    if all("${" not in str(value) for value in given.values()):
        all_steps()[task["call"]].wants.model_validate(given)
    assert given.keys() <= names_of(all_steps()[task["call"]].wants)


def names_of(model: type[BaseModel]) -> set[str]:
    """The keys by which a model is given its fields."""
    return {field.alias or name for name, field in model.model_fields.items()}


def test_every_step_has_an_example() -> None:
    assert {task["call"] for task in step_examples()} == all_steps().keys()


# About processes

PERMIT = "parking-permit"
PROCESS_MISTAKES = [
    ("call: charge", "call: chrage"),
    ("$settings.fee_for_a_day", "$settings.fee_a_day"),
    ("- not-approved: {then: not-approved}", "- not-approved: {when: '${ false }', then: pay}"),
    ("deadline: P2D", "deadline: 2 days"),
]
TASK_FORMS = ["approval", "work-report", "case-question"]
"""Those that the pieces of processes show."""


def blocks(kind: str) -> list[str]:
    """The blocks of a kind on the page about processes."""
    return re.findall(rf"```{kind}\n(.*?)```", PROCESSES.read_text(), re.DOTALL)


def shown_by(command: str) -> list[str]:
    """What the page shows as the output of a command."""
    (text,) = [block for block in blocks("text") if block.startswith(f"$ .venv/bin/{command}")]
    return text.splitlines()[1:]


@pytest.fixture
def permit(tmp_path: Path) -> Path:
    """The item of the page about processes, saved among the forms and processes that it names."""
    (tmp_path / "catalog_defs" / "processes").mkdir(parents=True)
    shutil.copytree(ROOT / "forms", tmp_path / "forms")
    shutil.copy(ROOT / "catalog_defs" / "categories.yaml", tmp_path / "catalog_defs")
    part = next(block for block in blocks("yaml") if block.startswith("document:"))
    (tmp_path / "catalog_defs" / "processes" / "deposit.yaml").write_text(part)
    (tmp_path / "forms" / f"{PERMIT}.json").write_text(blocks("json")[0])
    file = tmp_path / "catalog_defs" / f"{PERMIT}.yaml"
    file.write_text(blocks("yaml")[0])
    return file


def linted(file: Path) -> list[str]:
    return list(lint_lines(lint_definitions(file, definition_registry())))


def test_lint_finds_nothing_in_the_process_of_five_minutes(permit: Path) -> None:
    assert linted(permit) == shown_by(f"ventanilla lint catalog_defs/{PERMIT}.yaml\n1 files")


async def test_the_process_of_five_minutes_goes_as_shown(permit: Path) -> None:
    people = People.model_validate(yaml12.read(blocks("yaml")[1].encode()).value)
    report = await simulate(item_version(permit), Wanted(example="month", people=people))
    shown = shown_by("ventanilla simulate")
    assert untimed(in_lines(report).splitlines()) == untimed(shown)
    ended = datetime.fromisoformat(next(line for line in shown if "was declined" in line)[:16])
    began = datetime.fromisoformat(shown[0][:16])
    assert round((report.timeline[-1].at - report.timeline[0].at).total_seconds() / 60) == (
        (ended - began).total_seconds() / 60
    )


def untimed(lines: list[str]) -> list[str]:
    """A timeline without its moments and the number of the request."""
    plain = [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d  ", "", line) for line in lines]
    return [re.sub(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", "…", line) for line in plain]


async def test_exploring_the_process_of_five_minutes_says_what_is_shown(permit: Path) -> None:
    told = explored(await explore(item_version(permit)))
    assert unnumbered(told.splitlines()) == unnumbered(shown_by("ventanilla explore"))


def unnumbered(lines: list[str]) -> list[str]:
    """What does not depend on the day, and on how many answers are tried."""
    return [re.sub(r"[\d:]+", "…", line.partition(", longest")[0]) for line in lines]


def test_mistakes_in_a_process_get_the_messages_that_are_shown(permit: Path) -> None:
    text = permit.read_text()
    told = set[str]()
    for right, wrong in PROCESS_MISTAKES:
        assert right in text
        permit.write_text(text.replace(right, wrong, 1))
        told |= set(linted(permit)[:-1])
    shown = [line for block in blocks("text") for line in block.splitlines()]
    assert {line for line in shown if line.startswith("catalog_defs/")} == told


def process_pieces() -> list[Any]:
    """The other pieces of YAML on the page about processes."""
    return [yaml12.read(block.encode()).value for block in blocks("yaml")[1:]]


def name_of_piece(piece: Any) -> str:
    return str(next(iter(piece[0] if isinstance(piece, list) else piece)))


@pytest.mark.parametrize("piece", process_pieces(), ids=name_of_piece)
def test_every_piece_of_a_process_is_one_without_mistakes(permit: Path, piece: Any) -> None:
    if "people" in piece:
        People.model_validate(piece)
        return
    if "schedule" in piece:
        form = permit.parent.parent / "forms" / f"{PERMIT}.json"
        form.write_text(json.dumps(json.loads(form.read_text()) | {"required": []}))
    item = yaml12.read(permit.read_bytes()).value | {"task_forms": TASK_FORMS}
    process = {"do": piece} if isinstance(piece, list) else piece
    item["process"] = {**process, "use": item["process"]["use"] | process.get("use", {})}
    permit.write_text(json.dumps(item))
    if "document" in piece:
        permit = permit.parent / "processes" / "deposit.yaml"
    assert [line for line in linted(permit) if ": error" in line] == []


def test_every_expression_of_the_table_may_be_written() -> None:
    rows = re.findall(r"^\| [^|]+ \| (`.*) \|$", PROCESSES.read_text(), re.MULTILINE)
    shown = [one.replace("\\|", "|") for row in rows for one in re.findall("`(.*?)`", row)]
    judged = [one for one in shown if re.match(r"[.(\[]|if ", one)]
    assert len(judged) >= 10
    for one in judged:
        Jq().check(one)
    (later,) = [one for one in judged if "$now" in one]
    assert Jq().evaluate(later, None, {"now": "2026-12-01T09:00:00Z"}) == "2026-12-15T09:00:00Z"


# For operators


def test_the_brand_file_for_operators_is_one(tmp_path: Path) -> None:
    text = OPERATORS.read_text().partition("<!-- brand -->\n```yaml\n")[2].partition("```")[0]
    (tmp_path / "brand.yaml").write_text(text)
    for name in ("logo.svg", "icon.svg"):
        (tmp_path / name).write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert brand.load(tmp_path / "brand.yaml").support.phone == "+34 900 123 456"
    told = "\n".join(brand.unreadable(brand.LIGHT, {"accent": "#ff8800"}))
    assert told.splitlines()[1].removeprefix("accent: ") in " ".join(OPERATORS.read_text().split())


def test_every_log_line_is_explained() -> None:
    known = re.findall(r"^\| (`.*?`(?:, `.*?`)*) \|", OPERATORS.read_text(), re.MULTILINE)
    explained = [line for cell in known for line in re.findall("`(.*?)`", cell)]
    for said in sorted(log_lines()):
        form = re.sub(r"%(\.\d)?\w", "…", said)
        assert any(form.startswith(line.rstrip(".")) or line == form for line in explained), said


def log_lines() -> set[str]:
    """The templates of what our modules log; those that are only a problem or advice left out."""
    found = set()
    for tree in code().values():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and is_log(ast.unparse(call.func)):
                template = call.args[0]
                if isinstance(template, ast.Constant) and template.value != "%s":
                    found.add(str(template.value))
    return found


def is_log(called: str) -> bool:
    return bool(re.fullmatch(r"(log|logger)\.(info|warning|error|exception)", called))


def test_every_health_check_is_explained() -> None:
    source = (ROOT / "services" / "health.py").read_text()
    checks = re.findall(r'"(\w+)": check_', source)
    assert len(checks) >= 4
    for name in checks:
        assert f"| `{name}` |" in OPERATORS.read_text()


def queries() -> list[str]:
    """The ready-made queries of the page for operators, their blanks filled in."""
    now = datetime.now(UTC)
    rows = re.findall(r"^\| [^|]+ \| `([^`]*(?:Vent|Exec)[^`]*)` \|$", OPERATORS.read_text(), re.M)
    blanks = {
        "{{now}}": now,
        "{{now+1d}}": now + timedelta(days=1),
        "{{now-3d}}": now - timedelta(days=3),
        "{{now-7d}}": now - timedelta(days=7),
    }
    texts = {blank: f"{at:%Y-%m-%dT%H:%M:%SZ}" for blank, at in blanks.items()}
    texts |= {"{{hash}}": "a" * 64, "{{pseudonym}}": pseudonym("anybody", "secret")}
    for blank, text in texts.items():
        rows = [row.replace(blank, text) for row in rows]
    return rows


async def test_every_ready_made_query_is_one_that_temporal_answers(temporal: Client) -> None:
    asked = queries()
    assert len(asked) >= 10
    for query in asked:
        assert "{{" not in query
        assert (await temporal.count_workflows(query)).count == 0, query


# Dependencies


def declared() -> dict[str, list[str]]:
    """The packages of `pyproject.toml`, for running and for development."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = {
        "Runtime": project["project"]["dependencies"],
        "Development and tests": project["dependency-groups"]["dev"],
    }
    return {
        title: [re.split(r"[\[<>=~!; ]", wanted)[0] for wanted in listed]
        for title, listed in groups.items()
    }


@pytest.mark.parametrize("title", ["Runtime", "Development and tests"])
def test_every_dependency_is_explained_with_its_licence(title: str) -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    part = page.split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in part.splitlines() if line.startswith("| `")]
    explained = {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in rows}
    assert list(explained) == declared()[title]
    for name, (licence, need, health, why) in explained.items():
        assert all((need, health, why)), name
        assert licence == licence_of(name) or not licence_of(name), name


def licence_of(name: str) -> str:
    """The licence in a package's metadata; empty where it states none."""
    found = metadata(name)
    for field in ("License-Expression", "License"):
        if field in found:
            return str(found[field]).splitlines()[0]
    classes = [str(one) for one in found.get_all("Classifier") or []]
    return next((one.rpartition(" :: ")[2] for one in classes if one.startswith("License")), "")
