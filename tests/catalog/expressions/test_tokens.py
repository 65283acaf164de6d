"""The words of an expression."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.expressions import ExpressionError
from catalog.expressions.tokens import Kind, flat, tokenize


def words(source: str) -> list[tuple[str, str]]:
    return [(token.kind.value, token.text) for token in tokenize(source)]


def test_a_field_is_not_the_function_of_the_same_name() -> None:
    assert words(".range") == [("field", "range")]
    assert words("range") == [("name", "range")]
    assert words("$range") == [("variable", "range")]
    assert words('"range"') == [("string", '"range"')]


def test_what_a_text_interpolates_is_code() -> None:
    (text,) = tokenize('"a \\(.b | keys) ) \\("c \\(.d)")"')
    assert [str(token) for token in flat((text,)) if token.kind is not Kind.STRING] == [
        ".b",
        "|",
        "keys",
        ".d",
    ]
    assert text.plain is None


def test_what_looks_like_code_in_a_text_is_none() -> None:
    (text,) = tokenize('"\\\\(now) # \\" env"')
    assert text.plain == '\\(now) # " env'


def test_texts_are_decoded() -> None:
    assert tokenize('"\\u00e9 \\ud83d\\ude00 \\n é"')[0].plain == "é 😀 \n é"


def test_signs_are_as_long_as_they_can_be() -> None:
    assert [text for _, text in words("a//b |= c<=d ..e ?// //= 1..5")] == [
        *("a", "//", "b", "|=", "c", "<=", "d", "..", "e", "?//", "//=", "1.", ".5"),
    ]


def test_numbers() -> None:
    source = "1 1.5 .5 2. 1e3 1E-3 2.5e+1 1ex"
    assert [text for _, text in words(source)] == [*source.split()[:-1], "1", "ex"]


@pytest.mark.parametrize(
    ("source", "position", "said"),
    [
        (".a # .b", 3, "Comments"),
        ("'a'", 0, "double quotes"),
        ("1 & 2", 2, "`and`"),
        ('"a', 0, "no closing"),
        ('"\\(.a"', 5, "no closing"),
        ('"\\(.a', 5, "has no `)`"),
        ('"\\x"', 1, "escape"),
        ('"\\ud800"', 1, "escape"),
        ("$ a", 0, "at once"),
        (".a\u00a0", 2, "nothing"),
        (".a\x00| env", 2, "character"),
        ("\ud800", 0, "character"),
        ('"\\("\\("\\("\\("\\("\\(1)")")")")")"', 13, "too deep"),
    ],
)
def test_what_is_no_word_is_refused_where_it_stands(source: str, position: int, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        tokenize(source)
    assert caught.value.position == position
    assert said in str(caught.value)


def test_a_very_long_expression_is_refused() -> None:
    tokenize("1" + " " * 1_999)
    with pytest.raises(ExpressionError, match="2001 characters"):
        tokenize("1" + " " * 2_000)


@given(st.text() | st.text(alphabet=".$@\"\\()[]{}|,:;?/ \n#a1'u"))
def test_any_text_has_tokens_or_is_refused(source: str) -> None:
    try:
        tokens = tokenize(source)
    except ExpressionError:
        return
    assert all(source.startswith(str(token), token.position) for token in tokens)
