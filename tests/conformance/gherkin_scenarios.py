"""Scenarios of feature files, each with its steps: texts, and the YAML below them."""

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
    background: tuple[Step, ...] = ()
    found = []
    for child in children:
        if "background" in child:
            background = steps_of(child["background"])
        if "scenario" in child:
            scenario = child["scenario"]
            found.append(Scenario(path.name, scenario["name"], background + steps_of(scenario)))
    return found


def steps_of(node: Any) -> tuple[Step, ...]:
    """The steps of a scenario or a background."""
    return tuple(Step(step["text"], document_of(step.get("docString"))) for step in node["steps"])


def document_of(doc_string: Any) -> Any:
    """What the YAML below a step says; YAML of one scalar is that scalar."""
    if doc_string is None:
        return None
    wrapped = "document:\n" + "\n".join(f"  {line}" for line in doc_string["content"].split("\n"))
    return yaml12.read(wrapped.encode()).value["document"]
