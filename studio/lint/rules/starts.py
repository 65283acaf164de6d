"""Rules about how requests begin: examples and schedules."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from catalog.examples import AnyOption, answers_for
from catalog.expressions import ExpressionError, Jq, source_of, variables_read
from catalog.forms.nodes import facts_of
from catalog.processes.model import Case, Switch
from ground import clock
from studio.lint.rule import Found, rule
from studio.lint.subject import Subject

ENGINE = Jq()
KNOWN = frozenset(("answers", "settings"))


@rule("schedule-needs-answers", "error")
def schedule_needs_answers(subject: Subject) -> Iterator[Found]:
    """A process that starts by itself, and a form with required answers that nobody gives."""
    form = subject.definition.form
    if not subject.first or not subject.process.schedule or form is None:
        return
    if form.shape.required:
        needed = ", ".join(f"`{name}`" for name in sorted(form.shape.required))
        message = f"it starts by itself, and nobody answers {needed}"
        yield Found(("schedule",), message, "Name a form that requires no answers")


@rule("untried-case", "warning")
def untried_case(subject: Subject) -> Iterator[Found]:
    """A case of a `switch` on answers that no example of the item takes.

    Cases for uploaded documents are left out: an example has none.
    """
    if subject.item is None or not subject.first:
        return
    examples = example_answers(subject, clock.now().date())
    for task in subject.tasks:
        if isinstance(task, Switch) and all(map(judges_answers, task.cases)):
            taken = {taken_by(task, answers, subject.item.settings) for answers in examples}
            for case in task.cases:
                if case.name not in taken and not asks_for_upload(subject, case):
                    message = f"no example takes the case `{case.name}`"
                    yield Found(case.path, message, "Add an example with answers that take it")


def judges_answers(case: Case) -> bool:
    """Whether a case depends on nothing but answers and settings, or always matches."""
    if case.when is None:
        return True
    try:
        read = variables_read(source_of(case.when))
    except ExpressionError:
        return False
    return bool(read) and read <= KNOWN


def asks_for_upload(subject: Subject, case: Case) -> bool:
    """Whether a case depends on a document that customers upload."""
    site, form = subject.site((*case.path, "when")), subject.definition.form
    if site is None or form is None:
        return False
    read = {name for owner, name in site.reader.reads if owner == "answers"}
    known = form.shape.known
    return any(facts_of(known[name]).widget == "file" for name in read & known.keys())


def example_answers(subject: Subject, today: date) -> list[dict[str, Any]]:
    """The answers of every example, with the words for days filled in."""
    assert subject.item
    return [answers_for(one, AnyOption(today, one.answers)) for one in subject.item.examples]


def taken_by(task: Switch, answers: dict[str, Any], settings: dict[str, Any]) -> str | None:
    """The case that answers take."""
    for case in task.cases:
        if case.when is None:
            return case.name
        try:
            seen = {"answers": answers, "settings": settings}
            if ENGINE.evaluate(source_of(case.when), answers, seen) not in (False, None):
                return case.name
        except ExpressionError:
            # What these answers cannot be judged by takes no case.
            return None
    return None
