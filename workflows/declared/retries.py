"""Trying again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from catalog.processes.model import Retry, Try
from workflows.declared import calls, leaving
from workflows.declared.data import Frame, holds
from workflows.declared.faults import Circling, Fault
from workflows.declared.memory import Local

if TYPE_CHECKING:
    from workflows.declared.interpreter import Interpreter

Problem = dict[str, Any]
Work = Callable[[], Awaitable[Any]]

MOST_DOUBLED = 60
"""From this attempt on an exponential delay grows no more: it is longer than anybody waits."""


@dataclass
class Caught:
    """How a `try` went: its output, or the problem that it has caught."""

    output: Any = None
    problem: Problem | None = None


@dataclass
class Trying:
    """A `try` on its way, as long as this run lasts. `began` is when its first attempt did."""

    interpreter: "Interpreter"
    task: Try
    given: Any
    local: Local
    began: datetime

    def frame(self, problem: Problem) -> Frame:
        """What the conditions and delays of `catch` see."""
        named = {"error": problem, self.task.catch.variable: problem}
        local = self.local.having(**named)
        return Frame(self.interpreter.variables(local), self.task, self.given)

    def after(self, fault: Fault, number: int) -> dict[str, Any]:
        """What follows from a failed attempt. Raises the fault if it is not to be caught."""
        frame, policy = self.frame(fault.problem), self.task.catch.retry
        if not self.catches(fault, frame):
            raise fault
        state = {"attempt": number, "memory": self.local.memory.dump()}
        if policy is None:
            return state | {"caught": fault.problem}
        again = self.again(policy, number, frame)
        if again is None:
            raise fault
        return state | {"again": again.isoformat()}

    def catches(self, fault: Fault, frame: Frame) -> bool:
        """Whether the `try` catches this fault."""
        catch = self.task.catch
        return (
            not isinstance(fault, Circling)
            and fault.matches(dict(catch.errors))
            and self.allowed(catch.when, catch.except_when, frame)
        )

    def allowed(self, when: str | None, except_when: str | None, frame: Frame) -> bool:
        """Whether two conditions allow it."""
        return (when is None or holds(when, self.given, frame)) and not (
            except_when is not None and holds(except_when, self.given, frame)
        )

    def again(self, policy: Retry, number: int, frame: Frame) -> datetime | None:
        """When the policy allows another attempt after so many; None when it does not."""
        if policy.attempts is not None and number >= policy.attempts:
            return None
        if not self.allowed(policy.when, policy.except_when, frame):
            return None
        moment = workflow.now() + self.delay(policy, number, frame)
        if policy.duration is not None:
            limit = self.interpreter.span(policy.duration, self.given, frame)
            if moment - self.began >= limit:
                return None
        return moment

    def delay(self, policy: Retry, number: int, frame: Frame) -> timedelta:
        """How long to wait after so many attempts."""
        interpreter, given = self.interpreter, self.given
        base = interpreter.span(policy.delay, given, frame)
        doubled = 2 ** min(number - 1, MOST_DOUBLED)
        factor = {"constant": 1, "linear": number, "exponential": doubled}[policy.backoff]
        try:
            waited: timedelta = base * factor
            if policy.jitter:
                least, most = (interpreter.span(each, given, frame) for each in policy.jitter)
                waited += least + (most - least) * workflow.random().random()
            workflow.now() + waited
        except OverflowError as error:
            raise Fault.standard("validation", "The next attempt would never come.") from error
        return waited


async def tried(
    interpreter: "Interpreter", task: Try, work: Work, given: Any, local: Local
) -> Caught:
    """Run the list of a `try`, again as its policy says. Raises what is not to be caught.

    Which attempt it is, what was caught and what had been kept until then is journalled: a new run
    does not fail once more. What has had its effect in one attempt is not done again in the next.
    """
    journal, request = interpreter.journal, interpreter.request
    key = journal.key("try")
    trying = Trying(interpreter, task, given, local, request.now())
    state = journal.results.get(key) or {"attempt": 1}
    if "memory" in state:
        local.memory.load(state["memory"])
    while True:
        number = state["attempt"]
        with journal.attempt(key, number):
            if not state.keys() & {"caught", "again"}:
                try:
                    return Caught(await one(trying, work))
                except Fault as fault:
                    state = journal.results[key] = trying.after(fault, number)
            await leaving.close(request)
            if "again" in state:
                moment = datetime.fromisoformat(state["again"])
                await calls.rest(request, moment, f"Before attempt {number + 1} of {task.name}")
        journal.drop(f"{key}#{number}")
        if "caught" in state:
            if journal.path == journal.steady:
                journal.drop(key)
            return Caught(problem=state["caught"])
        state = journal.results[key] = {"attempt": number + 1, "memory": state["memory"]}


async def one(trying: Trying, work: Work) -> Any:
    """One attempt, in the time that the policy gives each."""
    policy, local = trying.task.catch.retry, trying.local
    limit = policy.attempt_duration if policy else None
    frame = Frame(trying.interpreter.variables(local), trying.task, trying.given)
    return await trying.interpreter.within(limit, work, frame, trying.given, local)
