"""What an expression may be made of, and what to write instead of the rest."""

import pytest

from catalog.expressions import ExpressionError
from catalog.expressions.parsing import parse


@pytest.mark.parametrize(
    ("source", "position", "hint"),
    [
        ("now", 0, "`$now`"),
        ("1 + now", 4, "`$now`"),
        ('"\\(now)"', 3, "`$now`"),
        ("{a: now}", 4, "`$now`"),
        ("{(now | tostring): 1}", 2, "`$now`"),
        ("env.HOME", 0, "`$settings`"),
        ("$ENV.HOME", 0, "`$settings`"),
        ("$__loc__", 0, "`$settings`"),
        ("$__prog_args", 0, "`$settings`"),
        ("$__e", 0, "`$settings`"),
        ("input", 0, "nothing else"),
        ("[inputs]", 1, "nothing else"),
        ("debug", 0, "nothing else"),
        ("stderr", 0, "nothing else"),
        ("halt", 0, "nothing else"),
        ('"x" | halt_error', 6, "nothing else"),
        ("input_filename", 0, "nothing else"),
        ("get_search_list", 0, "nothing else"),
        ('"m" | modulemeta', 6, "nothing else"),
        ('import "a" as a; 1', 0, "reads no files"),
        ('include "a"; 1', 0, "reads no files"),
        ("a::b", 0, ""),
        ("def f: f; f", 0, "defines no functions"),
        ("[range(20000000)]", 1, "`for`"),
        ("repeat(1)", 0, "`for`"),
        ("[limit(3; .[])]", 1, "`.items[:3]`"),
        ("until(false; .)", 0, "`for`"),
        ("[while(true; .)]", 1, "`for`"),
        ("[recurse]", 1, "`for`"),
        ("[..]", 1, "path"),
        ("walk(.)", 0, "`for`"),
        ("[combinations]", 1, "`for`"),
        ("reduce .[] as $x (0; . + $x)", 0, "add"),
        ("[foreach .[] as $x (0; .)]", 1, "`for`"),
        ("label $out | break $out", 0, "first"),
        ('test("(a+)+$")', 0, "form"),
        ('gsub("";"a")', 0, "form"),
        ('[splits("a*")]', 1, "form"),
        ('error("x")', 0, "`raise`"),
        ("error(null)", 0, "`raise`"),
        ("infinite", 0, "finite"),
        ("nan", 0, "finite"),
        ("pow(10; 400)", 0, "machines"),
        ("significand", 0, "machines"),
        ('strptime("%Z")', 0, "`$now`"),
        ("localtime | mktime", 0, "`$now`"),
        ("tostream", 0, "path"),
        ('getpath(["a"])', 0, "path"),
        ("pick(.[1000000000])", 0, "path"),
        ("@sh", 0, "`json`"),
        ("@base32d", 0, "`base64d`"),
        ("implode", 0, "form"),
        (".a = 1", 3, "`. + {name"),
        (".[1000000000] = 1", 14, "`. + {name"),
        (".a |= now", 3, "`. + {name"),
        ("lenght", 0, "Did you mean `length`?"),
        ("startswith", 0, "It takes 1 argument."),
        ("first(1; 2)", 0, "It takes no argument or 1 argument."),
        (".a?//1", 2, "space"),
        ("1 == 2 == 3", 7, "parentheses"),
        ("1 + .a as $x | $x", 7, "parentheses"),
        (". as [$a] | $a", 5, "`as $name`"),
        ("9007199254740993", 0, "text"),
        ("1e400", 0, "text"),
        ("--1", 1, ""),
        ("", 0, ""),
        (".a |", 4, ""),
        ("if .a then 1", 12, "`end`"),
        ("[1, 2", 5, "`]`"),
        ("{a: 1", 5, "`,`"),
        (".a)", 2, ""),
        (". a", 2, ""),
        ("(1 | 2", 6, "`)`"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_to_write_instead(
    source: str, position: int, hint: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    assert caught.value.position == position
    assert caught.value.message.endswith(".")
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "source",
    [
        ".range",
        ".now.env.input",
        "{limit: 1, if: 2, def: .reduce}",
        '.["env"]',
        '"now"',
        "$range + $limit",
        ". as $now | $now",
    ],
)
def test_names_of_fields_and_variables_are_free(source: str) -> None:
    parse(source)


@pytest.mark.parametrize(
    "source",
    [
        "(" * 500 + "1" + ")" * 500,
        "[" * 900 + "]" * 900,
        '{"a":' * 300 + "1" + "}" * 300,
        "try " * 400 + "1",
        ". as $x | " * 150 + "1",
        "if . then . elif " * 100 + ". then 1 end",
        ".|" * 900 + ".",
        "1+" * 900 + "1",
        ".a" * 900,
        ".//" * 600 + ".",
        "." + "?" * 1_900,
        "[" + "1," * 900 + "1]",
    ],
)
def test_very_deep_and_very_long_expressions_are_refused(source: str) -> None:
    with pytest.raises(ExpressionError, match=r"too deep|too long a chain"):
        parse(source)
