"""Every function of the bundled libjq is decided upon."""

import jq  # type: ignore[import-not-found]
import pytest

from catalog.expressions import ExpressionError, Jq
from catalog.expressions.functions import FORMATS, FUNCTIONS, REFUSED

BUILTINS = frozenset(jq.compile("[builtins]").input_value(None).first()[0])


def test_each_function_is_allowed_or_refused_with_a_hint() -> None:
    allowed = {name.partition("/")[0] for name in FUNCTIONS}
    assert {name.partition("/")[0] for name in BUILTINS} == allowed | REFUSED.keys()
    assert not allowed & REFUSED.keys()


def test_functions_that_are_allowed_exist() -> None:
    assert FUNCTIONS.keys() <= BUILTINS


@pytest.mark.parametrize("function", sorted(BUILTINS - FUNCTIONS.keys()))
def test_what_is_not_allowed_is_refused(function: str) -> None:
    name, _, arguments = function.partition("/")
    call = f"{name}({'; '.join(['1'] * int(arguments))})" if int(arguments) else name
    with pytest.raises(ExpressionError) as caught:
        Jq().check(call)
    assert caught.value.hint


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_format_writes_a_value_and_the_interpolations_of_a_text(name: str) -> None:
    written = jq.compile(f"@{name}").input_value(["YQ=="]).first() if name == "csv" else None
    given = ["YQ=="] if name == "csv" else "YQ=="
    assert Jq().evaluate(f"@{name}", given, {}) == (
        written or jq.compile(f"@{name}").input_value(given).first()
    )
    assert Jq().evaluate(f'@{name} "<\\(.)>"', given, {}).startswith("<")
