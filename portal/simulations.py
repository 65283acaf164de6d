"""Simulations that designers run from their pages: each in a process of its own, one at a time.

A simulation has a clock of its own, which must not become the portal's.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalog.versions import Version
from portal.visits import Posted
from settings import ROOT
from studio.report import Report
from studio.wanderers import decisions_of

LONGEST_SECONDS = 60.0
MOST_DAYS = 60
NOBODY = "nobody"
ONE_AT_A_TIME = asyncio.Semaphore(1)


@dataclass(frozen=True)
class Answerer:
    """Who answers tasks with a form: what, and after how many days."""

    form: str
    title: str
    decisions: Mapping[str, str]
    """What may be answered, with the words for it; those for nobody and for anything are empty."""
    decision: str
    days: int

    def person(self) -> dict[str, Any]:
        """The same as simulations read it."""
        answers = {} if self.decision == "answered" else {"decision": self.decision}
        after = f"P{self.days}D" if self.days else "PT1H"
        return {"form": self.form, "answers": answers, "after": after, "complete": True}


@dataclass(frozen=True)
class Choice:
    """What a designer has set: an example, and who answers how."""

    example: str
    examples: tuple[str, ...]
    answerers: tuple[Answerer, ...] = ()

    def people(self) -> dict[str, Any]:
        """The people of the simulation."""
        return {"people": [one.person() for one in self.answerers if one.decision != NOBODY]}


@dataclass(frozen=True)
class Simulated:
    """What came of a simulation: its report, or why there is none."""

    choice: Choice
    report: Report | None = None
    problem: str = ""
    texts: list[str] = field(default_factory=list)


def wanted(version: Version, posted: Posted | None, language: str) -> Choice:
    """What was posted, as far as it fits the version; else the first of everything."""
    examples = tuple(example.name for example in version.item.examples)
    asked = posted.get("example") if posted else ""
    return Choice(
        asked if asked in examples else examples[0],
        examples,
        tuple(answerer(version, form, posted, language) for form in version.item.task_forms),
    )


def answerer(version: Version, name: str, posted: Posted | None, language: str) -> Answerer:
    """Who answers the tasks with one form."""
    form = version.form(name)
    words = {
        str(option.value): option.title(language)
        for node in form.shape.known.get("decision", ())
        for option in node.facts.options
    }
    decisions = {one: words.get(one, "") for one in (*decisions_of(form), NOBODY)}
    decision = posted.get(f"decision.{name}") if posted else ""
    days = posted.get(f"days.{name}") if posted else ""
    return Answerer(
        name,
        form.view({}, language).title or name,
        decisions,
        decision if decision in decisions else next(iter(decisions)),
        min(int(days), MOST_DAYS) if days.isdigit() else 1,
    )


async def run_simulation(path: Path, choice: Choice, language: str) -> Simulated:
    """Run the definition in a file; what goes wrong is part of the answer."""
    async with ONE_AT_A_TIME:
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as people:
            json.dump(choice.people(), people)
            people.flush()
            return await reported(path, choice, people.name, language)


async def reported(path: Path, choice: Choice, people: str, language: str) -> Simulated:
    """What the command says."""
    arguments = [str(path), "--answers", choice.example, "--people", people]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "cli.py"),
        "simulate",
        *arguments,
        "--language",
        language,
        "--json",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), LONGEST_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return Simulated(choice, problem=f"> {LONGEST_SECONDS:.0f} s")
    if process.returncode:
        return Simulated(choice, problem=err.decode(errors="replace").strip())
    return Simulated(choice, Report.model_validate_json(out[out.index(b"{") :]))
