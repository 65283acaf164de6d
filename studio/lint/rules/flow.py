"""Rules about where a process goes."""

from collections.abc import Iterator

from catalog.processes.model import CONTINUE, Fork, Switch, Task, Try
from studio.lint.graph import OVER, onward
from studio.lint.rule import Found, rule
from studio.lint.subject import Subject

Tasks = tuple[Task, ...]


@rule("unreachable-task", "warning")
def unreachable_task(subject: Subject) -> Iterator[Found]:
    """A task that nothing leads to, which therefore never runs."""
    reachable = subject.graph.reachable
    for tasks in subject.lists():
        outer = subject.process.tasks is tasks or outer_path(tasks) in reachable
        before = True
        for task in tasks:
            there = task.path in reachable
            if outer and before and not there:
                hint = "Name it in a `then` of its list, or take it out"
                yield Found(task.path, f"nothing leads to `{task.name}`", hint)
            before = there


def outer_path(tasks: Tasks) -> tuple[str | int, ...]:
    """The path of the task that a list lies in."""
    path = tasks[0].path if tasks else ()
    for keys in (("fork", "branches"), ("foreach", "do"), ("catch", "do")):
        if path[-4:-2] == keys:
            return path[:-4]
    return path[:-3]


@rule("fall-through", "warning")
def fall_through(subject: Subject) -> Iterator[Found]:
    """A branch of a `switch` that runs on into the next one, since tasks go on in list order.

    Where that is meant, an explicit `then` says so.
    """
    for tasks in subject.lists():
        targets = targets_of(tasks)
        for index, task in enumerate(tasks[:-1]):
            following = tasks[index + 1].name
            if following in targets and runs_on(task) and in_branch(tasks, index, targets):
                message = f"`{task.name}` runs on into `{following}`, another branch"
                hint = f"Say where to go: `then: end`, or `then: {following}` if that is meant"
                yield Found(task.path, message, hint)


def targets_of(tasks: Tasks) -> set[str]:
    """The tasks that cases of a switch go to by name."""
    return {case.then for task in tasks if isinstance(task, Switch) for case in task.cases}


def runs_on(task: Task) -> bool:
    """Whether a task may go on to the next one without saying so."""
    return (
        not isinstance(task, Switch)
        and bool({None, CONTINUE} & set(onward(task)))
        and not task.then
    )


def in_branch(tasks: Tasks, index: int, targets: set[str]) -> bool:
    """Whether a task belongs to a branch of a switch."""
    while tasks[index].name not in targets:
        if index == 0 or isinstance(tasks[index - 1], Switch):
            return index > 0
        if not runs_on(tasks[index - 1]):
            return False
        index -= 1
    return True


@rule("loop-without-end", "error")
def loop_without_end(subject: Subject) -> Iterator[Found]:
    """Tasks that jump back to one another with no way out, so that no request ever ends."""
    graph = subject.graph
    for tasks in subject.lists():
        for task in tasks:
            after = graph.after(task.path)
            if task.path in graph.reachable and task.path in after and OVER not in after:
                hint = "Add a case that leaves the loop, such as `then: end`"
                yield Found(task.path, f"the loop through `{task.name}` has no way out", hint)
                break


@rule("single-branch", "warning")
def single_branch(subject: Subject) -> Iterator[Found]:
    """A `fork` of one branch, which runs nothing side by side."""
    for task in subject.tasks:
        if isinstance(task, Fork) and len(task.branches) == 1:
            hint = "Add the other branches, or write `do:` instead"
            yield Found((*task.path, "fork"), "this fork has one branch only", hint)


@rule("catches-everything", "warning")
def catches_everything(subject: Subject) -> Iterator[Found]:
    """A `catch` that takes every error and does nothing, so that failures go unnoticed."""
    for task in subject.tasks:
        if not isinstance(task, Try):
            continue
        catch = task.catch
        narrow = catch.errors or catch.when or catch.except_when
        if not (narrow or catch.retry or catch.tasks or catch.then) and "catch" in task.source:
            message = "this catch swallows every error without a trace"
            hint = "Name the errors under `errors.with`, or say under `do` what to do then"
            yield Found((*task.path, "catch"), message, hint)
