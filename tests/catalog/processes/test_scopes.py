"""Which variables each expression sees."""

from typing import Any

from catalog.processes.parsing import parse
from catalog.processes.scopes import ALWAYS, OF_ITEMS, scoped


def seen(known: frozenset[str] = ALWAYS, **source: Any) -> dict[str, set[str]]:
    """What each expression sees beyond what all of them do, by its text."""
    process, findings = parse(source)
    assert not findings
    return {text: set(scope - known) for _, text, scope in scoped(process, known)}


def test_everywhere_there_are_the_languages_own_variables() -> None:
    assert seen(do=[{"a": {"set": "${ 1 }"}}]) == {"${ 1 }": set()}
    assert OF_ITEMS.isdisjoint(ALWAYS)


def test_the_output_is_seen_where_it_is_made_something_of() -> None:
    task = {"set": "${ 1 }", "output": {"as": "${ 2 }"}, "export": {"as": "${ 3 }"}}
    assert seen(do=[{"a": task}]) == {"${ 1 }": set(), "${ 2 }": {"output"}, "${ 3 }": {"output"}}


def test_a_loop_and_what_is_inside_see_its_item_and_index() -> None:
    inner = {"for": {"each": "pet", "in": "${ 1 }"}, "while": "2", "do": [{"b": {"set": "${ 3 }"}}]}
    assert seen(do=[{"a": inner}]) == {
        "${ 1 }": set(),
        "2": {"pet", "index"},
        "${ 3 }": {"pet", "index"},
    }


def test_a_catch_sees_its_error_and_the_try_does_not() -> None:
    risky = {
        "try": [{"b": {"set": "${ 1 }"}}],
        "catch": {"as": "why", "when": "2", "do": [{"c": {"set": "${ 3 }"}}]},
    }
    assert seen(do=[{"a": risky}]) == {"${ 1 }": set(), "2": {"error", "why"}, "${ 3 }": {"why"}}


def test_a_function_sees_what_any_caller_sees() -> None:
    found = seen(
        use={"functions": {"f": {"set": "${ 1 }"}}},
        do=[{"a": {"for": {"each": "pet", "in": "${ 2 }"}, "do": [{"b": {"call": "f"}}]}}],
    )
    assert found["${ 1 }"] == {"pet", "index"}
