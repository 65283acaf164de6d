"""Virtual people who give every answer in turn, and sometimes none."""

from collections import Counter
from typing import Any

from sqlmodel import Session

from catalog.forms import Form
from catalog.versions import Version
from services import forms
from store.requests import Request
from store.tasks import Task
from studio.choices import Path
from studio.filling import filled
from studio.people import Person
from studio.population import Population

NOBODY = "nobody"
ANSWERED = "answered"
OFTEN = 2
"""From then on a question that comes again is given its first answer: nobody goes in circles."""


class Wanderers(Population):
    """The people of one run: at each question they take the alternative that is to be tried."""

    def __init__(self, like: Population, version: Version, path: Path) -> None:
        super().__init__(like.database, like.files)
        self.version, self.path = version, path

    def who_answers(self, task: Task) -> Person | None:
        """Somebody who answers as is to be tried, unless nobody is to."""
        form = self.version.form(task.form)
        question = f"{task.form} of {task.group or task.audience}"
        again = Counter(asked for asked, _ in self.path.taken)[question]
        decisions = decisions_of(form)
        alternatives = (*decisions, NOBODY) if again < OFTEN else decisions[:1]
        chosen = self.path.choose(question, alternatives)
        if chosen == NOBODY:
            return None
        return Person(answers=self.database.read_now(self.answers, form, task, chosen))

    def answers(self, session: Session, form: Form, task: Task, decision: str) -> dict[str, Any]:
        """A whole answer with this decision."""
        request = session.get_one(Request, task.request_id)
        given = {} if decision == ANSWERED else {"decision": decision}
        return filled(form, given, forms.context(session, request.customer_id, "en"))


def decisions_of(form: Form) -> tuple[str, ...]:
    """Every decision that a task's form offers; one without any is simply answered."""
    nodes = form.shape.known.get("decision", ())
    found = [str(option.value) for node in nodes for option in node.facts.options]
    return tuple(dict.fromkeys(found)) or (ANSWERED,)
