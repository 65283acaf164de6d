"""Loops carry only the round that they are in, however often they have gone round.

At the end of each round it is journalled where the next begins and with what, and what the round
has journalled is forgotten. A new run begins with the present round.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catalog.processes.model import CONTINUE, DIRECTIVES, END, EXIT, For, Switch, Task, Try
from workflows.declared.data import Frame, holds, transformed
from workflows.declared.faults import Fault
from workflows.declared.memory import Local
from workflows.declared.trail import Ended
from workflows.request import RequestWorkflow

if TYPE_CHECKING:
    from workflows.declared.interpreter import Interpreter

COUNTED = re.compile(r"\.\d+$")


class Mark:
    """Where a loop has come to, in the journal."""

    def __init__(self, request: RequestWorkflow, local: Local) -> None:
        self.request, self.local, self.journal = request, local, request.journal
        self.key = self.journal.key("round")
        self.kept = self.journal.results.get(self.key)
        """Where the round begins, if it is not the first: `at`, `data`."""

    def load(self) -> dict[str, Any] | None:
        """Where a new run begins; what was kept until then is in the memory again."""
        if self.kept is not None:
            self.local.memory.load(self.kept["memory"])
            self.journal.counts.update(self.kept["counts"])
        return self.kept

    async def move(self, at: Any, data: Any, names: set[str]) -> None:
        """A round is over: the next begins at `at`. Forget the tasks of these names.

        Not while something that was begun in the round still runs: a new run begins it again.
        """
        if not self.local.has_jobs and self.forget(names):
            self.journal.results[self.key] = {
                "at": at,
                "data": data,
                "memory": self.local.memory.dump(),
                "counts": dict(self.journal.counts),
            }
        await self.request.continue_if_long()

    def forget(self, names: set[str]) -> bool:
        """Forget what tasks of these names have journalled here; whether there was anything."""
        path = self.journal.path

        def is_over(key: str) -> bool:
            name, below, _ = key[len(path) :].partition("/")
            return bool(below) and (name in names or COUNTED.sub("", name) in names)

        return self.journal.drop_if(lambda key: key.startswith(path) and is_over(key))


async def run_list(
    interpreter: "Interpreter", tasks: tuple[Task, ...], data: Any, local: Local
) -> Any:
    """The output of tasks run one after the other, or where they jump to."""
    places = {task.name: index for index, task in enumerate(tasks)}
    mark = Mark(interpreter.request, local) if goes_back(tasks, places) else None
    index = 0
    if mark and (kept := mark.load()):
        index, data = place_of(kept["at"], places), kept["data"]
    while index < len(tasks):
        data, directive = await interpreter.perform(tasks[index], data, local)
        if directive in (None, CONTINUE):
            index += 1
        elif directive == EXIT:
            break
        elif directive == END:
            raise Ended(data)
        else:
            target = places[directive]
            if mark and target <= index:
                await mark.move(directive, data, set(places))
            index = target
    return data


def place_of(name: str, places: dict[str, int]) -> int:
    """Where a task is that a loop goes on with. Raises a `Fault` when a new version lacks it."""
    if name not in places:
        raise Fault.standard("configuration", f"There is no task `{name}` to go on with.")
    return places[name]


def goes_back(tasks: tuple[Task, ...], places: dict[str, int]) -> bool:
    """Whether some task of a list may jump to itself or to one before it."""
    return any(
        places.get(target, index + 1) <= index
        for index, task in enumerate(tasks)
        for target in jumps(task)
    )


def jumps(task: Task) -> Iterator[str]:
    """The names of the tasks that a task may jump to."""
    targets = [task.then]
    if isinstance(task, Switch):
        targets += [case.then for case in task.cases]
    if isinstance(task, Try):
        targets.append(task.catch.then)
    return (target for target in targets if target is not None and target not in DIRECTIVES)


async def run_for(
    interpreter: "Interpreter", task: For, given: Any, frame: Frame, local: Local
) -> Any:
    """The output of the last round of a `for`; its input where there is none."""
    items = transformed(task.collection, given, frame)
    if not isinstance(items, list):
        raise Fault.standard("expression", f"`in` gives no list, but {type(items).__name__}")
    mark = Mark(interpreter.request, local)
    kept = mark.load() or {"at": 0, "data": given}
    data, journal = kept["data"], interpreter.journal
    for index in range(kept["at"], len(items)):
        own = local.having(**{task.each: items[index], task.at: index})
        frame.variables = interpreter.variables(own)
        with journal.within(journal.key(str(index))):
            if task.loop_while and not holds(task.loop_while, data, frame):
                break
            data = await run_list(interpreter, task.tasks, data, own)
        await mark.move(index + 1, data, {str(index)})
    return data
