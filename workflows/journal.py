"""The journal: the only thing a workflow needs to carry, step key to result.

After continue-as-new the story runs again from its first line; what is journalled returns at once.
A key is the path of the step: the branch and the steps around it, its name, and how often that name
has come up there. A finished step keeps its result alone, not those of its inner calls.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class Scope:
    """A branch or step of the story, in which names are counted.

    `steady` is its path without the numbers of attempts: what has had its effect in one attempt is
    found there by the next.
    """

    def __init__(self, path: str, steady: str | None = None) -> None:
        self.path = path
        self.steady = path if steady is None else steady
        self.counts: dict[str, int] = {}

    def key(self, name: str) -> str:
        """The key of the next `name` in this scope."""
        self.counts[name] = self.counts.get(name, 0) + 1
        count = self.counts[name]
        return f"{self.path}{name}" if count == 1 else f"{self.path}{name}.{count}"


_scope: ContextVar[Scope] = ContextVar("scope")


class Journal:
    """Results by key, over a dictionary that travels in the workflow's state."""

    def __init__(self, results: dict[str, Any]) -> None:
        self.results = results

    def begin(self) -> None:
        """The story starts at its first line; branches begun from here on inherit the scope."""
        _scope.set(Scope(""))

    def key(self, name: str) -> str:
        """The key of the next `name` where the story is now."""
        return _scope.get().key(name)

    @property
    def path(self) -> str:
        """The path of the branch or step the story is in."""
        return _scope.get().path

    @property
    def steady(self) -> str:
        """The same path without the numbers of attempts."""
        return _scope.get().steady

    @property
    def counts(self) -> dict[str, int]:
        """How often each name has come up where the story is now; a loop keeps it and sets it."""
        return _scope.get().counts

    def once(self, name: str, value: Callable[[], Any]) -> Any:
        """A value that is asked for once and stays the same in every run."""
        key = self.key(name)
        if key not in self.results:
            self.results[key] = value()
        return self.results[key]

    @contextmanager
    def within(self, key: str) -> Iterator[None]:
        """Everything inside is keyed below `key`."""
        around = _scope.get()
        below = key[len(around.path) :] if key.startswith(around.path) else key
        with self.inside(Scope(f"{key}/", f"{around.steady}{below}/")):
            yield

    @contextmanager
    def attempt(self, key: str, number: int) -> Iterator[None]:
        """What is inside is keyed below this attempt at `key`, but for what is done `steadily`."""
        around = _scope.get()
        with self.inside(Scope(f"{key}#{number}/", f"{around.steady}{key[len(around.path) :]}/")):
            yield

    @contextmanager
    def steadily(self, below: str = "") -> Iterator[None]:
        """Everything inside is keyed alike in every attempt, `below` the steady path if given."""
        around = _scope.get()
        steady = Scope(f"{around.steady}{below}")
        steady.counts = around.counts
        with self.inside(steady):
            yield

    @contextmanager
    def inside(self, scope: Scope) -> Iterator[None]:
        """Everything inside is keyed in `scope`."""
        around = _scope.get()
        _scope.set(scope)
        try:
            yield
        finally:
            # Not by token: an evicted workflow is closed in another context than it ran in.
            _scope.set(around)

    def finish(self, key: str, result: Any) -> None:
        """Keep the result of a step and forget those of its inner calls."""
        self.drop(key)
        self.results[key] = result

    def drop(self, key: str) -> bool:
        """Forget whatever is keyed below `key`; whether there was anything."""
        return self.drop_if(lambda inner: inner.startswith(f"{key}/"))

    def drop_if(self, over: Callable[[str], bool]) -> bool:
        """Forget the keys that are over; whether there were any."""
        found = [key for key in self.results if over(key)]
        for key in found:
            del self.results[key]
        return bool(found)
