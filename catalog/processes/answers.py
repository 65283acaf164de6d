"""Whether a process reads answers at all; those of one that does not stay where they are."""

from catalog.expressions import ExpressionError, source_of, variables_read
from catalog.processes.model import Call, Flow, Process, Set
from catalog.processes.places import expressions, of_task

THEIR_NAMES = frozenset(("answers", "workflow"))
"""The variables by which expressions may read what the process was given."""
READING = "read-answers"


def may_read_answers(process: Process) -> bool:
    """Whether anything in the process could see an answer; true rather too often than too seldom.

    Nothing can where the first task is a `set` without expressions, and the answers are not named.
    """
    every = [process, *process.parts.values()]
    texts = (text for one in every for _, text in expressions(one))
    tasks = (task for one in every for task in one.every_task())
    return (
        not begins_anew(process)
        or any(isinstance(task, Call) and task.function == READING for task in tasks)
        or any(map(names_answers, texts))
    )


def begins_anew(process: Process) -> bool:
    """Whether the first task gives data of its own, without a look at what the process is given."""
    first = process.tasks[0]
    looks = any(True for _ in of_task(first))
    anew = isinstance(first, Set) and first.condition is None and first.flow == Flow()
    return anew and not looks and process.flow == Flow()


def names_answers(text: str) -> bool:
    """Whether an expression may read the answers by name."""
    try:
        return not THEIR_NAMES.isdisjoint(variables_read(source_of(text)))
    except ExpressionError:
        # It will fail, and reads nothing.
        return False
