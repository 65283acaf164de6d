"""What virtual people have been asked, and when they will act."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, select

from activities.tasks import open_task
from ground import clock
from ground.errors import Invalid, Refusal
from ground.messages import translate
from services import events, forms, identity, requests, tasks
from services.access import Viewer
from services.document_files import Files
from store.database import Database
from store.requests import Effect, Request
from store.tasks import Audience, Task, TaskStatus
from studio.filling import filled
from studio.people import Happening, People, Person, Planned
from studio.samples import with_documents
from studio.staff import colleague, colleagues


class Impossible(Exception):
    """What a virtual person was to do cannot be done, and why."""


AGAIN = re.compile(r"([.#~]\d+)+$")
"""What the journal adds to the name of a task that runs again."""


@dataclass
class Population:
    """Everybody who acts on one simulated request."""

    database: Database
    files: Files
    people: People = field(default_factory=People)
    planned: list[Planned] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    answered: Counter[int] = field(default_factory=Counter)
    request: Request | None = None

    def begin(self, people: People, at: datetime) -> None:
        """A request was submitted: what comes from outside is counted from here."""
        self.people = people
        self.seen, self.answered = set(), Counter()
        self.planned = [
            Planned(at=at + happening.after, happening=happening) for happening in people.happenings
        ]

    def viewer(self, email: str) -> Viewer:
        """Somebody by e-mail address, who is made up if nobody has it."""
        return self.database.write_now(colleague, email)

    def look(self, request: Request) -> None:
        """See which tasks have opened, and plan who answers them."""
        self.request = request
        for task in self.database.read_now(open_tasks, request.id):
            if task.id in self.seen:
                continue
            self.seen.add(task.id)
            found = self.who_answers(task)
            if found:
                at = task.created_at + found.after
                self.planned.append(Planned(at=at, task=task.id, person=found))

    def who_answers(self, task: Task) -> Person | None:
        """The first person who answers such tasks and has not answered enough of them."""
        steps = self.database.read_now(steps_of, task)
        for index, person in enumerate(self.people.people):
            enough = person.times is not None and self.answered[index] >= person.times
            if not enough and person.answers_task(task, steps):
                self.answered[index] += 1
                return person
        return None

    def act(self, now: datetime) -> bool:
        """Let everybody act whose time has come; whether anybody has."""
        due = sorted((one for one in self.planned if one.at <= now), key=lambda one: one.at)
        self.planned = [one for one in self.planned if one.at > now]
        for one in due:
            if one.happening:
                self.database.write_now(self.happen, one.happening)
            elif one.person and one.task:
                self.answer_or_complain(one.task, one.person)
        return bool(due)

    def is_asking(self) -> bool:
        """Whether somebody is still asked for something."""
        request = self.request
        return request is not None and bool(self.database.read_now(open_tasks, request.id))

    def answer_or_complain(self, task_id: str, person: Person) -> None:
        """Answer a task. Raises `Impossible` when its form does not take the answers."""
        try:
            self.database.write_now(self.answer, task_id, person)
        except Refusal as why:
            task = self.database.read_now(lambda session: session.get_one(Task, task_id))
            raise Impossible(f"nobody can answer `{task.form}` so: {in_words(why)}") from why

    def answer(self, session: Session, task_id: str, person: Person) -> None:
        """Answer a task that is still open."""
        task = session.get_one(Task, task_id)
        if task.status != TaskStatus.OPEN:
            return
        request = session.get_one(Request, task.request_id)
        viewer = self.who(session, task, request, person)
        answers = person.answers
        if person.complete:
            context = forms.context(session, request.customer_id, self.people.language)
            answers = filled(forms.form(session, request.version, task.form), answers, context)
        given = with_documents(session, self.files, answers, viewer)
        tasks.complete(session, viewer, task_id, given, self.people.language)

    def who(self, session: Session, task: Task, request: Request, person: Person) -> Viewer:
        """The account that answers: the one named, the customer, or a colleague who may."""
        if person.by:
            return colleague(session, person.by)
        if task.audience == Audience.CUSTOMER:
            return identity.viewer_of(session, request.customer_id)
        if task.assignee_id:
            return identity.viewer_of(session, task.assignee_id)
        group = task.group or "staff"
        viewers = [colleague(session, email, group) for email in colleagues(group)]
        return next(one for one in viewers if one.account_id not in task.excluded)

    def happen(self, session: Session, happening: Happening) -> None:
        """Let something come from outside."""
        assert self.request
        viewer = identity.viewer_of(session, self.request.customer_id)
        if happening.do == "withdraw":
            requests.withdraw(session, viewer, self.request.id)
        elif happening.do == "message":
            requests.write_message(session, viewer, self.request.id, happening.text)
        elif happening.do == "amend":
            language = self.people.language
            requests.amend(session, viewer, self.request.id, happening.answers, language)
        else:
            events.publish(session, happening.event, clock.now())


def in_words(why: Refusal) -> str:
    """A refusal in English, with every field that is wrong."""
    fields = why.fields if isinstance(why, Invalid) else []
    told = [f"{one.pointer}: {one.text or translate('en', one.key, one.params)}" for one in fields]
    return "; ".join(told) or translate("en", why.key, why.params)


def open_tasks(session: Session, request_id: str) -> list[Task]:
    """The open tasks of a request, the oldest first."""
    query = select(Task).where(Task.request_id == request_id, Task.status == TaskStatus.OPEN)
    return list(session.exec(query.order_by(Task.id)))


def steps_of(session: Session, task: Task) -> set[str]:
    """The names of the tasks of the process in which a task for people opened."""
    query = select(Effect).where(
        Effect.request_id == task.request_id, Effect.name == open_task.name
    )
    opened = next(one for one in session.exec(query) if (one.result or {})["id"] == task.id)
    path = opened.key.removeprefix(f"{task.request_id}/").split("/")
    return {AGAIN.sub("", name) for name in path}
