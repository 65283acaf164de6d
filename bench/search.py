"""How long a search takes among 10,000 items, and what the index costs.

`python -m bench.search [items] [database]` fills an empty database (a SQLite file of its own if
none is named) with items made of ours, each with rare words of its own beside theirs, and measures
searches as people type them: whole, begun, with mistakes, and in vain.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from random import Random
from typing import Any

from sqlmodel import Session, col, select

from bench.figures import percentile, say, verdict
from catalog import yaml12
from services import publishing, search
from settings import ROOT
from store.catalog import PublishedItem, PublishedText
from store.database import Database
from store.schema import upgrade
from workflows.registry import definition_registry

ITEMS = 10_000
RARE_WORDS = 20_000
ROUNDS = 3
GOAL_MS = 50.0
LETTERS = "bcdfglmnprstv", "aeiou"


class Customer:
    """Who searches."""

    role, country, segments = "customer", "ES", ()


def measure(items: int = ITEMS, url: str = "") -> Iterator[str]:
    """The result of each part, a line each."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(url or f"sqlite:///{folder}/bench.db")
        upgrade(database)
        publishing_folders = ROOT / "catalog_defs", ROOT / "forms"
        database.write_now(publishing.refresh, *publishing_folders, definition_registry())
        database.write_now(multiply, items)
        before = memory_mb()
        begun = time.perf_counter()
        database.read_now(search.find, Customer(), "loan")
        seconds = time.perf_counter() - begun
        yield f"index of {items} items: {seconds:.2f} s, {memory_mb() - before} MB"
        database.write_now(touch)
        begun = time.perf_counter()
        database.read_now(search.find, Customer(), "loan")
        yield f"after one publication: {(time.perf_counter() - begun) * 1000:.0f} ms"
        for kind, queries in kinds().items():
            yield line(kind, [timed(database, *query) for query in queries * ROUNDS])
        database.close()


def line(kind: str, times: list[tuple[float, float]]) -> str:
    """The figures of searches of one kind; what others do with the machine is in the first time."""
    passed, worked = zip(*times, strict=True)
    p95 = percentile(passed, 95)
    return (
        f"{kind}: {len(times)} searches, p50 {percentile(passed, 50):.1f} ms, p95 {p95:.1f} ms "
        f"(goal {GOAL_MS:.0f} ms: {verdict(p95 <= GOAL_MS)}); of our own work "
        f"p50 {percentile(worked, 50):.1f} ms, p95 {percentile(worked, 95):.1f} ms"
    )


def kinds() -> dict[str, list[tuple[str, str]]]:
    """Searches of each kind, with their language."""
    judged: dict[str, dict[str, Any]] = yaml12.read(
        (ROOT / "tests/services/judged_searches.yaml").read_bytes()
    ).value
    whole = [(language, query) for language, queries in judged.items() for query in queries]
    begun = [
        (language, query[:length])
        for language, query in whole
        for length in (2, 3, 5)
        if len(query) > length
    ]
    random = Random(5)
    mistaken = [(language, mistake(random, query)) for language, query in whole]
    vain = [(language, word(random) + "xq") for language, _ in whole]
    browsed = [(language, "") for language in judged] * 30
    return {
        "browsed": browsed,
        "whole": whole,
        "begun": begun,
        "mistaken": mistaken,
        "in vain": vain,
    }


def timed(database: Database, language: str, query: str) -> tuple[float, float]:
    """How long a search takes, and how much of it we work on it, in milliseconds."""
    begun, worked = time.perf_counter(), time.thread_time()
    database.read_now(search.find, Customer(), query, language=language)
    passed = time.perf_counter() - begun
    return passed * 1000, (time.thread_time() - worked) * 1000


def mistake(random: Random, query: str) -> str:
    """The query with two neighbouring letters exchanged."""
    place = random.randrange(max(1, len(query) - 1))
    return (
        query[:place] + query[place + 1 : place + 2] + query[place : place + 1] + query[place + 2 :]
    )


def word(random: Random) -> str:
    """A word that could be one."""
    return "".join(random.choice(LETTERS[n % 2]) for n in range(random.randrange(5, 11)))


def multiply(session: Session, items: int) -> None:
    """Copies of the published items, each with words of its own in title and summary."""
    random = Random(3)
    rare = [word(random) for _ in range(RARE_WORDS)]
    texts: dict[str, list[PublishedText]] = {}
    for text in session.exec(select(PublishedText)):
        texts.setdefault(text.item_id, []).append(text)
    originals = list(session.exec(select(PublishedItem).order_by(col(PublishedItem.item_id))))
    copies, translations = [], []
    for number, item in islice(enumerate(cycle(originals)), items - len(originals)):
        id = f"{item.item_id}-{number}"
        copies.append(item.model_dump() | {"item_id": id, "mark": number})
        for text in texts[item.item_id]:
            own = " ".join(random.choices(rare, k=4))
            more = {
                "title": f"{text.title} {random.choice(rare)}",
                "summary": f"{text.summary} {own}",
            }
            translations.append(text.model_dump() | {"item_id": id} | more)
    session.connection().execute(PublishedItem.__table__.insert(), copies)  # type: ignore[attr-defined]
    session.connection().execute(PublishedText.__table__.insert(), translations)  # type: ignore[attr-defined]


def touch(session: Session) -> None:
    """Publish one item anew."""
    item = session.exec(select(PublishedItem).limit(1)).one()
    others = select(PublishedItem.hash).where(PublishedItem.hash != item.hash)
    item.hash, item.mark = session.exec(others.limit(1)).one(), item.mark + 1
    session.add(item)


def memory_mb() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    arguments = sys.argv[1:]
    for told in measure(int(arguments[0]) if arguments else ITEMS, *arguments[1:2]):
        say(told)
