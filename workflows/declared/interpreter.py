"""Runs a declared process inside one workflow: each task with its data flow, whatever it does.

Everything that is waited for goes through the request's journal, so that a process which runs again
in a new run finds itself where it was. Pure tasks are simply evaluated again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from catalog.processes.lengths import length
from catalog.processes.model import (
    END,
    Call,
    Do,
    Emit,
    For,
    Fork,
    Length,
    Listen,
    Process,
    Raise,
    Run,
    Set,
    Switch,
    Task,
    Try,
    Wait,
)
from workflows.declared import calls, events, forks, jobs, leaving, limits, loops, retries
from workflows.declared.data import (
    Frame,
    Variables,
    as_moment,
    check,
    expression,
    holds,
    transformed,
    value,
)
from workflows.declared.faults import Fault
from workflows.declared.memory import Local, Memory
from workflows.declared.pace import Pace
from workflows.declared.trail import Ended, Trail
from workflows.outside import PICKED
from workflows.request import Failed, Refused, RequestWorkflow

Result = tuple[Any, str | None]
"""A task's output, and where it says to go next."""

DEEPEST_RUN = 10


class Interpreter:
    """Runs one process of a request; a process that it runs has an interpreter of its own."""

    def __init__(
        self,
        request: RequestWorkflow,
        process: Process,
        trail: Trail,
        surroundings: Variables,
        reads: Sequence[str] = (),
        depth: int = 0,
        pace: Pace | None = None,
    ) -> None:
        self.request, self.process, self.trail, self.depth = request, process, trail, depth
        self.reads = reads
        self.journal = request.journal
        self.surroundings = surroundings
        """What every expression of the request sees: `$settings`, `$request`."""
        self.given: Any = None
        self.pace = pace or Pace(request)

    async def run(self, given: Any, answers: Any = None) -> Any:
        """Run the process from its first task to its end; its output. Raises `Fault`.

        `answers` are those of the request; they are replaced when the process reads them anew.
        """
        self.given = given
        flow, local = self.process.flow, Local(Memory(answers=answers))
        check(flow.input_schema, given, "the input of the process")
        frame = Frame(self.variables(local), given=given)
        data = transformed(flow.input_from, given, frame)

        async def whole() -> Any:
            return await self.room(local, lambda inner: self.whole(data, inner))

        output = await self.within(self.process.timeout, whole, frame, data, local)
        frame.variables = self.variables(local)
        output = transformed(flow.output_as, output, frame)
        check(flow.output_schema, output, "the output of the process")
        return output

    async def whole(self, data: Any, local: Local) -> Any:
        """The output of the process's tasks, in whichever way they end."""
        try:
            return await loops.run_list(self, self.process.tasks, data, local)
        except Ended as end:
            return end.output

    async def room(self, local: Local, work: Callable[[Local], Awaitable[Any]]) -> Any:
        """The result of `work`, once all is done that it began without waiting for it."""
        inner = local.alone()
        async with jobs.Ending(inner.jobs):
            result = await work(inner)
            await jobs.all_done(inner.jobs)
        return result

    def variables(self, local: Local) -> Variables:
        """What an expression sees besides what its task gives it."""
        return {
            **self.surroundings,
            "context": local.memory.context,
            "answers": local.memory.answers,
            "workflow": self.about_workflow,
            "now": self.now,
            "runtime": {"name": "ventanilla", "version": "1.0.3"},
            "secrets": {name: f"secret://{name}" for name in self.process.secrets},
            **local.variables,
        }

    def now(self) -> str:
        """`$now`, to the second: so jq's functions of dates take it."""
        return self.request.now().isoformat(timespec="seconds").replace("+00:00", "Z")

    def about_workflow(self) -> dict[str, Any]:
        """`$workflow`."""
        return {
            "id": self.request.start.request,
            "definition": {"document": dict(self.process.document or {})},
            "input": self.given,
            "startedAt": as_moment(self.request.start.submitted_at),
        }

    # Any task

    async def perform(self, task: Task, data: Any, local: Local) -> Result:
        """Run one task, if its condition holds, with the data flow around it."""
        await self.pace.step()
        frame = Frame(self.variables(local), task, data)
        with self.journal.within(self.journal.key(task.name)):
            if task.names_its_start:
                frame.started_at = self.request.now()
            try:
                if task.condition and not holds(task.condition, data, frame):
                    return data, None
                with self.trail.of(task):
                    return await self.carry_out(task, data, frame, local)
            except Refused as why:
                fault = Fault.refused(why.key, why.params, isinstance(why, Failed))
                raise fault.at(task.pointer) from why
            except Fault as fault:
                raise fault.at(task.pointer) from fault.__cause__

    async def carry_out(self, task: Task, data: Any, frame: Frame, local: Local) -> Result:
        """A task's input, its work, its output, its export."""
        check(task.flow.input_schema, data, "the input of the task")
        frame.given = given = transformed(task.flow.input_from, data, frame)
        await self.enter(task, frame)
        kind: Callable[..., Awaitable[Result]] = getattr(self, f"run_{task.kind}")

        async def work() -> Result:
            return await kind(task, given, frame, local)

        raw, directive = await self.within(task.timeout, work, frame, given, local)
        frame.variables = self.variables(local)
        if calls.picked(raw):
            output = frame.extra["output"] = raw[PICKED]
        else:
            frame.extra["output"] = raw
            output = transformed(task.flow.output_as, raw, frame)
        check(task.flow.output_schema, output, "the output of the task")
        if task.flow.export_as is not None:
            frame.extra["output"] = output
            exported = transformed(task.flow.export_as, output, frame)
            check(task.flow.export_schema, exported, "the context")
            local.memory.context = exported
        return output, directive or task.then

    async def enter(self, task: Task, frame: Frame) -> None:
        """Enter the stage that the task begins, and say what it does unless `title` is null."""
        stage = task.metadata.get("stage")
        if stage:
            if stage not in self.request.stages:
                raise Fault.standard("configuration", f"There is no stage `{stage}`.")
            await self.request.stage(stage)
        title = task.metadata.get("title", calls.own_title(task))
        if title and not calls.takes_title(task):
            values = value(task.metadata.get("values") or {}, frame.given, frame)
            calls.say(self.request, title, values)

    async def within(
        self,
        limit: Length | None,
        work: Callable[[], Awaitable[Any]],
        frame: Frame,
        data: Any,
        local: Local,
    ) -> Any:
        """The result of `work`, unless it takes longer than the limit."""
        if limit is None:
            return await work()
        span = self.span(limit, data, frame)
        return await limits.limited(self.request, work, span, local.memory)

    def span(self, limit: Length, data: Any, frame: Frame) -> timedelta:
        """A length of time, evaluated where it is an expression."""
        try:
            return length(expression(limit, data, frame) if isinstance(limit, str) else limit)
        except ValueError as error:
            raise Fault.standard("validation", str(error)) from error

    # The kinds of tasks

    async def run_set(self, task: Set, given: Any, frame: Frame, local: Local) -> Result:
        return transformed(task.value, given, frame), None

    async def run_switch(self, task: Switch, given: Any, frame: Frame, local: Local) -> Result:
        for case in task.cases:
            if case.when is None or holds(case.when, given, frame):
                self.trail.took(case.name)
                return given, case.then
        return given, None

    async def run_do(self, task: Do, given: Any, frame: Frame, local: Local) -> Result:
        return await loops.run_list(self, task.tasks, given, local), None

    async def run_for(self, task: For, given: Any, frame: Frame, local: Local) -> Result:
        return await loops.run_for(self, task, given, frame, local), None

    async def run_fork(self, task: Fork, given: Any, frame: Frame, local: Local) -> Result:
        branches = {
            branch.name: lambda place, branch=branch: self.branch(branch, given, place)
            for branch in task.branches
        }
        try:
            if task.compete:
                return await forks.race(self.request, branches, local), None
            return await forks.all_of(branches, local), None
        except (Fault, Ended):
            await leaving.close(self.request)
            raise

    async def branch(self, branch: Task, given: Any, local: Local) -> Any:
        """One branch of a fork; what it says to go to next means nothing outside."""

        async def work(inner: Local) -> Any:
            output, directive = await self.perform(branch, given, inner)
            if directive == END:
                raise Ended(output)
            return output

        return await self.room(local, work)

    async def run_try(self, task: Try, given: Any, frame: Frame, local: Local) -> Result:
        async def attempt() -> Any:
            return await self.room(
                local, lambda inner: loops.run_list(self, task.tasks, given, inner)
            )

        caught = await retries.tried(self, task, attempt, given, local)
        if caught.problem is None:
            return caught.output, None
        if task.catch.tasks is None:
            return given, task.catch.then
        seen = local.having(**{task.catch.variable: caught.problem})
        return await loops.run_list(self, task.catch.tasks, given, seen), task.catch.then

    async def run_raise(self, task: Raise, given: Any, frame: Frame, local: Local) -> Result:
        error = value(dict(task.error), given, frame)
        raise Fault({"instance": task.pointer} | error)

    async def run_wait(self, task: Wait, given: Any, frame: Frame, local: Local) -> Result:
        until = self.request.now() + self.span(task.duration, given, frame)
        await calls.rest(self.request, until, f"Waiting in {task.name}")
        return given, None

    async def run_call(self, task: Call, given: Any, frame: Frame, local: Local) -> Result:
        function = self.process.functions.get(task.function)
        if function is not None:
            arguments = value(dict(task.arguments), given, frame)
            return (await self.perform(function, arguments, local))[0], None
        output = await calls.call(self.request, task, given, frame, self.reads)
        if task.function == calls.READ_ANSWERS:
            local.memory.answers = output
        return output, None

    async def run_emit(self, task: Emit, given: Any, frame: Frame, local: Local) -> Result:
        return await events.emit(self.request, value(dict(task.event), given, frame)), None

    async def run_listen(self, task: Listen, given: Any, frame: Frame, local: Local) -> Result:
        return await events.listen(self, task, given, local), None

    async def run_run(self, task: Run, given: Any, frame: Frame, local: Local) -> Result:
        part = self.process.parts.get(task.process)
        if part is None or self.depth >= DEEPEST_RUN:
            why = "is not known" if part is None else "runs itself again and again"
            raise Fault.standard("configuration", f"The process `{task.process}` {why}.")
        inner = Interpreter(
            self.request,
            replace(part, parts=self.process.parts),
            self.trail,
            self.surroundings,
            self.reads,
            self.depth + 1,
            self.pace,
        )
        arguments = given if task.arguments is None else value(task.arguments, given, frame)
        running = inner.run(arguments, local.memory.answers)
        if task.awaits:
            return await running, None
        local.jobs.append(asyncio.ensure_future(running))
        return given, None
