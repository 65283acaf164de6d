"""Which way to go wherever there is a choice, so that every alternative is taken at least once."""

from collections import deque
from dataclasses import dataclass, field

Choice = tuple[str, str]
"""A question, and the alternative that was taken."""


@dataclass
class Path:
    """One run: it follows what was planned, then takes the first alternative of each question."""

    planned: tuple[str, ...] = ()
    taken: list[Choice] = field(default_factory=list)
    offered: list[tuple[str, ...]] = field(default_factory=list)

    def choose(self, question: str, alternatives: tuple[str, ...]) -> str:
        """The alternative to take at the next question."""
        number = len(self.taken)
        planned = self.planned[number] if number < len(self.planned) else None
        chosen = planned if planned in alternatives else alternatives[0]
        self.taken.append((question, chosen))
        self.offered.append(alternatives)
        return chosen

    def words(self) -> list[str]:
        """The choices, for people."""
        return [f"{question}: {chosen}" for question, chosen in self.taken]


class Paths:
    """The runs that are still to be made; each ends in an alternative that nobody has taken yet."""

    def __init__(self) -> None:
        self.known: set[Choice] = set()
        self.waiting: deque[tuple[str, ...]] = deque([()])

    def next(self) -> Path | None:
        """The next run, if there is one."""
        return Path(self.waiting.popleft()) if self.waiting else None

    def learn(self, path: Path) -> None:
        """Take note of a finished run, and plan those that differ from it in one alternative."""
        self.known.update(path.taken)
        before: list[str] = []
        for (question, chosen), alternatives in zip(path.taken, path.offered, strict=True):
            for other in alternatives:
                if (question, other) not in self.known:
                    self.known.add((question, other))
                    self.waiting.append((*before, other))
            before.append(chosen)
