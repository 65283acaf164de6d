"""What the tasks of a process see and keep besides their data."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

KEPT = ("context", "answers")


@dataclass
class Memory:
    """What lasts beyond a task's output: `$context`, and the answers as they were last read.

    A branch of a fork has its own, so that what it keeps does not depend on how fast the others
    are. What a new run passes over without running it again is kept in the journal by `dump`.
    """

    context: Any = None
    answers: Any = None

    def dump(self) -> dict[str, Any]:
        """It as JSON."""
        return {name: getattr(self, name) for name in KEPT}

    def load(self, kept: dict[str, Any]) -> None:
        """Become what was dumped."""
        for name in KEPT:
            setattr(self, name, kept[name])

    def take_in(self, before: "Memory", after: "Memory") -> None:
        """Take over what a branch has changed since `before`."""
        for name in KEPT:
            old, new = getattr(before, name), getattr(after, name)
            if not same(new, old):
                setattr(self, name, combined(getattr(self, name), old, new))


def combined(present: Any, old: Any, new: Any) -> Any:
    """`present` with what makes `new` of `old`: by members where all are mappings."""
    members = {} if present is None else present
    if not isinstance(members, dict) or not isinstance(new, dict):
        return new
    old = old if isinstance(old, dict) else {}
    kept = {key: value for key, value in members.items() if key in new or key not in old}
    changed = {key for key, value in new.items() if key not in old or not same(value, old[key])}
    return kept | {key: new[key] for key in changed}


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON, where 0 is not false."""
    return orjson.dumps(one) == orjson.dumps(other)


@dataclass(frozen=True)
class Local:
    """What the tasks of one list see: the variables of loops and catches, and the memory.

    `jobs` are the processes that run beside them without being awaited.
    """

    memory: Memory
    variables: dict[str, Any] = field(default_factory=dict)
    jobs: list["asyncio.Task[Any]"] = field(default_factory=list)

    def having(self, **variables: Any) -> "Local":
        """The same with further variables."""
        return replace(self, variables={**self.variables, **variables})

    def apart(self) -> "Local":
        """The same with a memory of its own."""
        return replace(self, memory=replace(self.memory))

    def alone(self) -> "Local":
        """The same without the jobs of others."""
        return replace(self, jobs=[])

    @property
    def has_jobs(self) -> bool:
        """Whether anything runs beside the tasks, or has failed there."""
        return any(not job.done() or job.cancelled() or job.exception() for job in self.jobs)
