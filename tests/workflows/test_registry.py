"""What definitions are told of the workflows is what the workflows do."""

import ast
import inspect
import shutil
from pathlib import Path

import pytest

from catalog.loader import Sources
from tests.workflows.counter import ROOT
from workflows.registry import PYTHON_WORKFLOWS, definition_registry
from workflows.request import RequestWorkflow


@pytest.mark.parametrize("workflow", PYTHON_WORKFLOWS)
def test_a_workflow_names_every_stage_that_it_enters(workflow: type[RequestWorkflow]) -> None:
    source = ast.parse(inspect.getsource(inspect.getmodule(workflow) or workflow))
    given = {
        keyword.value.value
        for keyword in ast.walk(source)
        if isinstance(keyword, ast.keyword)
        and (keyword.arg or "").endswith("_stage")
        and isinstance(keyword.value, ast.Constant)
    }
    entered = given | {
        call.args[0].value
        for call in ast.walk(source)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("stage", "skip", "reach")
        and isinstance(call.args[0], ast.Constant)
    }
    assert entered
    assert entered <= workflow.Stages


def test_the_catalog_has_no_problems_by_the_real_registry() -> None:
    sources = Sources(ROOT / "catalog_defs", ROOT / "forms", definition_registry())
    problems = [problem for loaded in sources.load_all() for problem in loaded.problems]
    assert problems == []


def test_an_item_that_lacks_a_stage_of_its_workflow_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "catalog_defs" / "address-change.yaml").read_text()
    text = text.replace("- id: identity-check", "- id: identity-cheque")
    (tmp_path / "address-change.yaml").write_text(text.replace("icon: ", "icon: no-such-"))
    shutil.copy(ROOT / "catalog_defs" / "categories.yaml", tmp_path)
    loaded = Sources(tmp_path, ROOT / "forms", definition_registry()).load("address-change.yaml")
    messages = " ".join(problem.message for problem in loaded.problems)
    assert "identity-check" in messages
    assert "no-such-" in messages
