"""Scenarios of feature files, each with its steps: texts, and the YAML below them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gherkin.parser import Parser

from catalog import yaml12


@dataclass(frozen=True)
class Step:
    """One line of a scenario, and the document below it, if there is one."""

    text: str
    document: Any = None


@dataclass(frozen=True)
class Scenario:
    """One scenario of a feature file."""

    file: str
    name: str
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return f"{Path(self.file).stem}: {self.name}"


def scenarios(folder: Path) -> list[Scenario]:
    """Every scenario in the feature files of a folder."""
    return [
        scenario for path in sorted(folder.glob("*.feature")) for scenario in scenarios_of(path)
    ]


def scenarios_of(path: Path) -> list[Scenario]:
    """Every scenario of one feature file, its background before its own steps."""
    children: Any = Parser().parse(path.read_text("utf-8"))["feature"]["children"]
    background: Any = []
    found: list[Scenario] = []
    for child in children:
        if "background" in child:
            background = child["background"]["steps"]
        if "scenario" in child:
            found += outlined(path.name, child["scenario"], background)
    return found


def outlined(file: str, scenario: Any, background: Any) -> Iterator[Scenario]:
    """The scenario, or one for each row of the examples of an outline."""
    steps = [*background, *scenario["steps"]]
    if not scenario["examples"]:
        yield Scenario(file, scenario["name"], steps_of(steps, {}))
    for examples in scenario["examples"]:
        names = [cell["value"] for cell in examples["tableHeader"]["cells"]]
        for row in examples["tableBody"]:
            values = dict(zip(names, (cell["value"] for cell in row["cells"]), strict=True))
            name = f"{scenario['name']} ({', '.join(values.values())})"
            yield Scenario(file, name, steps_of(steps, values))


def steps_of(steps: Any, values: Mapping[str, str]) -> tuple[Step, ...]:
    """Steps with the values of one row in the place of `<name>`."""
    return tuple(
        Step(filled(step["text"], values), document_of(step.get("docString"), values))
        for step in steps
    )


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with the values in the place of `<name>`."""
    for name, value in values.items():
        text = text.replace(f"<{name}>", value)
    return text


def document_of(doc_string: Any, values: Mapping[str, str]) -> Any:
    """What the YAML below a step says; YAML of one scalar is that scalar."""
    if doc_string is None:
        return None
    lines = filled(doc_string["content"], values).split("\n")
    wrapped = "document:\n" + "\n".join(f"  {line}" for line in lines)
    return yaml12.read(wrapped.encode()).value["document"]
