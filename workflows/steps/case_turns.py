"""A case in the hands of agents: it goes back and forth between us and the customer until done."""

from typing import Literal

from pydantic import Field

from activities import cases
from activities.cases import HandOver, Way
from activities.effects import Nothing
from activities.requests import tell
from activities.tasks import PassOn, pass_on_note
from catalog.durations import Duration, parse_duration
from services.tasks import Answer
from store.requests import StageState
from store.tasks import Audience
from workflows.casework import CaseWorkflow
from workflows.steps.ask_customer import AskCustomer, CustomerAnswered, ask_customer
from workflows.steps.asking import Ask, ask
from workflows.steps.inputs import Facts, FormName, StageName, Wants, example


class Patience(Wants):
    """How long to wait for the customer."""

    reminders: tuple[Duration, ...] = ()
    """When to remind, counted from the question."""
    close_after: Duration
    """After which time the case closes by itself."""


class RouteCase(Wants):
    """Whether to wait until the case is resolved, and how agent and customer deal with it."""

    model_config = example(
        wait=True,
        question={"close_after": "P10D", "reminders": ["P3D", "P7D"]},
        confirmation={"close_after": "P5D"},
        resolved_stage="resolved",
    )

    wait: bool = False
    """Whether to wait until it is resolved and closed, not only until somebody has it."""
    ways: dict[str, Way] = Field(default={})
    """Group and skills by topic, for an agent who passes the case on."""
    work_form: FormName = "case-resolution"
    """The agent's form: the `decision` is `resolve`, `reassign` (to a `topic`), or a question."""
    question_form: FormName = "case-question"
    """The form by which the customer answers a question of the agent's."""
    question: Patience = Patience(close_after=parse_duration("P10D"))
    """How long to wait for the customer's answer before the case closes unresolved."""
    confirmation_form: FormName = "case-confirmation"
    """The form by which the customer confirms, or reopens the case by the `decision` `reopen`."""
    confirmation: Patience | None = None
    """How long the customer may reopen a resolved case; without it nobody is asked."""
    assigned_stage: StageName | None = None
    """The stage that begins when somebody has the case."""
    resolved_stage: StageName | None = None
    """The stage that begins when the agent has resolved it."""
    closed_stage: StageName | None = None
    """The stage that begins when it is closed."""


class Routed(Facts):
    """Who has the case, and what became of it if that was waited for."""

    assignee: str | None = None
    """The id of the account that has the case."""
    outcome: Literal["resolved", "closed"] | None = None
    """`closed` when the customer did not answer a question; null if that was not waited for."""


