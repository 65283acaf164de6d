"""Decision tables: what they decide, and the gaps and overlaps that are found in them."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from temporalio.exceptions import ApplicationError

from tests.workflows.steps.conftest import Bench
from workflows.steps.decide import Decide, Problem, Table, decide, problems
from workflows.steps.decision_gaps import OTHER
from workflows.steps.decision_tables import decided, met


def table(*rules: tuple[dict[str, Any], Any], **more: Any) -> Table:
    """A table of (conditions, result); its inputs are those given, or all that are named."""
    names = {name: None for when, _ in rules for name in when}
    return Table.model_validate(
        {"inputs": names, "rules": [{"when": when, "then": {"is": is_}} for when, is_ in rules]}
        | more
    )


# Conditions


@pytest.mark.parametrize(
    ("condition", "yes", "no"),
    [
        ("-", [None, 1, "a", True], []),
        (5, [5, 5.0, Decimal(5)], [6, "5", True, None]),
        (1, [1], [True]),
        (0.1, [0.1, Decimal("0.1")], [0.2]),
        (True, [True], [1, "true", None]),
        (None, [None], [0, "", False]),
        ("card", ["card"], ["Card", None]),
        (["a", "> 5", None], ["a", 6, None], ["b", 5]),
        ("> 100", [101, 100.5], [100, "101", None, True]),
        (">= 100", [100], [99.9]),
        ("< -2.5", [-3], [-2.5, 0]),
        ("<=7", [7], [8]),
        ("10..20", [10, 15, 20], [9, 21, "15"]),
        ("2026-01-01..2026-12-31", ["2026-06-01"], ["2027-01-01", 2026]),
        ("> 2026-01-01", ["2026-01-02"], ["2026-01-01"]),
    ],
)
def test_a_condition_holds_for_some_values_and_not_for_others(
    condition: Any, yes: list[Any], no: list[Any]
) -> None:
    assert [value for value in yes if not met(condition, value)] == []
    assert [value for value in no if met(condition, value)] == []


# Hit policies


RULES = (({"n": "> 10"}, "big"), ({"n": "> 100"}, "huge"))


@pytest.mark.parametrize(
    ("hit", "n", "result"),
    [
        ("first", 500, {"is": "big"}),
        ("first", 5, {"is": "small"}),
        ("unique", 50, {"is": "big"}),
        ("collect", 500, [{"is": "big"}, {"is": "huge"}]),
        ("collect", 5, [{"is": "small"}]),
    ],
)
def test_the_policy_says_which_rules_count(hit: str, n: int, result: Any) -> None:
    wants = table(*RULES, hit=hit, inputs={"n": n}, default={"is": "small"})
    assert decided(wants) == result


def test_without_a_default_nothing_may_be_left_open() -> None:
    with pytest.raises(ValueError, match="no rule"):
        decided(table(*RULES, hit="first", inputs={"n": 1}))
    assert decided(table(*RULES, hit="collect", inputs={"n": 1})) == []


def test_two_rules_of_a_unique_table_may_not_hold_at_once() -> None:
    with pytest.raises(ValueError, match="rules 1, 2"):
        decided(table(*RULES, inputs={"n": 500}))


def test_a_rule_asks_only_for_inputs() -> None:
    with pytest.raises(ValidationError, match="rule 1 asks for m"):
        table(({"m": 1}, "a"), inputs={"n": 1})


async def test_the_step_answers_with_the_result(bench: Bench) -> None:
    wants = table(*RULES, hit="collect", inputs={"n": 500}).model_dump()
    request = await bench.call(("decide", {"table": wants}))
    assert await bench.answers(request) == [[{"is": "big"}, {"is": "huge"}]]
    assert bench.effects(request) == ["requests.close", "requests.seal", "requests.tell"]


async def test_a_table_that_leaves_it_open_is_a_fault_of_the_definition() -> None:
    wants = Decide(table=table(*RULES, hit="first", inputs={"n": 1}))
    request: Any = None
    with pytest.raises(ApplicationError) as error:
        await decide.work(request, wants)
    assert error.value.type == "fault"
    [problem] = error.value.details
    assert (problem["status"], problem["type"].endswith("/validation")) == (400, True)
    assert "no rule" in problem["detail"]


# Gaps, overlaps, and rules that never hold


def kinds(found: list[Problem]) -> list[tuple[str, tuple[int, ...]]]:
    return [(problem.kind, problem.rules) for problem in found]


WHOLE = {"n": {"type": "integer", "minimum": 0, "maximum": 100}}


@pytest.mark.parametrize(
    ("rules", "more", "schemas", "found"),
    [
        ([("< 50", "a"), (">= 50", "b")], {}, WHOLE, []),
        ([("< 50", "a"), ("> 50", "b")], {}, WHOLE, [("gap", ())]),
        ([("< 50", "a"), ("> 50", "b")], {"default": {}}, WHOLE, []),
        ([("<= 50", "a"), (">= 50", "b")], {}, WHOLE, [("overlap", (1, 2))]),
        ([("<= 50", "a"), (">= 50", "b")], {"hit": "collect"}, WHOLE, []),
        ([("0..49", "a"), ("50..100", "b")], {}, WHOLE, []),
        ([("0..49", "a"), ("50..99", "b")], {}, WHOLE, [("gap", ())]),
        ([("0..49", "a"), ("50..100", "b")], {}, {"n": {"type": "number"}}, [("gap", ())]),
        ([("> 10", "a"), ("> 20", "b"), ("-", "c")], {"hit": "first"}, WHOLE, [("never", (2,))]),
        ([("> 200", "a"), ("-", "b")], {"hit": "first"}, WHOLE, [("never", (1,))]),
        ([("a", "x"), ("b", "y")], {}, {"n": {"enum": ["a", "b"]}}, []),
        ([("a", "x"), ("b", "y")], {}, {"n": {"enum": ["a", "b", "c"]}}, [("gap", ())]),
        ([("a", "x"), ("b", "y")], {}, {"n": {"type": "string"}}, [("gap", ())]),
        ([(["a", "b"], "x")], {}, {"n": {"oneOf": [{"const": "a"}, {"const": "b"}]}}, []),
        ([(True, "x"), (False, "y")], {}, {"n": {"type": "boolean"}}, []),
        ([(True, "x")], {}, {"n": {"type": "boolean"}}, [("gap", ())]),
        ([(True, "x")], {}, {"n": {"const": True}}, []),
        ([("> 1", "x"), ("<= 1", "y")], {}, {"n": {"type": ["number", "null"]}}, [("gap", ())]),
        ([("> 1", "x"), ("<= 1", "y")], {}, {}, []),
        ([(True, "x"), (False, "y")], {}, {}, []),
        ([([7, "> 7"], "x"), ("< 7", "y")], {}, WHOLE, []),
        (
            [("> 5", "x"), ("<= 5", "y")],
            {},
            {"n": {"type": "number", "exclusiveMinimum": 5}},
            [("never", (2,))],
        ),
    ],
)
def test_problems_of_one_input(
    rules: list[tuple[Any, str]],
    more: dict[str, Any],
    schemas: dict[str, Any],
    found: list[tuple[str, tuple[int, ...]]],
) -> None:
    wants = table(*(({"n": condition}, result) for condition, result in rules), **more)
    assert kinds(problems(wants, schemas)) == found


def test_a_problem_shows_values_by_which_it_can_be_seen() -> None:
    wants = table(({"n": "< 50", "vip": "-"}, "a"), ({"n": ">= 50", "vip": True}, "b"), hit="first")
    [gap] = problems(wants, WHOLE | {"vip": {"type": "boolean"}})
    example = dict(gap.example)
    assert example["n"] >= 50
    assert example["vip"] is False


def test_an_input_that_no_rule_asks_for_does_not_matter() -> None:
    wants = table(({"n": "-"}, "a"), inputs={"n": None, "unused": None})
    assert problems(wants, {}) == []


def test_a_text_that_no_rule_names_stands_for_all_others() -> None:
    wants = table(({"n": "a"}, "x"), hit="first", default={"is": "other"})
    assert problems(wants, {"n": {"type": "string"}}) == []
    assert not met("a", OTHER)


def test_a_table_too_large_to_be_tried_out_says_so() -> None:
    names = "abcdefgh"
    rules = [(dict.fromkeys(names, f"> {n}"), n) for n in range(8)]
    wants = table(*rules)
    schemas = {name: {"type": "integer"} for name in names}
    assert kinds(problems(wants, schemas)) == [("too-big", ())]
