"""Virtual people for simulations: who answers what, when, or never."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.durations import Duration
from store.tasks import Task

SOON = timedelta(hours=1)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Person(Strict):
    """Somebody who answers tasks, some time after they are asked.

    A person answers every task that fits all that is said here, each time with the same answers.
    """

    step: str | None = None
    """The name of the task in the process, as in `- ask-officer:`."""
    kind: str | None = None
    """What kind of task it is: `approval`, `work`, `question`, `document`, `offer`, …"""
    form: str | None = None
    """The form that the task shows."""
    group: str | None = None
    """The group that is asked."""
    answers: dict[str, Any] = {}
    after: Duration = SOON
    """How long after being asked, by the clock."""
    complete: bool = False
    """Whether to fill in what else the form asks for, as somebody in a hurry would."""
    times: int | None = Field(default=None, ge=1)
    """How many tasks the person answers; all that come if left out."""
    by: str | None = None
    """The e-mail address of who answers; somebody of the group if left out."""

    def answers_task(self, task: Task, steps: Collection[str]) -> bool:
        """Whether this person is the one to answer a task, which opened in the steps named so."""
        wanted = {"kind": self.kind, "form": self.form, "group": self.group}
        fits = all(value is None or getattr(task, name) == value for name, value in wanted.items())
        return fits and (self.step is None or self.step in steps)


class Happening(Strict):
    """Something that comes from outside, some time after the submission."""

    after: Duration
    do: Literal["withdraw", "message", "amend", "event"]
    text: str = "Any news?"
    """What the customer writes."""
    answers: dict[str, Any] = {}
    """The new answers of an amendment."""
    event: dict[str, Any] = {}
    """The CloudEvent that is published."""


class People(Strict):
    """Everybody and everything that acts on a simulated request."""

    customer: str = "customer@example.com"
    """Who submits it, by e-mail address; one of the demo customers."""
    language: Literal["en", "es", "pt"] = "en"
    people: tuple[Person, ...] = ()
    happenings: tuple[Happening, ...] = ()


class Planned(BaseModel):
    """One thing that somebody will do."""

    at: datetime
    task: str | None = None
    person: Person | None = None
    happening: Happening | None = None
