"""No expression freezes Python: what is not refused ends within a tenth of a second."""

import time
from typing import Any

import jq  # type: ignore[import-not-found]
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.expressions import ExpressionError, Jq
from catalog.expressions.limits import LARGEST_STATE, MOST_WORK
from catalog.expressions.parsing import parse
from catalog.expressions.work import Flow, estimate, units

LONGEST = 0.1
"""Seconds of libjq on the machine that the costs were measured on."""


def nested(depth: int) -> Any:
    value: Any = [0] * 4_000
    for _ in range(depth):
        value = [value, 1]
    return value


STATES: dict[str, Any] = {
    "zeros": [0] * 8_000,
    "numbers": [index * 7_919 % 2_003 for index in range(2_600)],
    "objects": [{"id": index, "name": f"n{index}", "v": index} for index in range(400)],
    "wide": [{f"k{key}": key for key in range(40)} for _ in range(35)],
    "entries": {f"k{key}": key for key in range(1_300)},
    "words": [f"word {index}, and more" for index in range(700)],
    "text": "a," * 8_000,
    "quotes": '"\\\x01' * 1_600,
    "prefixes": ["x" * 200 + str(index) for index in range(70)],
    "deep": nested(200),
}


@pytest.fixture(scope="module", autouse=True)
def slowness() -> float:
    """How much slower than that machine this one is now."""
    program = jq.compile("[.[] as $a | .[] as $b | 1] | length")

    def spent() -> float:
        start = time.thread_time()
        program.input_value([0] * 200).first()
        return time.thread_time() - start

    return max(1.0, min(spent() for _ in range(3)) / 0.016)


def seconds(source: str, state: Any) -> float:
    """The time that checking and evaluating take this thread, refused or not."""
    start = time.thread_time()
    try:
        Jq().check(source)
        Jq().evaluate(source, state, {})
    except ExpressionError:
        pass
    return time.thread_time() - start


def ends_soon(source: str, state: Any, slowness: float) -> bool:
    """Whether it ends in time; tried again where something else may have been in the way."""
    return any(seconds(source, state) < LONGEST * slowness for _ in range(3))


EXPLOSIVE = (
    ".[] as $a | .[] as $b | .[] as $c | 1",
    "[.[] as $a | .[] as $b | .[] as $c | 1] | length",
    "[.[] as $a | .[] as $b | [$a, $b]] | length",
    "[.[] as $a | .[]] | sort | unique | tojson | length",
    "[.[] | [.[]?]] | add",
    "map([.[]?, .[]?])",
    "map(map(map(map(.)?)?)?)",
    "[.,.]" + "|[.,.]" * 60,
    "[.,.]" + "|[.,.]" * 60 + "| tojson | length",
    "[.,.]" + "|[.,.]" * 60 + "| . == .",
    "[.,.]" + "|[.,.]" * 60 + "| unique",
    "{a:.,b:.}" + "|{a:.,b:.}" * 40,
    ".+." + "|.+." * 60,
    "add + add" + "| .+." * 60,
    '"\\(.)\\(.)"' + '|"\\(.)\\(.)"' * 30,
    "tojson" + "|tojson" * 60,
    "@html" + "|@html" * 60,
    "@uri" + "|@uri" * 60 + "|length",
    'tostring | split("") | map(split("")) | add',
    'tostring | split("") | join("aaaaaaaaaaaaaaaaaaaa") | length',
    "join(tojson)?",
    'map(tostring) | join(",") | split(",") | map(split("")) | tojson | length',
    "contains(.)",
    "[.[] as $a | contains([$a])?] | length",
    "index(.)",
    "map(. as $a | index([1,2])?)",
    "del(.[])?",
    "del(.[] | select(. == 0))?",
    "to_entries | to_entries | to_entries | to_entries",
    "map(with_entries(.)?)",
    "with_entries(.)?",
    "map_values(.,.)",
    "map(.,.)" + "|map(.,.)" * 40,
    "[.[]|(.,.)]" + "|[.[]|(.,.)]" * 20,
    "map(select(true,true,true,true))" + "|map(select(true,true,true,true))" * 8,
    "(1,2)" + "|(.,.)" * 70,
    "[(1,2)" + ",(1,2)" * 30 + " | (1,2,3) + (1,2,3) * (1,2,3) / (1,2,3)]",
    "{" + ",".join(f"a{key}: (1,2)" for key in range(60)) + "}",
    "[{" + ",".join(f"a{key}: (1,2)" for key in range(60)) + "}] | length",
    '"' + "\\(1,2)" * 60 + '"',
    '["' + "\\(1,2)" * 60 + '"] | length',
    "[" + "(1,2)+" * 60 + "1] | length",
    "[" + "(true,false) or " * 60 + "1] | length",
    "[" + "(1,2)//" * 60 + "1] | length",
    "[if (true,false) then (1,2) else (1,2) end" + "| if (true,false) then . else . end" * 40 + "]",
    "group_by(.) | map(group_by(.)) | map(map(length))",
    "sort_by(tojson, tojson)",
    "unique_by([.[]?])",
    "INDEX(.)",
    "any(.[]; any(.[]?; any(.[]?; .)))",
    "all(.[] as $a | .[]; . == 1)",
    ". as $x | any(.[]; IN($x[]) | not)",
    "[.[1:][] , .[2:][], .[3:][]] | sort_by(.) | group_by(.)",
    "ascii_downcase",
    "map(ascii_upcase)",
    "map(ascii_downcase | ascii_upcase | ascii_downcase)",
    'map(ltrimstr("a") | rtrimstr("b") | trim)',
    "first(.[] as $a | .[] | select(. == -1))",
    "isempty(.[] as $a | .[] | select(. == -1))",
    "last(.[] as $a | .[])",
    ". as $a | [.[] | $a] | map(add)",
    ". as $a | map($a) | . == map($a)",
    ". as $a | map($a) | sort | length",
    ". as $a | map([$a]) | unique_by(.) | length",
    'tojson as $t | map($t) | join("") | length',
    "tojson as $t | map($t + $t) | add | length",
    ". as $a | reverse | map(. as $b | [$a, $b] | add?)",
    "[.[] | tostring | tonumber?] | add",
)


