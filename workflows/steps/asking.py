"""Asking people: a task opens, reminds, escalates, and ends in an answer or in its expiry."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from activities import tasks as effects
from activities.tasks import Escalate, Expire, FactsOf, Remind
from services.tasks import Answer, OpenTask
from store.requests import StageState
from store.tasks import Audience, TaskStatus
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, Params, Words, in_words

SHARED_KINDS = frozenset({"approval", "offer", "question", "work"})
"""Kinds of tasks whose texts are the same for all, but for the title."""


class Ask(BaseModel):
    """What to ask of whom, until when.

    `remind_at` and `escalate_at` (to the group named) are absolute, as is `due_at`; without it, or
    if it does not expire, the task waits for ever. The question falls away once the customer has
    changed the answers beyond `revision` or written more than so many `messages`, and if it is
    `on_case`, once somebody else than its assignee works on the request's case.
    """

    kind: str
    audience: Audience
    title: Words
    params: dict[str, Any] = {}
    form: str
    group: str | None = None
    assignee_id: str | None = None
    excluded: list[str] = []
    may_delegate: bool = False
    due_at: datetime | None = None
    remind_at: list[datetime] = []
    escalate_at: list[tuple[datetime, str]] = []
    expires: bool = True
    revision: int | None = None
    messages: int | None = None
    on_case: bool = False

    @property
    def told(self) -> Params:
        """The parameters of whatever is told of the task; kinds that all share tell its title."""
        if self.kind in SHARED_KINDS or not isinstance(self.title, str):
            return self.params | {"title": in_words(self.title, self.params)}
        return self.params

    def opens(self) -> OpenTask:
        """The task that is to be opened."""
        fields = self.model_dump(include=set(OpenTask.model_fields)) | {"params": self.told}
        if not isinstance(self.title, str):
            fields["title"] = "tasks.titled"
        return OpenTask.model_validate(fields)

    def text(self, event: str) -> str:
        """The message key of what happens to a task of this kind: `asked`, `reminded`."""
        return f"tasks.{event}_{self.kind.replace('-', '_')}"

    @property
    def waiting(self) -> StageState:
        """The state of a stage that waits for this audience."""
        if self.audience == Audience.CUSTOMER:
            return StageState.WAITING_CUSTOMER
        return StageState.WAITING_STAFF

    @property
    def why(self) -> str:
        """For the Temporal UI: whom and what the request waits for."""
        whom = self.group or ("the customer" if self.audience == Audience.CUSTOMER else "staff")
        return f"Waiting for {whom}: {self.kind}"

    @property
    def owed_at(self) -> datetime | None:
        """From when on the answer is late: the first escalation, else the expiry."""
        return min((at for at, _ in self.escalate_at), default=self.due_at)

    def milestones(self) -> list[tuple[datetime, str | None]]:
        """When to remind (no group) or to escalate (to a group), the earliest first."""
        reminders: list[tuple[datetime, str | None]] = [(at, None) for at in self.remind_at]
        every = sorted([*reminders, *self.escalate_at], key=lambda milestone: milestone[0])
        return [one for one in every if self.expires_at is None or one[0] < self.expires_at]

    @property
    def expires_at(self) -> datetime | None:
        """When nobody need answer any more."""
        return self.due_at if self.expires else None


class Reply(Facts):
    """What was answered, by whom and when; nothing of it where there was no answer."""

    decision: str | None = None
    """The `decision` that was chosen; `answered` where the form has none; null without answer."""
    answers: dict[str, Any] = Field(default={})
    """The answers that `returns` names; null for what is missing, is no single value, or long."""
    task: str | None = None
    """The id of the task."""
    by: str | None = None
    """The id of the account that answered."""
    at: datetime | None = None
    """When it was answered."""


@step(internal=True)
async def ask(request: RequestWorkflow, wants: Ask) -> Answer | None:
    """Ask, wait, remind and escalate; None when nobody has answered in time."""
    request.say(wants.text("asked"), **wants.told)
    if request.carried.stage:
        request.telling.move(request.carried.stage, wants.waiting)
    request.telling.expects(wants.group or wants.audience, wants.owed_at)
    request.asking += 1
    try:
        task = await request.act(effects.open_task, wants.opens())
        answer = await answered(request, task.id, wants)
    finally:
        request.asking -= 1
    # The task has ended: there is nothing to close.
    request.let_stand(request.journal.path)
    # The request may have come to another stage meanwhile.
    if request.carried.stage and not request.asking:
        request.telling.move(request.carried.stage, StageState.IN_PROGRESS)
    return answer


async def answered(request: RequestWorkflow, task: str, wants: Ask) -> Answer | None:
    """The answer to an open task, with reminders and escalations on the way."""
    answers = request.carried.answers

    def settled() -> bool:
        return task in answers or fallen_away(request, wants)

    for at, group in wants.milestones():
        if await request.wait(settled, at, wants.why):
            break
        await insist(request, task, wants, group)
    else:
        await request.wait(settled, wants.expires_at, wants.why)
    if task in answers:
        return answers.pop(task)
    end = TaskStatus.CANCELLED if fallen_away(request, wants) else TaskStatus.EXPIRED
    return await request.act(effects.expire, Expire(task=task, end=end))


def fallen_away(request: RequestWorkflow, wants: Ask) -> bool:
    """Whether nobody need answer any more, because something else came first."""
    passed_on = wants.on_case and request.assignee != wants.assignee_id
    return passed_on or request.amended_since(wants.revision) or request.wrote_since(wants.messages)


async def insist(request: RequestWorkflow, task: str, wants: Ask, group: str | None) -> None:
    """Escalate an unanswered task to a group, or remind whoever is asked."""
    if group:
        request.say("tasks.escalated", visible="staff", group=group)
        await request.act(effects.escalate, Escalate(task=task, group=group))
    else:
        request.say(wants.text("reminded"), visible=wants.audience, **wants.told)
        await request.act(effects.remind, Remind(task=task))


async def facts_of(
    request: RequestWorkflow, answer: Answer | None, returns: Sequence[str] = ()
) -> dict[str, Any]:
    """What was answered, as the fields of a `Reply`."""
    if answer is None:
        return {}
    facts = answer.model_dump()
    if returns:
        wants = FactsOf(task=answer.task, names=list(returns))
        facts["answers"] = await request.act(effects.facts_of_answer, wants)
    return facts
