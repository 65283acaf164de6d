"""A problem report: judged, routed to somebody able, worked on, resolved, confirmed and closed."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from temporalio import workflow

from activities import cases
from activities.cases import HandOver, Way
from activities.effects import Nothing
from activities.tasks import PassOn, pass_on_note
from catalog.durations import Duration
from services.tasks import Answer
from store.requests import StageState
from store.tasks import Audience
from workflows.casework import CaseWorkflow
from workflows.messages import Start
from workflows.steps.ask_customer import AskCustomer, ask_customer
from workflows.steps.asking import Ask, ask
from workflows.steps.open_case import OpenCase, open_case
from workflows.steps.route_case import route_case
from workflows.turns import take_turns


class Patience(BaseModel):
    """When to remind the customer, and after which time the case closes by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reminders: tuple[Duration, ...] = ()
    close_after: Duration


class CaseSettings(BaseModel):
    """What the definition decides: how cases are judged, where they go, how long they wait."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    priorities: dict[str, dict[str, Literal["urgent", "high", "normal", "low"]]]
    topics: dict[str, Way]
    warn_percent: int = Field(gt=0, lt=100)
    escalation_group: str
    question: Patience
    confirmation: Patience

    @model_validator(mode="after")
    def every_urgency_has_a_priority(self) -> Self:
        urgencies = {urgency for row in self.priorities.values() for urgency in row}
        for impact, row in self.priorities.items():
            if missing := urgencies - set(row):
                raise ValueError(f"priorities.{impact} says nothing of {', '.join(missing)}")
        return self


@workflow.defn(name="case-routing")
class CaseRouting(CaseWorkflow):
    """The way of a case; it goes back and forth between us and the customer until both are done."""

    Settings = CaseSettings
    Stages = frozenset({"assigned", "in-progress", "resolved", "closed"})
    working_stage = "in-progress"

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.rules = self.settings(CaseSettings)
        self.warn_percent = self.rules.warn_percent
        self.escalation_group = self.rules.escalation_group

    @workflow.run
    async def run(self, start: Start) -> str:
        return await self.carry()

    async def story(self) -> None:
        await open_case(self, OpenCase(priorities=self.rules.priorities, ways=self.rules.topics))
        turns = {
            "assignment": self.assignment,
            "work": self.work,
            "question": self.question,
            "confirmation": self.confirmation,
        }
        await take_turns(self, turns, first="assignment")
        await self.stage("closed")
        await self.on_case(cases.close)

    async def assignment(self) -> str:
        """Somebody has the case, or gets it as soon as they can."""
        await route_case(self, Nothing())
        return "work"

    async def work(self) -> str:
        """Whoever has the case asks the customer, resolves it or passes it on."""
        agent = self.journal.once("agent", lambda: self.assignee)
        if self.carried.stage is None:
            await self.reach("assigned")
        answer = await ask(self, self.task_of(agent))
        if answer is None:
            self.say("case.agent_gone", visible="staff")
            return "assignment"
        if answer.decision == "reassign":
            return await self.hand_over(answer)
        if not self.responded:
            await self.answered(answer.at)
        if answer.decision == "resolve":
            return await self.resolve(answer)
        await self.act(pass_on_note, PassOn(task=answer.task))
        await self.on_case(cases.pause, answer.at)
        return "question"

    def task_of(self, agent: str) -> Ask:
        """The task of whoever has the case; it falls away when they no longer have it."""
        assert self.case
        return Ask(
            kind="case-resolution",
            audience=Audience.STAFF,
            title="case.resolve",
            form="case-resolution",
            group=self.case.group,
            assignee_id=agent,
            due_at=self.due_at,
            expires=False,
            on_case=True,
        )

    async def hand_over(self, answer: Answer) -> str:
        """Pass the case on to a colleague or to another group."""
        wants = HandOver(
            warn_percent=self.warn_percent,
            at=answer.at,
            task=answer.task,
            by=answer.by,
            ways=self.rules.topics,
        )
        await self.act(cases.hand_over, wants)
        self.say("case.handed_over")
        return "assignment"

    async def resolve(self, answer: Answer) -> str:
        """It is done, if the customer agrees; nobody withdraws any more."""
        await self.reach("resolved")
        await self.act(pass_on_note, PassOn(task=answer.task))
        await self.on_case(cases.resolve, answer.at)
        return "confirmation"

    async def question(self) -> str | None:
        """The customer answers, by the task or by a message; without an answer the case closes."""
        messages = self.journal.once("messages", lambda: self.messages_of("customer"))
        answer = await self.ask_back("question", self.rules.question, messages)
        if answer is None and not self.wrote_since(messages):
            self.say("case.closed_unanswered")
            self.skip("resolved")
            return None
        if answer:
            await self.act(pass_on_note, PassOn(task=answer.task))
        at = answer.at if answer else self.carried.said["customer"].last_at
        await self.on_case(cases.resume, at)
        return "assignment"

    async def confirmation(self) -> str | None:
        """The customer agrees or does not; without an answer the case closes by itself."""
        answer = await self.ask_back("confirmation", self.rules.confirmation)
        if answer is None or answer.decision != "reopen":
            self.say("case.confirmed" if answer else "case.closed_by_itself")
            return None
        await self.act(pass_on_note, PassOn(task=answer.task))
        await self.on_case(cases.reopen, answer.at)
        self.say("case.reopened")
        self.telling.move("resolved", StageState.PENDING)
        self.telling.move(self.working_stage, StageState.IN_PROGRESS)
        return "assignment"

    async def ask_back(
        self, what: str, patience: Patience, messages: int | None = None
    ) -> Answer | None:
        """Ask the customer; more than so many messages of theirs are an answer too."""
        wants = AskCustomer(
            kind=f"case-{what}",
            title=f"case.{what}",
            form=f"case-{what}",
            reminders=patience.reminders,
            wait=patience.close_after,
            messages=messages,
        )
        return await ask_customer(self, wants)

    async def reach(self, stage: str) -> None:
        """Enter a stage for good; a later run finds it entered."""
        with self.journal.within(f"{self.journal.path}{stage}"):
            await self.stage(stage)
