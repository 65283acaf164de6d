"""The one workflow of all declared processes."""

import json
from typing import Any, NoReturn

from temporalio import workflow

from activities import processes as effects
from activities.effects import Nothing
from activities.processes import About, Incident, Names, NewVersion
from catalog.plan import Plan
from workflows.casework import CaseWorkflow
from workflows.declared import hearing
from workflows.declared.definitions import names_read, process_of, reads_answers
from workflows.declared.faults import FAILED, Fault
from workflows.declared.interpreter import Interpreter
from workflows.declared.trail import Trail
from workflows.messages import Start
from workflows.request import Failed, Refused

INCIDENTS = "incidents"
"""The key in the journal of the number of the incident that comes next."""


SAID_OF_REQUEST = frozenset(About.model_fields)


@workflow.defn(name="declared")
class DeclaredWorkflow(CaseWorkflow):
    """Carries a request whose process is declared in its definition."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.process = process_of(start.plan)
        self.trail = Trail()
        self.output: Any = None
        self.said: About | None = None
        """What the process says of its request, if it says anything."""
        self.fault: dict[str, Any] | None = None

    @workflow.run
    async def run(self, start: Start) -> str:
        return await self.carry()

    @workflow.query
    def progress(self) -> dict[str, Any]:
        """How far it has come: its output or its error, and every task that has run."""
        return {"output": self.output, "error": self.fault, "steps": self.trail.dump()}

    async def story(self) -> None:
        try:
            await self.interpret()
        except Fault as fault:
            self.fault = fault.problem
            if fault.ends_request or self.process.bare:
                raise ending(fault) from fault
            await self.incident(fault)

    async def interpret(self) -> None:
        """Run the process over what it reads of the request."""
        given, answers, surroundings = self.start.given, None, dict[str, Any]()
        reads = names_read(self.start.plan)
        if not self.process.bare:
            answers = given = await self.read_answers(Names(names=list(reads)))
            if SAID_OF_REQUEST & set(reads):
                self.said = await self.act(effects.about_request, Nothing())
            surroundings = {"settings": self.start.plan.settings, "request": self.about}
        interpreter = Interpreter(self, self.process, self.trail, surroundings, reads)
        self.output = await interpreter.run(given, answers)

    async def read_answers(self, names: Names) -> dict[str, Any]:
        """What the process needs of the answers; another version may need others."""
        version = self.carried.moved_to
        if version is None and not reads_answers(self.start.plan):
            return {}
        if version is None:
            return await self.act(effects.read_answers, names)
        with self.journal.within(f"moved to {version}"):
            await self.act(effects.go_on_with, NewVersion(version=version))
            return await self.act(effects.read_answers, names)

    def about(self) -> dict[str, Any]:
        """`$request`."""
        start = self.start
        return {
            "id": start.request,
            "item": start.item,
            "version": start.version,
            "submitted_at": start.submitted_at.isoformat(),
            "revision": self.carried.revision,
            **(self.said.model_dump() if self.said else {}),
        }

    # A process that cannot go on

    async def incident(self, fault: Fault) -> NoReturn:
        """Show that the process is stuck; then go on with another version, or try once more."""
        number = self.journal.results.get(INCIDENTS, 1)
        problem = Incident(problem=fault.problem, number=number)
        with self.journal.within(f"incident {number}"):
            await self.act(effects.open_incident, problem)
            why = f"Stuck at {fault.problem.get('instance', '/')}: {fault}"
            await self.wait(lambda: self.is_mended(number), None, why)
            await self.act(effects.end_incident, problem)
        self.journal.results[INCIDENTS] = number + 1
        await self.move_on()

    def is_mended(self, number: int) -> bool:
        """Whether there is reason to think that an incident would not happen again."""
        return self.carried.move_to is not None or self.carried.retried >= number

    @property
    def is_long(self) -> bool:
        """Whether to go on in a new run: the history is long, or there is another version."""
        return super().is_long or self.carried.move_to is not None

    async def move_on(self) -> NoReturn:
        """Leave this run; the next one goes by the version that the request was moved to."""
        if self.carried.move_to is not None:
            plan, self.carried.move_to = self.carried.move_to, None
            self.carried.moved_to = plan.version
            self.start = self.start.model_copy(update={"plan": plan, "version": plan.version})
        await super().move_on()

    def hear_move(self, body: dict[str, Any]) -> None:
        """The request is to go on with another version of its definition."""
        self.carried.move_to = Plan.model_validate(body["plan"])

    def hear_retry(self, body: dict[str, Any]) -> None:
        """What led to an incident is to be tried again; after another one this means nothing."""
        self.carried.retried = max(self.carried.retried, body["incident"])

    def hear_event(self, body: dict[str, Any]) -> None:
        """An event came that some task may listen for."""
        hearing.hear(self.carried, body)


def ending(fault: Fault) -> Refused:
    """The end of the request that a fault means, in words for its customer."""
    problem = fault.problem
    kind = Failed if problem.get("type") == FAILED else Refused
    title, detail = problem.get("title", ""), problem.get("detail")
    if isinstance(title, dict):
        return kind("process.ended_because", reason=title)
    if fault.ends_request and detail:
        return kind(title, **parameters(detail))
    return kind(title)


def parameters(detail: Any) -> dict[str, Any]:
    """The parameters of a message, where the detail of a refusal holds them."""
    try:
        found = json.loads(detail)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
