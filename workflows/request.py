"""What every request's workflow shares: its story, its effects, its waits and its end.

A subclass writes `story`, which reads as the process. Withdrawal cancels the story; whatever had an
effect is then undone in reverse, and the request ends in exactly one way.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any, ClassVar, NoReturn, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from activities import requests as request_effects
from activities.effects import REFUSED, REGISTRY, Activity, Call, Patience, Undo
from activities.requests import Ending, Seal
from ground.messages import ref
from services.requests import Sealing
from services.tasks import Answer
from store.requests import StageState, Status
from workflows.ends import see_out
from workflows.journal import Journal
from workflows.messages import Assignment, Delivery, Said, Start
from workflows.timeline import Telling

B = TypeVar("B")
R = TypeVar("R")
S = TypeVar("S", bound=BaseModel)

MOMENT = timedelta(milliseconds=100)
"""Between the first two attempts of an effect inside a worker."""
ATTEMPT_TIMEOUT = timedelta(seconds=30)
EFFECT_FAILED = (ActivityError, ApplicationError)
"""A regular activity's failure arrives wrapped, a local one's bare."""
PATIENCE = timedelta(minutes=1)
"""How long a withdrawal waits for an effect under way before it gives up on its answer."""


class Refused(Exception):
    """The request ends here, for a reason its customer can read: a message key and parameters."""

    def __init__(self, key: str, **params: Any) -> None:
        super().__init__(key)
        self.key, self.params = key, params


class Failed(Refused):
    """The request cannot be carried out, through no fault of its customer."""


class RequestWorkflow:
    """The base of every request's workflow."""

    Settings: ClassVar[type[BaseModel]]
    """The settings that the definition gives this workflow."""
    Stages: ClassVar[frozenset[str]] = frozenset()
    """The stages that the story enters or skips, which every definition must list."""

    def __init__(self, start: Start) -> None:
        self.start, self.carried = start, start.carried
        self.journal = Journal(self.carried.journal)
        self.telling = Telling(start, self.journal)
        self.under_way = 0
        self.asking = 0
        """How many people are being asked now."""
        self.moving_on = False
        self.story_task: asyncio.Task[None] | None = None

    async def story(self) -> None:
        """The process, from its first step to its last."""
        raise NotImplementedError

    async def carry(self) -> str:
        """Run the story to its end and return the outcome."""
        self.journal.begin()
        self.story_task = asyncio.create_task(self.whole_story())
        if self.carried.withdrawn:
            self.story_task.cancel()
        try:
            await self.story_task
        except Refused as why:
            status = Status.FAILED if isinstance(why, Failed) else Status.REFUSED
            return await self.end(status, ref(why.key, **why.params))
        except asyncio.CancelledError:
            if self.carried.withdrawn:
                return await self.end(Status.WITHDRAWN)
            return await self.end(Status.TERMINATED)
        return await self.end(Status.COMPLETED)

    async def whole_story(self) -> None:
        """The story, and then no way back: a withdrawal that came before its end still counts."""
        await self.story()
        if self.start.plan.customer_can.withdraw_until and not self.carried.sealed:
            await self.pass_point_of_no_return()

    async def end(self, status: Status, reason: dict[str, Any] | None = None) -> str:
        """Undo what must not stay, and close the request."""
        if status != Status.COMPLETED:
            await self.undo_all()
        self.telling.ended(status)
        await self.act(request_effects.close, Ending(status=status, reason=reason))
        return status.value

    # What a story says

    def settings(self, model: type[S]) -> S:
        """The definition's settings for this workflow, typed."""
        return model.model_validate(self.start.plan.settings)

    def say(self, text: str, visible: Any = "customer", **params: Any) -> None:
        """Tell the timeline: a message key and its parameters."""
        self.telling.say(text, params=params, visible=visible)

    async def stage(self, stage: str) -> None:
        """Enter a stage; the one before is done. Past the point of no return nobody withdraws.

        A new run has entered it already, and may have come further since.
        """
        key = self.journal.key("stage")
        if key in self.journal.results:
            return
        before = self.carried.stage or self.stages[0]
        if stage != before:
            self.telling.move(before, StageState.DONE)
        if self.ends_withdrawal(stage) and not self.carried.sealed:
            await self.pass_point_of_no_return()
        self.telling.move(stage, StageState.IN_PROGRESS)
        self.journal.results[key] = True

    def skip(self, stage: str) -> None:
        """Tell that this request does not need a stage."""
        self.telling.move(stage, StageState.SKIPPED)

    @property
    def stages(self) -> list[str]:
        """The ids of the definition's stages, in order."""
        return [stage.id for stage in self.start.plan.stages]

    def ends_withdrawal(self, stage: str) -> bool:
        """Whether the stage lies beyond the last one in which the customer may withdraw."""
        last = self.start.plan.customer_can.withdraw_until
        if last is None:
            return False
        order = self.stages
        return order.index(stage) > order.index(last)

    async def pass_point_of_no_return(self, revision: int | None = None) -> bool:
        """From here on the request is carried out; a withdrawal that came first stops it here.

        False, and one may still turn back, when the customer has changed the answers since
        `revision`.
        """
        outcome = await self.act(request_effects.seal, Seal(revision=revision))
        if outcome == Sealing.WITHDRAWN:
            # The withdrawal is on its way and will cancel this story.
            await workflow.wait_condition(lambda: False)
        self.carried.sealed = outcome == Sealing.SEALED
        return self.carried.sealed

    def amended_since(self, revision: int | None) -> bool:
        """Whether the customer is known to have changed the answers since a revision."""
        return revision is not None and self.carried.revision > revision

    @property
    def assignee(self) -> str | None:
        """The account that works on the request's case, as far as is known."""
        return self.carried.assignment.assignee

    def messages_of(self, role: str) -> int:
        """How often the `customer` or `staff` are known to have written."""
        said = self.carried.said.get(role)
        return said.count if said else 0

    def wrote_since(self, messages: int | None) -> bool:
        """Whether the customer is known to have written more than so many messages."""
        return messages is not None and self.messages_of("customer") > messages

    # What a story does

    async def act(self, activity: Activity[B, R], body: B, local: bool = True) -> R:
        """Have an effect, exactly once, and return its result.

        What can be undone is noted before the attempt, since a failed attempt may have had its
        effect. Raises `Refused` when a rule of the house says no.
        """
        key = self.journal.key(activity.name)
        if key in self.journal.results:
            return activity.load(self.journal.results[key])
        if self.moving_on:
            await self.move_on()
        call = Call[Any](
            request=self.start.request,
            key=f"{self.start.request}/{key}",
            at=workflow.now(),
            entries=self.telling.take(),
            body=body,
        )
        for undo in activity.undo:
            self.carried.undos.append((undo.name, call.key))
        result = await self.shielded(self.attempt(activity, call, local))
        self.journal.results[key] = activity.dump(result)
        return result

    async def shielded(self, attempt: Awaitable[R]) -> R:
        """Let an effect under way come to its end even when the story is cancelled meanwhile."""
        job = asyncio.ensure_future(attempt)
        self.under_way += 1
        self.carried.acts += 1
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            # One that keeps failing is not waited for: its undo knows whether it had an effect.
            try:
                await see_out([job], PATIENCE)
            finally:
                job.cancel()
            raise
        finally:
            self.under_way -= 1

    async def attempt(self, activity: Activity[B, R], call: Call[B], local: bool) -> R:
        """Try near at hand first; what does not succeed there is retried where ops can see it."""
        try:
            if local:
                try:
                    return await self.run_local(activity, call)
                except EFFECT_FAILED as error:
                    if refusal(error):
                        raise
            return await workflow.execute_activity(  # type: ignore[no-any-return]
                activity.name,
                call,
                result_type=activity.result,
                start_to_close_timeout=ATTEMPT_TIMEOUT,
                retry_policy=until_mended(activity.patience),
                summary=activity.summary,
            )
        except EFFECT_FAILED as error:
            why = refusal(error)
            if why is None:
                raise
            self.telling.put_back(call.entries)
            raise Refused(why.details[0], **why.details[1]) from error

    async def run_local(self, activity: Activity[B, R], call: Call[B]) -> R:
        """A few attempts inside this worker, which cost no round trip to the engine."""
        return await workflow.execute_local_activity(  # type: ignore[no-any-return]
            activity.name,
            call,
            result_type=activity.result,
            start_to_close_timeout=ATTEMPT_TIMEOUT,
            retry_policy=RetryPolicy(
                initial_interval=MOMENT, maximum_attempts=activity.patience.at_once
            ),
            summary=activity.summary,
        )

    async def together(self, **branches: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
        """Run branches side by side; if one fails, the others come to their end first."""

        async def branch(name: str) -> Any:
            with self.journal.within(key_of[name]):
                return await branches[name]()

        key_of = {name: self.journal.key(name) for name in branches}
        results = await asyncio.gather(*map(branch, branches), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return dict(zip(branches, results, strict=True))

    async def undo_all(
        self, below: tuple[str, ...] = ("",), only: Collection[str] | None = None
    ) -> int:
        """Take back every effect, the latest first, as far as it can be; how many there were.

        With `below`, only those of the steps whose journal keys begin with one of these; with
        `only`, only by the undo activities of these names.
        """
        wanted = tuple(f"{self.start.request}/{path}" for path in below)
        undos = [
            (name, key)
            for name, key in self.carried.undos
            if key.startswith(wanted) and (only is None or name in only)
        ]
        for name, key in reversed(undos):
            # Closing the request tries what is refused here once more, and tells staff.
            with self.journal.within(f"undo/{key}"), contextlib.suppress(Refused):
                await self.act(REGISTRY[name], Undo(of=key))
            self.carried.undos.remove((name, key))
        return len(undos)

    def let_stand(self, below: str) -> None:
        """What the steps did whose journal keys begin so is not taken back any more."""
        begins = f"{self.start.request}/{below}"
        self.carried.undos = [
            (name, key) for name, key in self.carried.undos if not key.startswith(begins)
        ]

    # What a story waits for

    def now(self) -> datetime:
        """The present moment; the same one when the story runs again."""
        return datetime.fromisoformat(self.journal.once("now", lambda: workflow.now().isoformat()))

    async def wait(self, ready: Callable[[], bool], until: datetime | None, why: str) -> bool:
        """Wait for people or for time: True once `ready`, False when `until` has passed."""
        while not ready():
            await self.continue_if_long()
            left = None if until is None else until - workflow.now()
            if left is not None and left <= timedelta():
                return False
            self.telling.waits(why)
            self.carried.acts = 0
            try:
                await workflow.wait_condition(
                    lambda: ready() or self.is_long, timeout=left, timeout_summary=why
                )
            except TimeoutError:
                return ready()
        return True

    @property
    def is_long(self) -> bool:
        """Whether the history has grown enough to go on in a new run."""
        info = workflow.info()
        return (
            info.is_continue_as_new_suggested()
            or info.get_current_history_length() > self.start.history_limit
        )

    async def continue_if_long(self) -> None:
        """Go on in a new run once the history is long and no effect is under way."""
        if self.is_long:
            await self.move_on()

    async def move_on(self) -> NoReturn:
        """Leave this run, in whichever branch of the story one is; all others follow."""
        self.moving_on = True
        await workflow.wait_condition(lambda: self.under_way == 0)
        workflow.continue_as_new(self.start)

    # What people say

    @workflow.signal
    def deliver(self, delivery: Delivery) -> None:
        """Hear one delivery of the outbox; a repeat is not heard again."""
        if delivery.number <= self.carried.seen:
            return
        self.carried.seen = delivery.number
        getattr(self, f"hear_{delivery.kind}")(delivery.body)

    def hear_answer(self, body: dict[str, Any]) -> None:
        """A task was answered."""
        answer = Answer.model_validate(body)
        self.carried.answers[answer.task] = answer

    def hear_message(self, body: dict[str, Any]) -> None:
        """The customer or staff wrote a message."""
        role = "customer" if body["role"] == "customer" else "staff"
        at = datetime.fromisoformat(body["at"])
        said = self.carried.said.setdefault(role, Said(count=0, first_at=at, last_at=at))
        said.count += 1
        said.last_at = at

    def hear_amend(self, body: dict[str, Any]) -> None:
        """The customer changed the answers."""
        self.carried.revision = body["revision"]

    def hear_assignment(self, body: dict[str, Any]) -> None:
        """Somebody else works on the request's case, or nobody does."""
        self.know_assignment(Assignment.model_validate(body))

    def know_assignment(self, news: Assignment) -> None:
        """Take note of who works on the request's case, unless something later is known."""
        if news.revision > self.carried.assignment.revision:
            self.carried.assignment = news

    def hear_withdraw(self, body: dict[str, Any]) -> None:
        """The customer withdrew."""
        self.carried.withdrawn = True
        if self.story_task:
            self.story_task.cancel()


def until_mended(patience: Patience) -> RetryPolicy:
    """How the engine tries an effect again."""
    return RetryPolicy(
        initial_interval=patience.pause,
        backoff_coefficient=patience.times,
        maximum_interval=patience.longest,
    )


def refusal(error: ActivityError | ApplicationError) -> ApplicationError | None:
    """The refusal of a service behind a failed activity, if it was one."""
    cause = error.cause if isinstance(error, ActivityError) else error
    return cause if isinstance(cause, ApplicationError) and cause.type == REFUSED else None
