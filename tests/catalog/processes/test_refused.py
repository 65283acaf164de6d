"""What our profile leaves out is refused by name, with what to use instead."""

from typing import Any

import pytest

from catalog.processes import refused
from catalog.processes.parsing import parse

WORK: dict[str, Any] = {"do": [{"a": {"set": {"x": 1}}}]}
CASES = [
    *({"do": [{"a": {"call": name, "with": {}}}]} for name in refused.CALLS),
    *({"do": [{"a": {"run": {name: {}}}}]} for name in refused.RUNS),
    *(WORK | {"use": {name: {}}} for name in refused.USES),
    *(WORK | {name: {}} for name in refused.KEYS),
    {"do": [{"a": {"call": "https://example.com/function.yaml"}}]},
    {"do": [{"a": {"call": "function@catalog"}}]},
    {"do": [{"a": {"set": {"x": 1}, "input": {"schema": {"resource": {"endpoint": "x"}}}}}]},
]


@pytest.mark.parametrize("source", CASES, ids=str)
def test_it_says_what_to_use_instead(source: dict[str, Any]) -> None:
    found = [one for one in parse(source)[1] if one.rule == "not-in-profile"]
    assert found
    assert all(one.hint for one in found)


def test_functions_of_catalogs_and_other_systems_are_none_of_ours() -> None:
    assert refused.is_refused("grpc")
    assert refused.is_refused("https://example.com/f")
    assert refused.is_refused("f@catalog")
    assert not refused.is_refused("charge")
