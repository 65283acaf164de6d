"""Which task may come after which."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from catalog.processes.model import (
    CONTINUE,
    END,
    EXIT,
    Do,
    For,
    Fork,
    Listen,
    Path,
    Process,
    Raise,
    Switch,
    Task,
    Try,
    walk,
)

OVER: Path = ("the end",)
"""Where a process is when it has ended."""

Places = frozenset[Path]
Tasks = tuple[Task, ...]


def onward(task: Task) -> Iterator[str | None]:
    """Where a task may say to go when it is done; nothing where it is never done."""
    if task.condition is not None:
        yield None
    match task:
        case Raise():
            return
        case Switch():
            yield from (case.then for case in task.cases)
            if all(case.when is not None for case in task.cases):
                yield task.then
        case Do() if not completes(task.tasks):
            return
        case Fork() if not forks_complete(task):
            return
        case Try():
            if completes(task.tasks):
                yield task.then
            if completes(task.catch.tasks or ()):
                yield task.catch.then or task.then
        case _:
            yield task.then


def forks_complete(task: Fork) -> bool:
    """Whether enough branches may come to their end."""
    ends = [any(word != END for word in onward(branch)) for branch in task.branches]
    return any(ends) if task.compete else all(ends)


def completes(tasks: Tasks) -> bool:
    """Whether a list of tasks may come to its own end."""
    names = {task.name: index for index, task in enumerate(tasks)}
    left, seen = [0], set[int]()
    while left:
        index = left.pop()
        if index >= len(tasks):
            return True
        if index in seen:
            continue
        seen.add(index)
        for word in onward(tasks[index]):
            if word == EXIT:
                return True
            if word in (None, CONTINUE):
                left.append(index + 1)
            elif word in names:
                left.append(names[word])
    return False


@dataclass
class Graph:
    """The tasks of a process by their paths, and what may follow each."""

    process: Process
    follows: dict[Path, Places] = field(default_factory=dict)
    tasks: dict[Path, Task] = field(default_factory=dict)
    start: Places = frozenset()
    _reached: dict[Path, set[Path]] = field(default_factory=dict)

    @classmethod
    def of(cls, process: Process) -> "Graph":
        """The graph of a process; a function begins where it stands, if anything calls it."""
        made = cls(process)
        made.start = made.connect(process.tasks, frozenset((OVER,)))
        for function in process.functions.values():
            made.connect((function,), frozenset((OVER,)))
        return made

    def connect(self, tasks: Tasks, after: Places) -> Places:
        """Connect a list that goes on to `after`; where it begins."""
        entries = [frozenset((task.path,)) for task in tasks]
        names = {task.name: task.path for task in tasks}
        for index, task in enumerate(tasks):
            following = entries[index + 1] if index + 1 < len(tasks) else after

            def goal(word: str | None, following: Places = following) -> Places:
                if word is None or word == CONTINUE:
                    return following
                if word in (EXIT, END):
                    return after if word == EXIT else frozenset((OVER,))
                return frozenset((names[word],)) if word in names else frozenset()

            targets = frozenset[Path]().union(*map(goal, onward(task)))
            self.tasks[task.path] = task
            self.follows[task.path] = targets | self.inside(task, targets)
            if isinstance(task, Raise):
                self.follows[task.path] |= {OVER}
        return entries[0] if entries else after

    def inside(self, task: Task, after: Places) -> Places:
        """Connect what is inside a task that goes on to `after`; where that begins."""
        here = frozenset((task.path,))
        if isinstance(task, Try):
            caught = self.connect(task.catch.tasks or (), after)
            inner = self.connect(task.tasks, after)
            for each in walk(task.tasks):
                self.follows[each.path] |= caught
            return inner | caught
        # What is repeated goes back to where it is decided whether to go on.
        repeats = isinstance(task, For | Listen)
        begin = (self.connect(tasks, here if repeats else after) for tasks in task.lists())
        return frozenset[Path]().union(*begin)

    def after(self, place: Path) -> set[Path]:
        """Every place that may come some time after one, itself only if it comes again."""
        if place not in self._reached:
            self._reached[place] = self.from_(self.follows.get(place, ()))
        return self._reached[place]

    def from_(self, places: Iterable[Path]) -> set[Path]:
        """These places and all that may come after them."""
        seen, left = set[Path](), list(places)
        while left:
            place = left.pop()
            if place not in seen:
                seen.add(place)
                left += self.follows.get(place, ())
        return seen

    @cached_property
    def reachable(self) -> set[Path]:
        """Every place that may be come to, functions included."""
        functions = (task.path for task in self.process.functions.values())
        return self.from_([*self.start, *functions])

    @cached_property
    def reached_tasks(self) -> list[Task]:
        """The tasks that may run."""
        return [task for path, task in self.tasks.items() if path in self.reachable]
