"""Rules about effects, errors and events."""

from collections.abc import Iterable, Iterator
from typing import Any

from catalog.expressions import ExpressionError, is_expression, source_of, variables_read
from catalog.problems import suggestion
from catalog.processes.checks import OUTSIDE
from catalog.processes.model import (
    Call,
    Consumption,
    Emit,
    Filter,
    Listen,
    Path,
    Raise,
    Run,
    Task,
    Try,
    walk,
)
from catalog.processes.places import inside
from studio.lint.rule import Found, rule
from studio.lint.subject import Subject
from workflows.declared.faults import FAILED, OURS, REFUSED, SPELLINGS, STATUS, plain

ASKING = ("approval", "task", "ask-customer", "collect-document", "offer")
OWN = ("answers", "request", "workflow", "context", "input", "settings")
"""Variables that tell one request from another."""
NETWORK = frozenset(("communication", "authentication", "authorization"))


@rule("repeated-by-retry", "warning")
def repeated_by_retry(subject: Subject) -> Iterator[Found]:
    """An event, or a question to people, in a `try` with `retry`: each attempt repeats it.

    What steps have changed is not done again.
    """
    for task in subject.tasks:
        if not isinstance(task, Try) or task.catch.retry is None:
            continue
        for inner in walk(task.tasks):
            asks = isinstance(inner, Call) and inner.function in ASKING
            if asks or isinstance(inner, Emit):
                what = "asks people again" if asks else "publishes the event again"
                message = f"each attempt {what} in `{inner.name}`"
                hint = f"Keep only what may fail inside the `try`, and move `{inner.name}` out"
                yield Found(inner.path, message, hint)


@rule("charge-kept", "warning")
def charge_kept(subject: Subject) -> Iterator[Found]:
    """A charge in a `try` whose `catch` goes on without giving the money back."""
    for task in subject.tasks:
        if not isinstance(task, Try) or task.catch.retry is not None:
            continue
        caught = list(walk(task.catch.tasks or ()))
        mended = any(isinstance(one, Call) and one.function in ("undo", "refund") for one in caught)
        if mended or any(isinstance(one, Raise) for one in caught):
            continue
        inner = list(walk(task.tasks))
        for index, one in enumerate(inner[:-1]):
            later = (other for other in inner[index + 1 :] if isinstance(other, Call | Run | Raise))
            if isinstance(one, Call) and one.function == "charge" and any(True for _ in later):
                message = f"if a later task fails, what `{one.name}` took is kept"
                hint = "Call `undo` under `catch.do`, or raise an error that ends the request"
                yield Found(one.path, message, hint)


@rule("nothing-to-catch", "warning")
def nothing_to_catch(subject: Subject) -> Iterator[Found]:
    """A `catch` of an error that nothing in its `try` can raise, such as a misspelt type."""
    for task in subject.tasks:
        wanted = task.catch.errors.get("type") if isinstance(task, Try) else None
        if not isinstance(task, Try) or not isinstance(wanted, str) or is_expression(wanted):
            continue
        if not can_raise(subject, list(walk(task.tasks)), plain(wanted)):
            at = (*task.path, "catch", "errors", "with", "type")
            hint = f"Errors of ours are `{REFUSED}` and `{FAILED}`; look at the spelling"
            yield Found(at, "nothing in this `try` raises such an error", hint)


def can_raise(subject: Subject, tasks: list[Task], wanted: str) -> bool:
    """Whether some task may raise an error of this type."""
    calls = [task for task in tasks if isinstance(task, Call)]
    hidden = any(task.function in subject.process.functions for task in calls)
    if hidden or any(isinstance(task, Run) for task in tasks):
        return True
    raised = [task.error.get("type") for task in tasks if isinstance(task, Raise)]
    if any(
        not isinstance(one, str) or is_expression(one) or plain(one) == wanted for one in raised
    ):
        return True
    outside = any(task.function in OUTSIDE for task in calls)
    if wanted in (REFUSED, FAILED):
        return bool(calls)
    if wanted in NETWORK:
        return outside
    if wanted == "timeout":
        return outside or any(task.timeout is not None or isinstance(task, Try) for task in tasks)
    return wanted in STATUS


