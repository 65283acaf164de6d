"""Runs a declared process inside one workflow: lists of tasks, where to go next, what is caught.

Everything that is waited for goes through the request's journal, so that a process which runs again
in a new run finds itself where it was. Pure tasks are simply evaluated again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from catalog.processes.lengths import length
from catalog.processes.model import (
    CONTINUE,
    END,
    EXIT,
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
from workflows.declared import calls, events, forks, retries
from workflows.declared.data import Frame, Variables, check, expression, holds, transformed, value
from workflows.declared.faults import Fault
from workflows.declared.trail import Ended, Trail
from workflows.request import RequestWorkflow

Result = tuple[Any, str | None]
"""A task's output, and where it says to go next."""

MOST_WITHOUT_WAITING = 2_000
"""Tasks that may run one after the other without anything that is waited for."""
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
    ) -> None:
        self.request, self.process, self.trail, self.depth = request, process, trail, depth
        self.reads = reads
        self.journal = request.journal
        self.surroundings = surroundings
        """What every expression of the request sees: `$answers`, `$settings`, …"""
        self.answers = surroundings.get("answers", {})
        self.context: Any = None
        self.workflow: dict[str, Any] = {}
        self.busy = 0
        self.background: list[asyncio.Task[Any]] = []

    async def run(self, given: Any) -> Any:
        """Run the process from its first task to its end; its output. Raises `Fault`."""
        self.workflow = {"id": self.request.start.request, "input": given}
        flow, frame = self.process.flow, Frame(self.variables({}))
        check(flow.input_schema, given, "the input of the process")
        data = transformed(flow.input_from, given, frame)
        output = await self.within(self.process.timeout, lambda: self.whole(data), frame, data)
        output = transformed(flow.output_as, output, frame)
        check(flow.output_schema, output, "the output of the process")
        return output

    async def whole(self, data: Any) -> Any:
        """The tasks of the process, and what they left running in the background."""
        try:
            output, _ = await self.run_list(self.process.tasks, data, {})
        except Ended as end:
            output = end.output
        for job in self.background:
            await job
        return output

    def variables(self, local: Variables) -> Variables:
        """What an expression sees besides what its task gives it."""
        return {
            **self.surroundings,
            "context": self.context,
            "workflow": self.about_workflow,
            "now": lambda: self.request.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "runtime": {"name": "ventanilla", "version": "1.0.3"},
            "secrets": {name: f"secret://{name}" for name in self.process.secrets},
            **local,
        }

    def about_workflow(self) -> dict[str, Any]:
        """`$workflow`."""
        began = self.request.start.submitted_at
        epoch = {"seconds": int(began.timestamp()), "milliseconds": int(began.timestamp() * 1000)}
        started = {"iso8601": began.isoformat(), "epoch": epoch}
        definition = {"document": dict(self.process.document or {})}
        return {**self.workflow, "definition": definition, "startedAt": started}

    # Lists and tasks

    async def run_list(self, tasks: tuple[Task, ...], data: Any, local: Variables) -> Result:
        """Run tasks one after the other, or where they jump to."""
        places = {task.name: index for index, task in enumerate(tasks)}
        index = 0
        while index < len(tasks):
            data, directive = await self.perform(tasks[index], data, local)
            if directive in (None, CONTINUE):
                index += 1
            elif directive == EXIT:
                break
            elif directive == END:
                raise Ended(data)
            else:
                index = places[directive]
        return data, None

    async def perform(self, task: Task, data: Any, local: Variables) -> Result:
        """Run one task, if its condition holds, with the data flow around it."""
        self.count()
        frame = Frame(self.variables(local), task, data)
        with self.journal.within(self.journal.key(task.name)):
            try:
                if task.condition and not holds(task.condition, data, frame):
                    return data, None
                with self.trail.of(task):
                    return await self.carry_out(task, data, frame, local)
            except Fault as fault:
                raise fault.at(task.pointer) from fault.__cause__

    async def carry_out(self, task: Task, data: Any, frame: Frame, local: Variables) -> Result:
        """A task's input, its work, its output, its export."""
        check(task.flow.input_schema, data, "the input of the task")
        frame.given = given = transformed(task.flow.input_from, data, frame)
        await self.enter(task)
        kind: Callable[..., Awaitable[Result]] = getattr(self, f"run_{task.kind}")

        async def work() -> Result:
            return await kind(task, given, frame, local)

        raw, directive = await self.within(task.timeout, work, frame, given)
        frame.variables = self.variables(local)
        frame.extra["output"] = raw
        output = transformed(task.flow.output_as, raw, frame)
        check(task.flow.output_schema, output, "the output of the task")
        if task.flow.export_as is not None:
            frame.extra["output"] = output
            exported = transformed(task.flow.export_as, output, frame)
            check(task.flow.export_schema, exported, "the context")
            self.context = exported
        return output, directive or task.then

    async def enter(self, task: Task) -> None:
        """Enter the stage that the task begins, and say what it does."""
        stage = task.metadata.get("stage")
        if stage:
            await self.request.stage(stage)
        title = task.metadata.get("title") or calls.own_title(task)
        if title and not calls.takes_title(task):
            calls.say(self.request, title, task.metadata.get("values") or {})

    async def within(
        self, limit: Length | None, work: Callable[[], Awaitable[Any]], frame: Frame, data: Any
    ) -> Any:
        """The result of `work`, unless it takes longer than the limit."""
        if limit is None:
            return await work()
        return await retries.limited(self.request, work, self.span(limit, data, frame))

    def span(self, limit: Length, data: Any, frame: Frame) -> Any:
        """A length of time, evaluated where it is an expression."""
        try:
            return length(expression(limit, data, frame) if isinstance(limit, str) else limit)
        except ValueError as error:
            raise Fault.standard("validation", str(error)) from error

    def count(self) -> None:
        """Keep a process from going in circles without ever waiting for anything."""
        self.busy += 1
        if self.busy > MOST_WITHOUT_WAITING:
            raise Fault.standard("runtime", "The process goes in circles without waiting.")

    # The kinds of tasks

    async def run_set(self, task: Set, given: Any, frame: Frame, local: Variables) -> Result:
        return transformed(task.value, given, frame), None

    async def run_switch(self, task: Switch, given: Any, frame: Frame, local: Variables) -> Result:
        for case in task.cases:
            if case.when is None or holds(case.when, given, frame):
                self.trail.took(case.name)
                return given, case.then
        return given, None

    async def run_do(self, task: Do, given: Any, frame: Frame, local: Variables) -> Result:
        return await self.run_list(task.tasks, given, local)

    async def run_for(self, task: For, given: Any, frame: Frame, local: Variables) -> Result:
        items = transformed(task.collection, given, frame)
        if not isinstance(items, list):
            raise Fault.standard("expression", f"`in` gives no list, but {type(items).__name__}")
        data = given
        for index, item in enumerate(items):
            own = {**local, task.each: item, task.at: index}
            frame.variables = self.variables(own)
            if task.loop_while and not holds(task.loop_while, data, frame):
                break
            with self.journal.within(self.journal.key(str(index))):
                data, _ = await self.run_list(task.tasks, data, own)
        return data, None

    async def run_fork(self, task: Fork, given: Any, frame: Frame, local: Variables) -> Result:
        branches = {
            branch.name: lambda branch=branch: self.branch(branch, given, local)
            for branch in task.branches
        }
        if task.compete:
            return await forks.race(self.request, branches), None
        return await forks.all_of(self.request, branches), None

    async def branch(self, branch: Task, given: Any, local: Variables) -> Any:
        """One branch of a fork; what it says to go to next means nothing outside."""
        output, directive = await self.perform(branch, given, local)
        if directive == END:
            raise Ended(output)
        return output

    async def run_try(self, task: Try, given: Any, frame: Frame, local: Variables) -> Result:
        async def attempt() -> Any:
            return (await self.run_list(task.tasks, given, local))[0]

        caught = await retries.tried(self, task, attempt, given, local)
        if caught.fault is None:
            return caught.output, None
        error = {**local, task.catch.variable: caught.fault}
        output = given
        if task.catch.tasks is not None:
            output, _ = await self.run_list(task.catch.tasks, given, error)
        return output, task.catch.then

    async def run_raise(self, task: Raise, given: Any, frame: Frame, local: Variables) -> Result:
        error = value(dict(task.error), given, frame)
        raise Fault({"instance": task.pointer} | error)

    async def run_wait(self, task: Wait, given: Any, frame: Frame, local: Variables) -> Result:
        self.busy = 0
        until = self.request.now() + self.span(task.duration, given, frame)
        await calls.rest(self.request, until, f"Waiting in {task.name}")
        return given, None

    async def run_call(self, task: Call, given: Any, frame: Frame, local: Variables) -> Result:
        self.busy = 0
        function = self.process.functions.get(task.function)
        if function is not None:
            arguments = value(dict(task.arguments), given, frame)
            return (await self.perform(function, arguments, local))[0], None
        output = await calls.call(self.request, task, given, frame, self.reads)
        if task.function == calls.READ_ANSWERS:
            self.answers.clear()
            self.answers.update(output)
        return output, None

    async def run_emit(self, task: Emit, given: Any, frame: Frame, local: Variables) -> Result:
        self.busy = 0
        return await events.emit(self.request, value(dict(task.event), given, frame)), None

    async def run_listen(self, task: Listen, given: Any, frame: Frame, local: Variables) -> Result:
        self.busy = 0
        return await events.listen(self, task, given, frame, local), None

    async def run_run(self, task: Run, given: Any, frame: Frame, local: Variables) -> Result:
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
        )
        arguments = given if task.arguments is None else value(task.arguments, given, frame)
        if task.awaits:
            return await inner.run(arguments), None
        self.background.append(asyncio.create_task(inner.run(arguments)))
        return given, None
