"""What a workflow is started with, what it is told, and what it carries into a new run."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from catalog.plan import Plan
from services.tasks import Answer
from services.timeline import Entry


class Said(BaseModel):
    """How often somebody has written, and when first and last."""

    count: int
    first_at: datetime
    last_at: datetime


class Assignment(BaseModel):
    """Which account works on the request's case, by the latest revision of the case known."""

    revision: int = 0
    assignee: str | None = None


class Carried(BaseModel):
    """Everything a request's workflow remembers; the story runs again against the journal.

    `seen` is the number of the last delivery heard: the outbox delivers in order, so one number
    tells a repeat. `pending` are the timeline entries that have not travelled yet, `undos` are
    (undo activity, key of the effect), oldest first. `expected` is the group that is to act and
    until when, as the Temporal UI shows it. `events` are those that a declared process listens for,
    in the order in which they came, from number `passed` on; `listening` tells which of them each
    listener is to hear next, `lost` how many came while too many waited to be heard. `move_to` is
    the version that a mended request goes on with, `moved_to` the last one that it went on with;
    `retried` is the last incident after which what failed is to be tried again.
    `acts` is how many effects it has had since it last waited.
    """

    journal: dict[str, Any] = {}
    pending: list[Entry] = []
    undos: list[tuple[str, str]] = []
    answers: dict[str, Answer] = {}
    said: dict[str, Said] = {}
    assignment: Assignment = Assignment()
    events: list[dict[str, Any]] = []
    passed: int = 0
    listening: dict[str, int] = {}
    lost: int = 0
    move_to: Plan | None = None
    moved_to: str | None = None
    retried: int = 0
    stage: str | None = None
    expected: tuple[str, datetime | None] | None = None
    revision: int = 0
    seen: int = 1
    withdrawn: bool = False
    sealed: bool = False
    acts: int = 0


class Start(BaseModel):
    """The input of every request's workflow: ids, the definition's plan, never personal data.

    `history_limit` is the number of events after which the workflow continues as new at its next
    wait; `timeline` switches the telling off, which measurements use. `given` is the input of a
    process that is no catalog item's.
    """

    request: str
    item: str
    version: str
    submitted_at: datetime
    plan: Plan
    history_limit: int = 4000
    timeline: bool = True
    given: Any = None
    carried: Carried = Carried()


class Delivery(BaseModel):
    """One thing that people have said or done, as the outbox delivers it."""

    number: int
    kind: Literal["answer", "withdraw", "message", "amend", "assignment", "event", "move", "retry"]
    body: dict[str, Any] = {}
