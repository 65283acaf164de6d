"""What a workflow with a case keeps an eye on, whatever it waits for: first answer and clocks."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel

from activities import cases
from activities.cases import CaseFacts, Escalate, OnCase
from activities.effects import Activity, Call, Nothing
from activities.requests import tell
from ground.messages import moment
from store.requests import StageState
from workflows.messages import Assignment
from workflows.request import B, R, RequestWorkflow

KNOWN = "case"
"""The key in the journal of how the case stands; unlike results it is replaced, not kept."""
WATCH = "case watch"
"""The key in the journal of how the case is watched."""
WARNING, DUE = "_warning", "_due"


class Clock(NamedTuple):
    """When a clock of the case comes to its warning or to its end, which its name says."""

    at: datetime
    name: str

    @property
    def path(self) -> str:
        """Under which it is journalled that people have been told."""
        return f"clock/{self.name}"


class Watch(BaseModel):
    """After which percentage of a target's time to warn which group, if any.

    `working_stage` is the one in which a case is once its customer has been answered.
    """

    warn_percent: int
    escalation_group: str | None = None
    working_stage: str | None = None


class CaseWorkflow(RequestWorkflow):
    """The base of workflows whose request may have a case."""

    @property
    def watch(self) -> Watch:
        """How the open case is watched."""
        return Watch.model_validate(self.journal.results[WATCH])

    def watch_by(self, watch: Watch) -> None:
        """Watch the case that is opened now."""
        self.journal.results[WATCH] = watch.model_dump()

    @property
    def case(self) -> CaseFacts | None:
        """How the case stands; None before it is open."""
        known = self.journal.results.get(KNOWN)
        return CaseFacts.model_validate(known) if known else None

    @property
    def responded(self) -> bool:
        """Whether the customer has been answered."""
        return self.case is not None and self.case.responded

    @property
    def due_at(self) -> datetime | None:
        """When the next target of the case is missed; None while the clocks stand still."""
        clocks = self.case.clocks if self.case else None
        targets = (clocks.first_response_due, clocks.resolution_due) if clocks else ()
        return min((at for at in targets if at), default=None)

    async def attempt(self, activity: Activity[B, R], call: Call[B], local: bool) -> R:
        """As every request does; what an effect tells of the case holds from then on."""
        result = await super().attempt(activity, call, local)
        if isinstance(result, CaseFacts):
            self.learn(result)
        return result

    def learn(self, news: CaseFacts) -> None:
        """Take note of how the case stands.

        An effect repeated for a worker that fell tells what was so the first time.
        """
        if self.case is None or news.revision > self.case.revision:
            self.journal.results[KNOWN] = news.model_dump(mode="json")
        self.know_assignment(Assignment(revision=news.revision, assignee=news.assignee))

    async def on_case(
        self, effect: Activity[OnCase, CaseFacts], at: datetime | None = None
    ) -> CaseFacts:
        """Have an effect on the case; `at` is when a person did what it follows from."""
        return await self.act(effect, OnCase(warn_percent=self.watch.warn_percent, at=at))

    async def wait(self, ready: Callable[[], bool], until: datetime | None, why: str) -> bool:
        """As every request waits; meanwhile the first answer is noted and clocks are watched."""
        while True:
            if self.just_answered:
                await self.answered(self.carried.said["staff"].first_at)
            if ready():
                return True
            clock = self.next_clock()
            moments = [at for at in (until, clock and clock.at) if at]
            if await super().wait(
                lambda: ready() or self.just_answered, min(moments, default=None), why
            ):
                continue
            if clock is None or (until and until <= clock.at):
                return False
            await self.run_out(clock)

    @property
    def just_answered(self) -> bool:
        """Whether staff have written for the first time, and it has not been noted yet."""
        return self.case is not None and not self.responded and self.messages_of("staff") > 0

    async def answered(self, at: datetime) -> None:
        """Note the first answer to the customer: from now on the case is in work."""
        with self.journal.within("first-response"):
            if working := self.watch.working_stage:
                await self.begin_work(working)
            await self.on_case(cases.first_response, at)

    async def begin_work(self, working: str) -> None:
        """Enter the stage of cases in work; whatever lies before it is no longer needed."""
        order = self.stages
        present = order.index(self.carried.stage or order[0])
        for passed in order[present + 1 : order.index(working)]:
            self.skip(passed)
        await self.stage(working)
        if self.asking:
            self.telling.move(working, StageState.WAITING_STAFF)

    def next_clock(self) -> Clock | None:
        """The running clock that people have to be told of next."""
        running = self.case.clocks.model_dump() if self.case else {}
        clocks = [Clock(at, name) for name, at in running.items() if at]
        return min((each for each in clocks if each.path not in self.journal.results), default=None)

    async def run_out(self, clock: Clock) -> None:
        """Tell staff that a target is missed, or soon will be; then a further group looks too."""
        self.journal.results[clock.path] = True
        with self.journal.within(clock.path):
            group = self.watch.escalation_group
            if clock.name.endswith(WARNING) and group:
                await self.escalate(clock, group)
            else:
                self.say(f"case.{clock.name}", visible="staff", due=moment(clock.at))
                await self.act(tell, Nothing())

    async def escalate(self, clock: Clock, group: str) -> None:
        """Show the case to a further group before its target is missed."""
        assert self.case
        due = getattr(self.case.clocks, clock.name.replace(WARNING, DUE))
        text = f"case.{clock.name}"
        self.say(text, visible="staff", due=moment(due), group=group)
        wants = Escalate(warn_percent=self.watch.warn_percent, group=group, text=text, due=due)
        await self.act(cases.escalate, wants)
