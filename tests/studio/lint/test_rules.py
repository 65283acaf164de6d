"""Each rule by the smallest definition that it objects to, and one that it does not."""

from pathlib import Path

import pytest

from catalog import yaml12
from studio.lint.known import SAID_BY_OTHERS
from studio.lint.rule import all_rules
from tests.studio.lint.shop import Case, item_with, linted, places, shop

CASES = Path(__file__).parent / "cases"
ELSEWHERE = {"unreadable", "too-long", "too-deep", "plan-too-large", "form", "form-circle"}
ELSEWHERE |= {"document", "duplicate-title", "host-not-allowed"}
"""Rules that need more than one item of a few lines: `test_reading.py` has them."""


def cases() -> list[Case]:
    """Every case of the folder."""
    return [
        Case(name, one["wrong"], one["right"])
        for file in sorted(CASES.glob("*.yaml"))
        for name, listed in yaml12.read(file.read_bytes()).value.items()
        for one in (listed if isinstance(listed, list) else [listed])
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop(tmp_path_factory.mktemp("shop"))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.rule)
def test_a_rule_points_to_what_it_objects_to(case: Case, folder: Path) -> None:
    text = item_with(case.wrong)
    report = linted(folder, text)
    found = {(one.line, one.column) for one in report.findings if one.rule == case.rule}
    assert found == places(text), "\n".join(map(str, report.findings))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.rule)
def test_a_rule_is_content_with_what_is_right(case: Case, folder: Path) -> None:
    report = linted(folder, item_with(case.right))
    wrong = [one for one in report.findings if one.rule == case.rule or one.severity == "error"]
    assert wrong == []


def test_every_rule_has_a_case() -> None:
    tried = {case.rule for case in cases()} | ELSEWHERE
    assert tried == {*all_rules(), *SAID_BY_OTHERS}


def test_every_rule_says_what_it_finds() -> None:
    assert all(rule.words.endswith(".") for rule in all_rules().values())
    assert len(all_rules()) >= 40
