"""Which way to go wherever there is a choice: each alternative once, then nearer to what is missed.

An alternative is tried in the first run that comes to its question. What needs two of them at once,
such as an empty balance and a charge, is looked for by changing one choice of a run that came near.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

Choice = tuple[str, str]
"""A question, and the alternative that was taken."""


@dataclass
class Path:
    """One run: it follows what was planned, then takes the first alternative of each question."""

    planned: tuple[Choice, ...] = ()
    taken: list[Choice] = field(default_factory=list)
    offered: list[tuple[str, ...]] = field(default_factory=list)
    before_it: list[int] = field(default_factory=list)
    """How often the question of each choice had come before."""
    asked: list[int] = field(default_factory=list)
    """How many choices had been made whenever somebody was asked."""

    def __post_init__(self) -> None:
        self.left = list(self.planned)

    def choose(self, question: str, alternatives: tuple[str, ...]) -> str:
        """The alternative to take at the next question."""
        planned = next((one for one in self.left if one[0] == question), None)
        if planned:
            self.left.remove(planned)
        chosen = planned[1] if planned and planned[1] in alternatives else alternatives[0]
        self.before_it.append(sum(question == one for one, _ in self.taken))
        self.taken.append((question, chosen))
        self.offered.append(alternatives)
        return chosen

    def words(self) -> list[str]:
        """The choices, for people."""
        return [f"{question}: {chosen}" for question, chosen in self.taken]

    def before(self, asked: int) -> int:
        """How many choices had been made when so many had been asked; all if never so many."""
        return self.asked[asked] if asked < len(self.asked) else len(self.taken)

    def others(self, most: int | None = None) -> Iterator[tuple[int, Choice]]:
        """Each choice that could have been made instead of one of the first, and its place."""
        for place, alternatives in enumerate(self.offered[:most]):
            question, chosen = self.taken[place]
            yield from ((place, (question, one)) for one in alternatives if one != chosen)


@dataclass(frozen=True)
class Way:
    """The way to a branch: a run that came there, after so many choices."""

    path: Path
    choices: int


class Paths:
    """The runs that are still to be made; each ends in an alternative that nobody has taken yet."""

    def __init__(self) -> None:
        self.known: set[Choice] = set()
        self.waiting: deque[tuple[Choice, ...]] = deque([()])
        self.made: set[tuple[Choice, ...]] = set()
        self.tried: dict[str, Counter[tuple[Choice, int]]] = {}
        """How often each branch was looked for by each change, at each time of a question."""

    def next(self) -> Path | None:
        """The next run, if there is one."""
        return Path(self.waiting.popleft()) if self.waiting else None

    def learn(self, path: Path) -> None:
        """Take note of a finished run, and plan those that differ from it in one alternative."""
        self.known.update(path.taken)
        self.made.add(tuple(path.taken))
        for place, other in path.others():
            if other not in self.known:
                self.known.add(other)
                self.waiting.append((*path.taken[:place], other))

    def nearer(self, branch: str, ways: Iterable[Way]) -> Path | None:
        """A run like one of these ways to a branch but for one choice, which nobody has made yet.

        What this branch has not been tried with comes first. What was chosen last is changed first,
        since that is what is asked right before a branch; between them also what was chosen first,
        which is how things stood from the beginning.
        """
        tried = self.tried.setdefault(branch, Counter())
        found = [
            (
                tried[other, way.path.before_it[place]],
                min(2 * place + 1, way.choices - 1 - place),
                way.path,
                place,
                other,
            )
            for way in ways
            for place, other in way.path.others(way.choices)
        ]
        for _, _, run, place, other in sorted(found, key=itemgetter(0, 1)):
            planned = (*run.taken[:place], other, *run.taken[place + 1 :])
            if planned not in self.made:
                self.made.add(planned)
                tried[other, run.before_it[place]] += 1
                return Path(planned)
        return None
