"""Whether a request can go on with another version of its process: the judgement alone.

A request that moves runs its story again by the new process, past everything that its journal
holds. So what it has done must be there under the same path, and where it stands must be there too.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from catalog.processes.model import Call, Process, Run, Task
from catalog.processes.parsing import parse
from catalog.versions import Version
from ground.errors import FieldError

KEPT = 64
"""Processes kept in memory."""


@dataclass(frozen=True)
class Progress:
    """How far a request has come: its stage, and the journal paths of what it has done."""

    stage: str | None
    done: frozenset[str]


@dataclass(frozen=True)
class Obstacle:
    """Why a request cannot move: a message key and its parameters."""

    key: str
    params: dict[str, Any]


def obstacles(
    progress: Progress, current: Version, target: Version, wrong_answers: Iterable[FieldError] = ()
) -> list[Obstacle]:
    """What keeps a request on `current` from going on with `target`; nothing where it can.

    `wrong_answers` are the errors of its answers by the target's form. Raises `ValueError` where
    one of the two declares no process.
    """
    found = list(missing_tasks(progress.done, process_of(current), process_of(target)))
    stages = {stage.id for stage in target.item.stages}
    if progress.stage is not None and progress.stage not in stages:
        found.append(Obstacle("definitions.move_stage_gone", {"stage": progress.stage}))
    found += [
        Obstacle("definitions.move_answers", {"field": error.pointer}) for error in wrong_answers
    ]
    return found


def missing_tasks(done: Iterable[str], current: Process, target: Process) -> Iterator[Obstacle]:
    """The tasks that were done, and are not there any more or are something else."""
    for names in sorted({task_path(path, current) for path in done} - {()}):
        before, after = task_at(names, current), task_at(names, target)
        if after is None:
            yield Obstacle("definitions.move_task_gone", {"task": "/".join(names)})
        elif before is None or does(before) != does(after):
            yield Obstacle("definitions.move_task_other", {"task": "/".join(names)})


def does(task: Task) -> tuple[str, str]:
    """What kind of task it is, and what it calls or runs."""
    if isinstance(task, Call):
        return task.kind, task.function
    return task.kind, task.process if isinstance(task, Run) else ""


def task_path(journal_path: str, process: Process) -> tuple[str, ...]:
    """The names of the tasks that lead to what was done; empty where it was no task's work.

    Between them a path has numbers of rounds and attempts; after them, what a step did inside.
    """
    left, names, tasks = journal_path, list[str](), process.tasks
    while left:
        found = next(((task, rest) for task, rest in leading(left, tasks)), None)
        if found:
            task, left = found
            names.append(task.name)
            process, tasks = inside(task, process)
        elif names:
            left = left.partition("/")[2]
        else:
            break
    return tuple(names)


def leading(path: str, tasks: Iterable[Task]) -> Iterator[tuple[Task, str]]:
    """The tasks whose name the path begins with, the longest first, and the rest of the path."""
    for task in sorted(tasks, key=lambda task: len(task.name), reverse=True):
        match = re.match(rf"{re.escape(task.name)}(\.\d+)?(/|$)", path)
        if match:
            yield task, path[match.end() :]


def task_at(names: Iterable[str], process: Process) -> Task | None:
    """The task that the names lead to."""
    task, tasks = None, process.tasks
    for name in names:
        task = next((one for one in tasks if one.name == name), None)
        if task is None:
            return None
        process, tasks = inside(task, process)
    return task


def inside(task: Task, process: Process) -> tuple[Process, tuple[Task, ...]]:
    """The tasks directly inside a task, and the process that they belong to."""
    if isinstance(task, Call) and task.function in process.functions:
        return process, (process.functions[task.function],)
    if isinstance(task, Run):
        part = process.parts.get(task.process)
        return (part, part.tasks) if part else (process, ())
    return process, tuple(inner for tasks in task.lists() for inner in tasks)


def process_of(version: Version) -> Process:
    """The process that a version declares. Raises `ValueError` where it declares none."""
    if version.process is None:
        raise ValueError(f"the version {version.hash} of {version.item.id} declares no process")
    return parsed(orjson.dumps([version.process, version.processes]))


@lru_cache(KEPT)
def parsed(source: bytes) -> Process:
    """A process with those that it may run."""
    process, parts = orjson.loads(source)
    return parse(process, {name: parse(part)[0] for name, part in parts.items()})[0]
