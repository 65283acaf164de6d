"""What libjq is given to run: it means what the designer wrote, and guards what could go wrong."""

from typing import Any

import jq  # type: ignore[import-not-found]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.expressions import ExpressionError, Jq

STATE = {
    "a": 7,
    "b": -2.5,
    "name": "Ana",
    "items": [{"a": 1, "name": "x"}, {"a": 2, "name": "y"}, {"a": 1, "name": "z"}],
    "tags": ["new", "old"],
    "nothing": None,
    "yes": True,
}
VARIABLES = {"answers": {"a": 3, "items": [5, 6]}, "index": 1}

PATHS = """
. .a .b .name .items .tags .nothing .yes .missing .items[] .items[0] .items[1:] .items[:1] .tags[-1]
.items[].name .items[]?.a .["name"] ."name" .a? .a.b? (.a.b)? .items[0]["a"] .items.[1].a
.tags[$index] $answers $answers.a $answers.items[] 1 2.5 -1 null true false [.a] {a} empty "\\(.a)"
"a\\(.a)b" @json @html"<\\(.name)>" not length keys? add? tostring
"""
OPERATORS = ("|", ",", "//", "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or")
LEVELS = ("|", ",", "//", "or", "and", "==", "<", "+", "-", "*", "/")
FORMS = (
    "({0})",
    "[{0}]",
    "{{a: ({0}), b: 1}}",
    "{{name, x: {0} | . }}",
    "map({0})?",
    "select({0})",
    "first({0})",
    "any({0})?",
    "[.items[] | {0}]",
    "if {0} then 1 else 2 end",
    "if . then {0} elif 1 then 2 end",
    "(try ({0}) catch 3)",
    '"<\\({0})>"',
    ".items[0:1] as $x | {0}",
    "-({0})",
    "({0}) as $index | $index",
    ".tags[({0}) | numbers]?",
    "({0})?",
)

expressions = st.recursive(
    st.sampled_from(PATHS.split()),
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds(lambda form, part: form.format(part), st.sampled_from(FORMS), inner),
    ),
    max_leaves=6,
)


# jq itself, but for what we refuse: `*` and `/` of texts, and `-` of lists.
PLAIN = "def __minus(b): . - b; def __multiply(b): . * b; def __divide(b): . / b; "
PLAIN += "".join(
    f"def _{name}(a; b): b as $b | a as $a | [$a, $b | type] |"
    f' if . == ["number", "number"] or ("{name}" == "multiply" and . == ["object", "object"])'
    f' then $a | __{name}($b) else error("no") end; '
    for name in ("minus", "multiply", "divide")
)


def plain(source: str) -> Any:
    """What libjq itself makes of the expression."""
    program = ". as $e | $e.v.answers as $answers | $e.v.index as $index | $e.s | "
    found = jq.compile(f"{PLAIN}{program} [{source}]").input_value({"v": VARIABLES, "s": STATE})
    return found.first()


@settings(max_examples=400, deadline=None)
@given(expressions)
def test_an_expression_means_what_it_means_in_jq(source: str) -> None:
    try:
        ours = Jq().evaluate(f"[{source}]", STATE, VARIABLES)
    except ExpressionError as error:
        if "parentheses" not in error.hint:
            with pytest.raises(ValueError, match=r"."):
                plain(source)
        return
    assert ours == plain(source)


