"""Trying again, and giving up in time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from catalog.processes.model import Retry, Try
from workflows.declared import calls, forks
from workflows.declared.data import Frame, Variables, holds
from workflows.declared.faults import Fault
from workflows.request import RequestWorkflow

if TYPE_CHECKING:
    from workflows.declared.interpreter import Interpreter


@dataclass
class Caught:
    """How a `try` went: its output, or the problem that it has caught."""

    output: Any = None
    fault: dict[str, Any] | None = None


async def limited(
    request: RequestWorkflow, work: Callable[[], Awaitable[Any]], limit: timedelta
) -> Any:
    """The result of `work`. Raises a timeout `Fault` when it takes longer, and ends it."""
    journal = request.journal
    over = journal.key("timed out")
    until = request.now() + limit
    if over not in journal.results:
        job: asyncio.Task[Any] = asyncio.ensure_future(work())
        try:
            left = max((until - workflow.now()).total_seconds(), 0.001)
            done, _ = await workflow.wait([job], timeout=left)
        finally:
            await forks.end([job] if not job.done() else [])
        if done:
            return job.result()
        journal.results[over] = True
    raise Fault.standard("timeout", f"It took longer than {limit}.")


async def tried(
    interpreter: "Interpreter",
    task: Try,
    attempt: Callable[[], Awaitable[Any]],
    given: Any,
    local: Variables,
) -> Caught:
    """Run the list of a `try`, again as its policy says. Raises what is not to be caught.

    Which attempt it is and what was caught is journalled: what has failed is not done once more by
    a new run. What has had its effect in one attempt is not done again in the next.
    """
    journal = interpreter.journal
    key = journal.key("try")
    began = interpreter.request.now()
    number = journal.results.get(f"{key} attempt", 1)
    while f"{key} caught" not in journal.results:
        try:
            with journal.attempt(key, number):
                return Caught(await one(interpreter, task.catch.retry, attempt, given, local))
        except Fault as fault:
            if not catches(interpreter, task, fault, given, local):
                raise
            problem = fault.problem
            if task.catch.retry is None:
                journal.results[f"{key} caught"] = problem
                break
            policy = task.catch.retry
            if not again(interpreter, policy, number, began, problem, given, local):
                raise
            await pause(interpreter, policy, number, given, local)
            number += 1
            journal.results[f"{key} attempt"] = number
    return Caught(fault=journal.results[f"{key} caught"])


async def one(
    interpreter: "Interpreter",
    policy: Retry | None,
    attempt: Callable[[], Awaitable[Any]],
    given: Any,
    local: Variables,
) -> Any:
    """One attempt, in the time that the policy gives each."""
    limit = policy.attempt_duration if policy else None
    return await interpreter.within(limit, attempt, frame(interpreter, local), given)


def frame(interpreter: "Interpreter", local: Variables) -> Frame:
    return Frame(interpreter.variables(local))


def catches(
    interpreter: "Interpreter", task: Try, fault: Fault, given: Any, local: Variables
) -> bool:
    """Whether the `try` catches this fault."""
    catch = task.catch
    seen = frame(interpreter, {**local, catch.variable: fault.problem})
    return (
        fault.matches(dict(catch.errors))
        and (catch.when is None or holds(catch.when, given, seen))
        and not (catch.except_when is not None and holds(catch.except_when, given, seen))
    )


def again(
    interpreter: "Interpreter",
    policy: Retry,
    number: int,
    began: datetime,
    problem: dict[str, Any],
    given: Any,
    local: Variables,
) -> bool:
    """Whether the policy allows another attempt after so many."""
    seen = frame(interpreter, {**local, "error": problem})
    if policy.attempts is not None and number >= policy.attempts:
        return False
    if policy.duration is not None:
        limit = interpreter.span(policy.duration, given, seen)
        if workflow.now() - began >= limit:
            return False
    return (policy.when is None or holds(policy.when, given, seen)) and not (
        policy.except_when is not None and holds(policy.except_when, given, seen)
    )


async def pause(
    interpreter: "Interpreter", policy: Retry, number: int, given: Any, local: Variables
) -> None:
    """Wait before the next attempt, until a moment that a new run keeps to."""
    request = interpreter.request
    moment = request.journal.once(
        f"retry {number}",
        lambda: (workflow.now() + delay(interpreter, policy, number, given, local)).isoformat(),
    )
    await calls.rest(request, datetime.fromisoformat(moment), f"Before attempt {number + 1}")


def delay(
    interpreter: "Interpreter", policy: Retry, number: int, given: Any, local: Variables
) -> timedelta:
    """How long to wait after so many attempts."""
    seen = frame(interpreter, local)
    base: timedelta = interpreter.span(policy.delay, given, seen)
    factor = {"constant": 1, "linear": number, "exponential": 2 ** (number - 1)}[policy.backoff]
    jitter = timedelta()
    if policy.jitter:
        least, most = (interpreter.span(each, given, seen) for each in policy.jitter)
        jitter = least + (most - least) * workflow.random().random()
    waited: timedelta = base * factor + jitter
    return waited
