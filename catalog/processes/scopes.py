"""Which variables the expressions of a process see."""

from collections.abc import Iterator
from typing import Any

from catalog.processes.model import For, Listen, Path, Process, Task, Try
from catalog.processes.places import of_flow, of_task

ALWAYS = frozenset(("context", "input", "now", "runtime", "secrets", "task", "workflow"))
OF_ITEMS = frozenset(("answers", "request", "settings"))
"""What the process of a catalog item sees besides."""

Scope = frozenset[str]
Seen = tuple[Path, str, Scope]
"""Where an expression stands, its text, and the variables that it sees."""


def scoped(process: Process, known: Scope) -> Iterator[Seen]:
    """Every expression of a process with what it sees; `known` is what all of them see."""
    for path, text in of_flow(process.flow, ()):
        yield path, text, known
    yield from below(process.tasks, known)
    # A function sees what its caller sees, wherever that is.
    callers = (more for task in process.every_task() for _, more in lists(task))
    yield from below(process.functions.values(), known.union(*callers))


def below(tasks: Any, known: Scope) -> Iterator[Seen]:
    """The expressions of tasks and of those inside them."""
    for task in tasks:
        for path, text in of_task(task):
            yield path, text, known | own(task, path[len(task.path) :])
        for inner, more in lists(task):
            yield from below(inner, known | more)


def own(task: Task, place: Path) -> Scope:
    """What an expression of a task sees beyond the tasks around it."""
    if place[:2] in (("output", "as"), ("export", "as")):
        return frozenset(("output",))
    if isinstance(task, For) and place[:1] == ("while",):
        return frozenset((task.each, task.at))
    if isinstance(task, Listen) and place[:1] == ("foreach",):
        return frozenset((task.each, task.at))
    if isinstance(task, Try) and place[:1] == ("catch",):
        return frozenset(("error", task.catch.variable))
    return frozenset()


def lists(task: Task) -> Iterator[tuple[tuple[Task, ...], Scope]]:
    """The lists inside a task, with the variables that only they see."""
    if isinstance(task, For | Listen):
        yield task.tasks or (), frozenset((task.each, task.at))
    elif isinstance(task, Try):
        yield task.tasks, frozenset()
        yield task.catch.tasks or (), frozenset((task.catch.variable,))
    else:
        for inner in task.lists():
            yield inner, frozenset()
