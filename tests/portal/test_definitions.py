"""The designer's pages: what stands where, what would change, what comes of a request."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlmodel import Session

from catalog.loader import Sources
from portal.simulations import Answerer, Choice, run_simulation
from settings import ROOT, Settings
from store.catalog import DefinitionFile, ItemLife
from studio.lint.reading import lint
from tests.portal.visitor import Visitor
from tests.studio.workshop import workshop
from workflows.registry import definition_registry

Visit = Callable[..., Visitor]


def test_designers_see_all_definitions(visitor: Visit) -> None:
    designer = visitor("designer").go("/definitions")
    links = [link.get("href") for link in designer.page.one("main").all("a", class_="row")]
    assert "/definitions/cancel-contract" in links
    assert links == sorted(links)


def test_a_definition_shows_its_state_process_figures_and_history(visitor: Visit) -> None:
    designer = visitor("designer").go("/definitions/cancel-contract")
    for words in ("Published", "Checks", "0 submitted", "History"):
        assert words in designer.text
    picture = designer.page.one("main").one("img")
    drawn = designer.client.get(picture.get("src"))
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in drawn.headers["content-security-policy"]
    assert "<svg" in drawn.text


def test_what_lint_finds_is_shown_with_its_line_and_rule(
    visitor: Visit, app: FastAPI, settings: Settings, tmp_path: Path
) -> None:
    file = workshop(tmp_path)
    file.write_text(file.read_text("utf-8").replace("rest:", "nobody-comes-here:"), "utf-8")
    file = file.rename(file.with_name("cancel-contract.yaml"))
    report = lint(file, definition_registry())
    assert report.findings
    app.state.settings = settings.model_copy(update={"catalog_dir": file.parent})
    designer = visitor("designer").go("/definitions/cancel-contract")
    for one in report.findings:
        assert f"{one.file}:{one.line}:{one.column} {one.rule}" in designer.text
        assert one.message in designer.text


def test_an_item_that_never_was_right_shows_its_mistakes(visitor: Visit, app: FastAPI) -> None:
    file, item = "new-thing.yaml", "new-thing"
    problem = {"file": file, "line": 3, "column": 1, "message": "`form` is missing", "hint": "Add"}

    def load(session: Session) -> None:
        session.add(ItemLife(item_id=item))
        session.add(
            DefinitionFile(file=file, item_id=item, fingerprint="", uses=[], problems=[problem])
        )

    app.state.database.write_now(load)
    designer = visitor("designer").go("/definitions")
    assert "With mistakes" in designer.text
    designer.go("/definitions/new-thing")
    assert "new-thing.yaml:3:1" in designer.text
    assert "`form` is missing" in designer.text
    assert designer.go("/definitions/new-thing/preview").status == 404


def test_a_service_is_retired_and_brought_back(visitor: Visit) -> None:
    designer = visitor("designer").go("/definitions/cancel-contract")
    designer.send(press="Retire the service")
    assert "Retired" in designer.text
    assert visitor("customer").go("/catalog/cancel-contract").status == 404
    designer.go("/definitions/cancel-contract").send(press="Bring the service back")
    assert visitor("customer").go("/catalog/cancel-contract").status == 200


def test_a_version_is_handed_back_as_the_files_that_give_it(visitor: Visit, tmp_path: Path) -> None:
    designer = visitor("designer").go("/definitions/cancel-contract")
    link = next(a for a in designer.page.all("a") if "/file/" in a.get("href"))
    archive = zipfile.ZipFile(BytesIO(designer.client.get(link.get("href")).content))
    archive.extractall(tmp_path)
    shelf = ROOT / "catalog_defs" / "categories.yaml"
    (tmp_path / "catalog_defs" / "categories.yaml").write_bytes(shelf.read_bytes())
    sources = Sources(tmp_path / "catalog_defs", tmp_path / "forms", definition_registry())
    loaded = sources.load("cancel-contract.yaml")
    assert not loaded.problems
    assert loaded.version
    assert loaded.version.hash.startswith(link.get("href").rpartition("/")[2])


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Cancel a contract"), ("es", "Baja de un contrato"), ("pt", "Cancelamento de um")],
)
def test_forms_are_shown_as_readers_of_each_language_see_them(
    visitor: Visit, language: str, title: str
) -> None:
    designer = visitor("designer")
    designer.go(f"/definitions/cancel-contract/preview?language={language}&example=end-in-a-month")
    assert title in designer.text
    assert designer.page.one("div", class_="preview").has("inert")
    assert "Customer: sees it" in designer.text
    assert "Agent: does not see it" in designer.text


def test_a_moment_that_is_none_is_said(visitor: Visit) -> None:
    designer = visitor("designer").go("/definitions/cancel-contract")
    token = designer.page.one("input", name="_token").get("value")
    answer = designer.client.post(
        "/definitions/cancel-contract", data={"_token": token, "_action": "publish", "at": "soon"}
    )
    assert answer.status_code == 422
    assert "“soon” is no moment" in answer.text


def test_people_answer_a_simulation_in_the_words_of_their_forms(visitor: Visit) -> None:
    designer = visitor("designer").go("/definitions/address-change/simulation")
    answers = designer.page.one("select", name="decision.identity-check").all("option")
    said = {one.get("value"): one.text for one in answers}
    assert said["confirm"] == "Yes, the identity is confirmed"
    assert said["nobody"] == "Nobody answers"
    pages = designer.page.one("nav", class_="chips").all("a")
    assert [one.get("aria-current") for one in pages] == ["", "", "true"]


async def test_a_simulation_runs_as_the_sliders_say(tmp_path: Path) -> None:
    path = workshop(tmp_path)
    path.write_text(path.read_text("utf-8").replace("amount: 100", "amount: 500"), "utf-8")
    approves = Answerer("approval", "Approval", {"approve": "Approve"}, "approve", 2)
    found = await run_simulation(path, Choice("little", ("little",), (approves,)), "es")
    assert found.problem == ""
    assert found.report
    assert found.report.status == "completed"
    assert (found.report.timeline[-1].at - found.report.timeline[0].at).days == 92


async def test_a_simulation_that_cannot_be_says_why(tmp_path: Path) -> None:
    path = workshop(tmp_path)
    path.write_text(path.read_text("utf-8").replace("call: approval", "call: aproval"), "utf-8")
    found = await run_simulation(path, Choice("little", ("little",)), "en")
    assert found.report is None
    assert "there is no step `aproval`" in found.problem
