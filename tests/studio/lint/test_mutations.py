"""Whatever a definition is changed into, lint tells what is wrong and never breaks down."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import yaml12
from settings import ROOT
from studio.lint.reading import lint
from tests.studio.lint.shop import item_with, shop
from tests.studio.lint.test_rules import cases
from workflows.registry import definition_registry

REGISTRY = definition_registry()
SEVERAL = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EXTREMES: list[Any] = [
    *(None, True, 0, -1, 2.5, "", " ", "${", "${ }", "${ . }", "${ $answers.a.b[0] }", "P3D", "⌖"),
    *([], {}, [[]], [None], {"": None}, {"en": 1}, {"en": "a"}, {"$defined": "/x"}, "continue"),
    *("end", "exit", "approval", "${ [.a, $context.b] | map(.c) | first // {d: .e} }", "${ a b }"),
    *({"do": []}, {"do": [{}]}, [{"a": {"wait": "PT1M"}}], {"switch": [{"a": {"then": "end"}}]}),
]


def sources() -> list[dict[str, Any]]:
    """Definitions with something of everything."""
    texts = [item_with(one.right).encode() for one in cases()]
    texts += [(ROOT / "catalog_defs" / "replace-card.yaml").read_bytes()]
    return [yaml12.read(text).value for text in texts]


SOURCES = sources()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop(tmp_path_factory.mktemp("shop"))


def holders(value: Any) -> Iterator[Any]:
    """Every mapping and list in a value."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from holders(inner)


def mutate(value: Any, chance: random.Random) -> None:
    """Change one thing somewhere, most often in the process."""
    part = value.get("process", value) if chance.random() < 0.8 else value
    found = [one for one in holders(part) if one]
    if not found:
        return
    holder = chance.choice(found)
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    key, other = chance.choice(keys), chance.choice(keys)
    way = chance.randrange(5)
    if way == 0:
        del holder[key]
    elif way == 1:
        holder[key] = copy.deepcopy(chance.choice(EXTREMES))
    elif way == 2:
        holder[key], holder[other] = holder[other], holder[key]
    elif way == 3:
        donor = chance.choice([one for one in holders(chance.choice(SOURCES)) if one])
        inner = list(donor.values()) if isinstance(donor, dict) else donor
        holder[key] = copy.deepcopy(chance.choice(inner))
    elif isinstance(holder, dict):
        holder[f"{key}x"] = holder.pop(key)
    else:
        holder.append(copy.deepcopy(holder[key]))


@SEVERAL
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_no_change_of_values_breaks_lint(seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    value = copy.deepcopy(chance.choice(SOURCES))
    for _ in range(chance.randint(1, 6)):
        mutate(value, chance)
    judged(folder, json.dumps(value))


@SEVERAL
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_no_change_of_characters_breaks_lint(seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    text = item_with(chance.choice(cases()).right)
    for _ in range(chance.randint(1, 4)):
        at, end = sorted(chance.randrange(len(text)) for _ in range(2))
        end = min(end, at + 12)
        text = (
            text[:at] + chance.choice(["", text[at:end] * 2, *"{}[]:,-${}'\"\n\t&*!|"]) + text[end:]
        )
    judged(folder, text)


def judged(folder: Path, text: str) -> None:
    """Lint a text; every finding stands somewhere in it."""
    file = folder / "tea.yaml"
    file.write_text(text)
    report = lint(file, REGISTRY)
    lines = text.count("\n") + 1
    for one in report.findings:
        assert 1 <= one.line <= lines + 1 or not one.file.endswith("tea.yaml"), one
        assert one.column >= 1
        assert one.message
