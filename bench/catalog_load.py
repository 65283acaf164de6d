"""How long 10,000 definitions take to load, first and unchanged, and how much memory.

`python -m bench.catalog_load [items] [forms]` writes items like the real ones into a temporary
folder; every phase runs in a process of its own, so that its time and memory are its own.
"""

import asyncio
import itertools
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services import publishing
from store.database import Database
from store.schema import upgrade
from workflows.registry import definition_registry

ROOT = Path(__file__).parent.parent
ITEMS = 10_000
FORMS = 1_000
GOALS = {"first": 60.0, "unchanged": 10.0}
MOST_MEMORY_MB = 1_024


def measure(items: int = ITEMS, forms: int = FORMS) -> Iterator[str]:
    """The result of each phase, a line each."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_definitions(folder, items, forms)
        yield f"{items} definitions of {lines_per_item(folder)} lines, {forms} forms"
        for phase in ("first", "unchanged", "ten changed"):
            if phase == "ten changed":
                touch_some(folder, 10)
            yield run_phase(folder, phase)


def write_definitions(folder: Path, items: int, forms: int) -> None:
    """Copies of the real items and of their forms, each with another text."""
    (folder / "defs").mkdir()
    shutil.copytree(ROOT / "forms", folder / "forms")
    shutil.copy(ROOT / "catalog_defs/categories.yaml", folder / "defs")
    real = sorted(
        path for path in (ROOT / "catalog_defs").glob("*.yaml") if path.stem != "categories"
    )
    sources = list(itertools.islice(itertools.cycle(real), items))
    for number, path in enumerate(sources):
        write_item(folder, path, number, form_of(number, forms, len(real)))
    for number, path in enumerate(sources[:forms]):
        write_form(folder, path.stem, number)


def form_of(number: int, forms: int, kinds: int) -> int:
    """The form of an item: one of its own kind, since examples must fit it."""
    return (
        number if number < forms else number % kinds + kinds * (number // kinds % (forms // kinds))
    )


def write_item(folder: Path, source: Path, number: int, form: int) -> None:
    """One item with a name and a title of its own."""
    kind = source.stem
    text = source.read_text("utf-8")
    text = text.replace(f"id: {kind}\n", f"id: {kind}-{number}\n", 1)
    text = text.replace(f"form: {kind}\n", f"form: {kind}-{form}\n", 1)
    text = text.replace("title:\n  en: ", f"title:\n  en: Number {number} ", 1)
    (folder / "defs" / f"{kind}-{number}.yaml").write_text(text, "utf-8")


def write_form(folder: Path, kind: str, number: int) -> None:
    """One form with a comment of its own."""
    schema = json.loads((ROOT / "forms" / f"{kind}.json").read_bytes())
    schema["$comment"] = f"Form {number}"
    (folder / "forms" / f"{kind}-{number}.json").write_text(json.dumps(schema), "utf-8")


def lines_per_item(folder: Path) -> int:
    """The mean number of lines of the first items."""
    paths = list(itertools.islice(sorted((folder / "defs").glob("*.yaml")), 100))
    return sum(len(path.read_text("utf-8").splitlines()) for path in paths) // len(paths)


def touch_some(folder: Path, count: int) -> None:
    """Change the texts of some items."""
    for path in sorted((folder / "defs").glob("address-change-*.yaml"))[:count]:
        path.write_text(path.read_text("utf-8").replace("Number ", "Changed "), "utf-8")


def run_phase(folder: Path, phase: str) -> str:
    """One refresh in a fresh process; says time, memory and whether the goal is met."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.catalog_load", "--phase", str(folder)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    result = json.loads(ran.stdout)
    goal = GOALS.get(phase)
    within = result["seconds"] <= goal if goal else True
    fits = result["memory_mb"] <= MOST_MEMORY_MB
    verdict = "ok" if within and fits else "MISSED"
    aim = f" (goal {goal:.0f} s, {MOST_MEMORY_MB} MB: {verdict})" if goal else ""
    return (
        f"{phase}: {result['seconds']:.1f} s, {result['memory_mb']} MB at most{aim}; "
        f"published {result['published']}, unchanged {result['unchanged']}, "
        f"longest transaction {result['longest_ms']:.0f} ms"
    )


class TimedDatabase(Database):
    """A database that remembers its longest write, commit included, in seconds."""

    longest = 0.0

    async def write(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        begun = time.perf_counter()
        result = await super().write(work, *args, **kwargs)
        self.longest = max(self.longest, time.perf_counter() - begun)
        return result


async def refresh(folder: Path) -> dict[str, float]:
    """Bring the folder into a database beside it, as the server does."""
    begun = time.perf_counter()
    async with TimedDatabase(f"sqlite:///{folder / 'bench.db'}") as database:
        upgrade(database)
        refreshed = await publishing.refresh_in_chunks(
            database, folder / "defs", folder / "forms", definition_registry()
        )
    if refreshed.problems:
        raise SystemExit("\n".join(map(str, refreshed.problems[:5])))
    return {
        "seconds": time.perf_counter() - begun,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "published": len(refreshed.published),
        "unchanged": refreshed.unchanged,
        "longest_ms": database.longest * 1000,
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--phase"]:
        sys.stdout.write(json.dumps(asyncio.run(refresh(Path(sys.argv[2])))))
    else:
        for line in measure(*map(int, sys.argv[1:])):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