@pytest.mark.parametrize("source", EXPLOSIVE)
def test_what_would_explode_is_refused_or_ends_soon(source: str, slowness: float) -> None:
    for name, state in STATES.items():
        assert ends_soon(source, state, slowness), name


@pytest.mark.parametrize("source", EXPLOSIVE)
def test_with_few_values_little_happens(source: str, slowness: float) -> None:
    for state in ([], [1, 2, 3], {"a": [1]}, "text", None):
        assert ends_soon(source, state, slowness)


parts = st.sampled_from(
    [
        *("map(.)", "map(. as $a | [$a, .])", ".[]?", "[.[]?]", "add", "tojson", "[., .]", ". + ."),
        *('split("")', 'join(".")', "to_entries", "sort", "group_by(.)", "unique_by(length)"),
        *("(.[] as $x | $x)", "map(select(true, true))", "keys", "map_values(.)", "INDEX(.)"),
        *("{a: ., b: .}", '"\\(.)\\(.)"', "[.[]? as $a | .[]?]", "map(tostring)", "del(.[0])?"),
        *("any(. == 1)", "contains([1])", "with_entries(.)", "first", "length", "reverse", "@html"),
        *(
            "map(. * 2)",
            "[.[]? + .[]?]",
            "map(IN(1, 2))",
            "map({a: .})",
            "ascii_downcase?",
            "@csv?",
        ),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(parts, min_size=1, max_size=5).map(" | ".join), st.sampled_from(sorted(STATES)))
def test_any_chain_of_functions_is_refused_or_ends_soon(
    slowness: float, source: str, name: str
) -> None:
    assert ends_soon(source, STATES[name], slowness)


@pytest.mark.parametrize(
    "source",
    [
        "map(.v * 2) | add",
        "map(select(.v > 10)) | length",
        "[.[] | {id, name}] | length",
        "sort_by(.name) | map(.id) | length",
        "group_by(.v) | length",
        "map(. + {currency: $settings.currency}) | length",
        "[.[] | select(.name == $settings.wanted)] | length",
        'map("\\(.name): \\(.v)") | join(", ")',
    ],
)
def test_ordinary_work_on_the_largest_list_is_done(source: str) -> None:
    variables = {"settings": {"currency": "EUR", "wanted": "n3", "text": "x" * 1_000}}
    state = STATES["objects"]
    assert len(orjson.dumps([state, variables])) < LARGEST_STATE
    assert Jq().evaluate(source, state, variables)


def test_lists_of_ordinary_length_can_be_joined() -> None:
    source = (
        "[.items[] as $item | $prices[] | select(.code == $item.code) | .price * $item.count] | add"
    )
    state = {"items": [{"code": f"c{index}", "count": 2} for index in range(15)]}
    prices = [{"code": f"c{index}", "price": index} for index in range(30)]
    Jq().check(source)
    assert Jq().evaluate(source, state, {"prices": prices}) == 2 * sum(range(15))


def test_an_expression_that_is_too_much_for_a_few_values_is_refused_when_published() -> None:
    with pytest.raises(ExpressionError, match="too much work even for few values"):
        Jq().check("[.[] as $a | .[] as $b | .[] as $c | .[] as $d | .[] as $e | 1]")


def test_an_expression_may_be_too_much_for_many_values_only() -> None:
    source = "[.[] as $a | .[] as $b | 1] | length"
    Jq().check(source)
    assert Jq().evaluate(source, [0] * 100, {}) == 10_000
    with pytest.raises(ExpressionError, match="too much work for values of this size"):
        Jq().evaluate(source, [0] * 1_000, {})


@pytest.mark.parametrize("name", sorted(STATES))
def test_a_size_counts_every_value_and_key(name: str) -> None:
    def count(value: Any) -> int:
        if isinstance(value, dict):
            return 1 + sum(1 + count(inner) for inner in value.values())
        return 1 + sum(map(count, value)) if isinstance(value, list) else 1

    assert count(STATES[name]) <= units(orjson.dumps(STATES[name]))


def test_the_estimate_of_what_cannot_be_estimated_is_too_much() -> None:
    tree = parse("".join(f"$v[] as $v{index} | " for index in range(20)) + "1")
    found = estimate(tree, Flow.one(1), {"v": Flow.of([1, 2])})
    assert not found.work <= MOST_WORK


def test_a_known_value_that_comes_more_than_once_counts_as_often() -> None:
    def found(source: str) -> Flow:
        return estimate(parse(source), Flow.of([0] * 100), {})

    assert found(".[]").outputs == 100
    for twice in ("(., .) | .[]", "select(true, true) | .[]", "(.[0], .[1] | 1) as $x | .[]"):
        assert found(twice).outputs >= 200


@pytest.mark.parametrize("source", EXPLOSIVE)
def test_what_would_explode_is_allowed_but_for_its_size(source: str) -> None:
    parse(source)