@pytest.mark.parametrize("first", LEVELS)
@pytest.mark.parametrize("second", LEVELS)
def test_operators_bind_as_in_jq(first: str, second: str) -> None:
    for operands in (
        (".a", "$index", "3"),
        (".yes", ".nothing", ".nothing"),
        ("null", ".yes", ".a"),
    ):
        source = "{} {} {} {} {}".format(*(operands[0], first, operands[1], second, operands[2]))
        try:
            ours = Jq().evaluate(f"[{source}]", STATE, VARIABLES)
        except ExpressionError:
            with pytest.raises(ValueError, match=r"."):
                plain(source)
        else:
            assert ours == plain(source)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 + 2 * 3 - 4 / 2 % 3", 5),
        ("10 - 2 - 3", 5),
        ("1, 2 | . * 10", 10),
        ("[1, 2 | . * 10]", [10, 20]),
        (".missing // .a // 1", 7),
        (".a > 3 and .b < 0 or false", True),
        ("-.a + 1", -6),
        ("[.items[] | select(.a == 1) | .name]", ["x", "z"]),
        ("[.items[] as $item | $item.a * $index]", [1, 2, 1]),
        (".items | map(.a) | add", 4),
        (".items | group_by(.a) | map({a: .[0].a, count: length})", None),
        ('"\\(.name) has \\(.items | length)"', "Ana has 3"),
        ('@uri "https://example.org/?q=\\(.name + " B")"', "https://example.org/?q=Ana%20B"),
        ("{name, a: 1, (.tags[0]): 2, $index}", {"name": "Ana", "a": 1, "new": 2, "index": 1}),
        ("{a: 1} * {b: {c: 2}}", {"a": 1, "b": {"c": 2}}),
        (". + {a: 8} | .a", 8),
        ("del(.items, .tags) | keys", ["a", "b", "name", "nothing", "yes"]),
        ("try .a.b catch 3", 3),
        ("[.items[].a?, (.a.b)?]", [1, 2, 1]),
        ("if .yes then 1 end", 1),
        ("if .nothing then 1 elif .yes then 2 else 3 end", 2),
        ('.tags | index("old")', 1),
        ('with_entries(select(.key == "a"))', {"a": 7}),
        ("empty", None),
        ('"2026-03-01T00:00:00Z" | fromdate + 86400 | todate', "2026-03-02T00:00:00Z"),
        ('"é" | length, utf8bytelength', 1),
        ("(.a | . as $index | $index) + $index", 8),
        ("60 * 60 * 24", 86_400),
        ('.tags | join(", ")', "new, old"),
    ],
)
def test_what_designers_write(source: str, value: Any) -> None:
    if value is None and source != "empty":
        value = [{"a": 1, "count": 2}, {"a": 2, "count": 1}]
    Jq().check(source)
    assert Jq().evaluate(source, STATE, VARIABLES) == value


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('"x" * 1000000000', "`*` needs two numbers, and got string and number"),
        ('1000000000 * "x"', "`*` needs two numbers, and got number and string"),
        (".name * .a", "`*` needs two numbers, and got string and number"),
        ("[.a * .tags[]]", "`*` needs two numbers"),
        ('"a,b" / ","', "`/` needs two numbers, and got string and string"),
        (".tags - [1]", "`-` needs two numbers, and got array and array"),
        (".missing - 1", "`-` needs two numbers, and got null and number"),
        (".a % .missing", "`%` needs two numbers"),
        (".a / 0", "Division by zero"),
        (".a % 0.5", "Division by zero"),
        (".tags[.tags]", "A key cannot be an array"),
        ("9007199254740991 + 1", "larger than 9007199254740991"),
        ("9007199254740991 + 1 - 1", "larger than 9007199254740991"),
        ("-9007199254740991 - 1", "larger than 9007199254740991"),
        ("[9007199254740991, 1] | add", "larger than 9007199254740991"),
        ("add(9007199254740991, 1)", "larger than 9007199254740991"),
        ("3000000000 * 3100000", "larger than 9007199254740991"),
        ("1 / 0.00000000000000001", "larger than 9007199254740991"),
        ('"nan" | tonumber', "larger than 9007199254740991"),
        ('"1e999" | tonumber', "larger than 9007199254740991"),
        ('"9007199254740993" | tonumber', "larger than 9007199254740991"),
    ],
)
def test_what_would_blow_up_or_lose_digits_is_refused_when_it_happens(
    source: str, said: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        Jq().evaluate(source, STATE, VARIABLES)
    assert said in caught.value.message