@rule("misspelt-error", "error")
def misspelt_error(subject: Subject) -> Iterator[Found]:
    """An error that is nearly one of ours or of the DSL's: it would mean an incident."""
    for task in raises(subject):
        kind = task.error["type"]
        if kind.startswith(OURS) and kind not in (REFUSED, FAILED):
            message = f"there is no error `{kind}`"
            yield Found(type_place(task), message, suggestion(kind, (REFUSED, FAILED)))
        elif (spelt := SPELLINGS.match(kind)) and spelt["name"] not in STATUS:
            message = f"the DSL has no error `{spelt['name']}`"
            yield Found(type_place(task), message, suggestion(spelt["name"], STATUS))


@rule("uncaught-error", "warning")
def uncaught_error(subject: Subject) -> Iterator[Found]:
    """An error of one's own that is raised and that nothing catches: it ends in an incident."""
    if subject.item is None or not subject.first:
        return
    for task in raises(subject):
        kind = task.error["type"]
        if kind.startswith(OURS) or any(catches(one, kind) for one in tries_around(subject, task)):
            continue
        hint = f"Catch it in a `try` around it, or raise `{REFUSED}` or `{FAILED}`"
        yield Found(task.path, f"nothing catches what `{task.name}` raises", hint)


def raises(subject: Subject) -> Iterator[Raise]:
    """Every task that raises an error whose type is written down."""
    for task in subject.tasks:
        if isinstance(task, Raise):
            kind = task.error.get("type")
            if isinstance(kind, str) and not is_expression(kind):
                yield task


def type_place(task: Raise) -> Path:
    """Where the type of an error is written: at its task, or under the name that it has."""
    named = task.source["raise"]["error"]
    if isinstance(named, str):
        return ("use", "errors", named, "type")
    return (*task.path, "raise", "error", "type")


def tries_around(subject: Subject, task: Task) -> Iterator[Try]:
    """The `try` tasks in whose lists a task stands."""
    for one in subject.tasks:
        if isinstance(one, Try) and task.path[: len(one.path) + 1] == (*one.path, "try"):
            yield one


def catches(task: Try, kind: str) -> bool:
    """Whether a `try` may catch an error of this type."""
    wanted = task.catch.errors.get("type", kind)
    return not isinstance(wanted, str) or is_expression(wanted) or plain(wanted) == plain(kind)


@rule("any-event", "warning")
def any_event(subject: Subject) -> Iterator[Found]:
    """A `listen` that does not say whose events are meant, so that any customer's is taken."""
    for task in subject.tasks if subject.item else ():
        if isinstance(task, Listen):
            for path, one in filters(task.to, (*task.path, "listen", "to")):
                if not any(tells_apart(text) for text in expressions_of(one)):
                    message = "any customer's event would be taken"
                    hint = (
                        "Add `correlate: {request: {from: .data.request, "
                        "expect: '${ $request.id }'}}`"
                    )
                    yield Found(path, message, hint)


def filters(to: Consumption, at: Path) -> Iterator[tuple[Path, Filter]]:
    """The filters of a listener with their places."""
    for index, one in enumerate(to.filters):
        yield ((*at, "one") if to.mode == "one" else (*at, to.mode, index)), one


def expressions_of(one: Filter) -> Iterator[str]:
    """The expressions by which a filter judges an event."""
    given: Iterable[Any] = [one.attributes, *(how.get("expect") for how in one.correlate.values())]
    return (text for each in given for _, text in inside(each, ()))


def tells_apart(text: str) -> bool:
    """Whether an expression reads something of the request."""
    try:
        return bool(variables_read(source_of(text)) & set(OWN))
    except ExpressionError:
        return True
