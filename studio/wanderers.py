"""Virtual people who give every answer in turn, and sometimes none."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlmodel import Session

from catalog.forms import Form
from catalog.processes.reading import texts
from catalog.versions import Version
from services import forms
from store.requests import Request
from store.tasks import Task
from studio.choices import Path
from studio.filling import asked, filled
from studio.people import Person
from studio.population import Population, steps_of
from studio.variants import EMPTY, alternatives, deciding, limits_in, spend_all

NOBODY = "nobody"
ANSWERED = "answered"
AS_IT_COMES = "as it comes"
OFTEN = 3
"""From then on a question that comes again is given each answer in turn: nobody goes in circles."""
TIRED = 7
"""From then on nobody answers it: no answer leads out of the circle."""


class Wanderers(Population):
    """The people of one run: at each question they take the alternative that is to be tried."""

    def __init__(self, like: Population, version: Version, path: Path) -> None:
        super().__init__(like.database, like.files)
        self.version, self.path = version, path
        self.numbers = limits_in(version)
        self.read = deciding(version.process) | set(texts(version.process or {}))

    def who_answers(self, task: Task) -> Person | None:
        """Somebody who answers as is to be tried, unless nobody is to."""
        form = self.version.form(task.form)
        place = "/".join(sorted(self.database.read_now(steps_of, task)))
        question = f"{task.form} of {task.group or task.audience} in {place}"
        self.path.asked.append(len(self.path.taken))
        again = Counter(asked for asked, _ in self.path.taken)[question]
        decisions = decisions_of(form)
        chosen = self.path.choose(question, ways(decisions, again))
        if chosen == NOBODY:
            return None
        given = {} if chosen == ANSWERED else {"decision": chosen}
        answers = self.database.read_now(self.varied, form, task, given)
        return Person(answers=answers, complete=True)

    def act(self, now: datetime) -> bool:
        """As everybody does; whoever has nothing spends whatever comes in meanwhile."""
        if self.request and any(chosen == EMPTY for _, chosen in self.path.taken):
            self.database.write_now(spend_all, self.request.customer_id)
        return super().act(now)

    def varied(
        self, session: Session, form: Form, task: Task, given: dict[str, Any]
    ) -> dict[str, Any]:
        """The answers on which a branch depends; the others are filled in when it is answered."""
        request = session.get_one(Request, task.request_id)
        context = forms.context(session, request.customer_id, "en")
        answers = filled(form, given, context)
        there = set(answers) | asked(form, answers, context)
        for name in sorted(self.read & there - {"decision"}):
            values = alternatives(form, answers, name, self.numbers, context)
            if not values:
                continue
            chosen = self.path.choose(f"{name} of {form.name}", (AS_IT_COMES, *values))
            if chosen != AS_IT_COMES:
                given[name] = values[chosen]
        return given


def ways(decisions: tuple[str, ...], again: int) -> tuple[str, ...]:
    """What there is to choose from when a question has come so often before."""
    if again < OFTEN:
        return (*decisions, NOBODY)
    return (decisions[(again - 1) % len(decisions)],) if again < TIRED else (NOBODY,)


def decisions_of(form: Form) -> tuple[str, ...]:
    """Every decision that a task's form offers; one without any is simply answered."""
    nodes = form.shape.known.get("decision", ())
    found = [str(option.value) for node in nodes for option in node.facts.options]
    return tuple(dict.fromkeys(found)) or (ANSWERED,)