class CaseTurns:
    """The turns that agent and customer take; each names the one that comes next."""

    def __init__(self, request: CaseWorkflow, wants: RouteCase) -> None:
        self.request, self.wants, self.journal = request, wants, request.journal
        self.outcome = f"{self.journal.path}outcome"
        """The key in the journal of what becomes of the case."""
        self.turns = {
            "assignment": self.assignment,
            "work": self.work,
            "question": self.question,
            "confirmation": self.confirmation,
        }

    async def assignment(self) -> str:
        """Somebody has the case, or gets it as soon as they can."""
        await assigned(self.request)
        return "work"

    async def work(self) -> str | None:
        """Whoever has the case asks the customer, resolves it or passes it on."""
        request = self.request
        agent = self.journal.once("agent", lambda: request.assignee)
        if request.carried.stage is None:
            await self.reach(self.wants.assigned_stage)
        answer = await ask(request, self.task_of(agent))
        if answer is None:
            request.say("case.agent_gone", visible="staff")
            return "assignment"
        if answer.decision == "reassign":
            return await self.hand_over(answer)
        if not request.responded:
            await request.answered(answer.at)
        if answer.decision == "resolve":
            return await self.resolve(answer)
        await request.act(pass_on_note, PassOn(task=answer.task))
        await request.on_case(cases.pause, answer.at)
        return "question"

    def task_of(self, agent: str) -> Ask:
        """The task of whoever has the case; it falls away when they no longer have it."""
        assert self.request.case
        return Ask(
            kind="case-resolution",
            audience=Audience.STAFF,
            title="case.resolve",
            form=self.wants.work_form,
            group=self.request.case.group,
            assignee_id=agent,
            due_at=self.request.due_at,
            expires=False,
            on_case=True,
        )

    async def hand_over(self, answer: Answer) -> str:
        """Pass the case on to a colleague or to another group."""
        wants = HandOver(
            warn_percent=self.request.watch.warn_percent,
            at=answer.at,
            task=answer.task,
            by=answer.by,
            ways=self.wants.ways,
        )
        await self.request.act(cases.hand_over, wants)
        self.request.say("case.handed_over")
        return "assignment"

    async def resolve(self, answer: Answer) -> str | None:
        """It is done, if the customer agrees; nobody withdraws any more."""
        await self.reach(self.wants.resolved_stage)
        await self.request.act(pass_on_note, PassOn(task=answer.task))
        await self.request.on_case(cases.resolve, answer.at)
        self.journal.results[self.outcome] = "resolved"
        return "confirmation" if self.wants.confirmation else None

    async def question(self) -> str | None:
        """The customer answers, by the task or by a message; without an answer the case closes."""
        request, wants = self.request, self.wants
        messages = self.journal.once("messages", lambda: request.messages_of("customer"))
        answer = await self.ask_back("question", wants.question_form, wants.question, messages)
        if answer.outcome == "expired":
            request.say("case.closed_unanswered")
            if wants.resolved_stage:
                request.skip(wants.resolved_stage)
            self.journal.results[self.outcome] = "closed"
            return None
        if answer.task:
            await request.act(pass_on_note, PassOn(task=answer.task))
        await request.on_case(cases.resume, answer.at or request.carried.said["customer"].last_at)
        return "assignment"

    async def confirmation(self) -> str | None:
        """The customer agrees or does not; without an answer the case closes by itself."""
        request, wants = self.request, self.wants
        assert wants.confirmation
        answer = await self.ask_back("confirmation", wants.confirmation_form, wants.confirmation)
        if answer.task is None or answer.decision != "reopen":
            request.say("case.confirmed" if answer.task else "case.closed_by_itself")
            return None
        await request.act(pass_on_note, PassOn(task=answer.task))
        await request.on_case(cases.reopen, answer.at)
        request.say("case.reopened")
        self.back_to_work()
        return "assignment"

    def back_to_work(self) -> None:
        """What was resolved is in work again."""
        if self.wants.resolved_stage:
            self.request.telling.move(self.wants.resolved_stage, StageState.PENDING)
        if working := self.request.watch.working_stage:
            self.request.telling.move(working, StageState.IN_PROGRESS)

    async def ask_back(
        self, what: str, form: str, patience: Patience, messages: int | None = None
    ) -> CustomerAnswered:
        """Ask the customer; more than so many messages of theirs are an answer too."""
        wants = AskCustomer(
            kind=f"case-{what}",
            title=f"case.{what}",
            form=form,
            reminders=patience.reminders,
            wait=patience.close_after,
            messages=messages,
        )
        return await ask_customer(self.request, wants)

    async def reach(self, stage: str | None) -> None:
        """Enter a stage for good, if there is one; a later run finds it entered."""
        if stage:
            with self.journal.within(f"{self.journal.path}{stage}"):
                await self.request.stage(stage)


async def assigned(request: CaseWorkflow) -> None:
    """Find somebody for the case, however long it takes; a case that is in hands stays there."""
    case = await request.on_case(cases.assign)
    if request.assignee is None:
        request.say("case.queued")
        request.telling.expects(case.group, request.due_at)
        await request.act(tell, Nothing())
        why = f"Waiting for an agent of {case.group}"
        await request.wait(lambda: request.assignee is not None, None, why)
