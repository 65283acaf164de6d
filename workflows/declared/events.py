"""Events that a process publishes and waits for: CloudEvents 1.0."""

from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel
from temporalio import workflow

from activities import events as effects
from catalog.expressions import source_of
from catalog.processes.model import Consumption, Filter, Listen
from workflows.declared import hearing, leaving
from workflows.declared.data import Frame, check, expression, holds, transformed, value
from workflows.declared.faults import Fault
from workflows.declared.hearing import Event
from workflows.declared.loops import run_list
from workflows.declared.memory import Local
from workflows.request import Refused, RequestWorkflow

if TYPE_CHECKING:
    from workflows.declared.interpreter import Interpreter

ATTRIBUTES = ("type", "source", "subject", "id")
"""What a subscription narrows events down by; the rest is judged here."""
MOST_TAKEN = 256 * 1024
"""Bytes that one `listen` may take in: it is all in its output, and travels with the workflow."""


async def emit(request: RequestWorkflow, attributes: Event) -> Event:
    """Publish an event and give it back, completed; another attempt publishes no other."""
    with request.journal.steadily():
        made = request.journal.once(
            "event", lambda: {"id": str(workflow.uuid4()), "time": workflow.now().isoformat()}
        )
        source = f"urn:ventanilla:{request.start.item}"
        event = {"specversion": "1.0", "source": source, **made, **attributes}
        try:
            await request.act(effects.publish, effects.Publish(event=event))
        except Refused as why:
            detail = f"This is no event that can be published: {why.key} {why.params or ''}"
            raise Fault.standard("validation", detail.strip()) from why
    return event


class Heard(BaseModel):
    """What one `listen` has heard so far; it is journalled after each event.

    `events` are kept where a condition judges them, `met` are the filters that have been met,
    `until_met` those of `until`, `correlated` the values that belong together.
    """

    results: list[Any] = []
    events: list[Event] = []
    met: list[int] = []
    until_met: list[int] = []
    correlated: dict[str, Any] = {}
    memory: dict[str, Any] | None = None
    number: int = 0
    """How many events have been considered."""
    over: bool = False


class Listener:
    """One wait for events: which have been taken, and whether they are enough."""

    def __init__(
        self, interpreter: "Interpreter", task: Listen, given: Any, local: Local, heard: Heard
    ) -> None:
        self.interpreter, self.task, self.given, self.local = interpreter, task, given, local
        self.to, self.heard = task.to, heard

    @property
    def never_ends(self) -> bool:
        """Whether it goes on for as long as its process does."""
        until = self.to.until_condition
        return until is not None and source_of(until) == "false"

    def is_enough(self) -> bool:
        """Whether no further event is waited for."""
        to, heard = self.to, self.heard
        if to.mode == "all":
            return len(heard.met) == len(to.filters)
        if to.until_events is not None:
            until = to.until_events
            return len(heard.until_met) >= (len(until.filters) if until.mode == "all" else 1)
        if to.until_condition is None:
            return bool(heard.results)
        if self.never_ends or not heard.events:
            return False
        return holds(to.until_condition, heard.events, self.frame())

    def hears(self, event: Event) -> bool:
        """Whether an event is meant; what it meets is noted."""
        to, heard = self.to, self.heard
        if to.until_events is not None:
            met = self.matching(to.until_events, event, heard.until_met)
            if met is not None:
                heard.until_met = sorted({*heard.until_met, met})
                return False
        index = self.matching(to, event, heard.met)
        if index is None or (to.mode == "all" and index in heard.met):
            return False
        heard.met = sorted({*heard.met, index})
        return True

    def matching(self, to: Consumption, event: Event, met: list[int]) -> int | None:
        """The filter that means this event, rather one not yet met; `any: []` means every one."""
        if to.mode == "any" and not to.filters:
            return 0
        order = sorted(range(len(to.filters)), key=lambda n: n in met)
        return next((n for n in order if self.means(to.filters[n], event)), None)

    def means(self, wanted: Filter, event: Event) -> bool:
        """Whether a filter means this event: its attributes, and its correlation if so noted."""
        if not all(self.is_so(key, each, event) for key, each in wanted.attributes.items()):
            return False
        found = {name: self.correlation(name, how, event) for name, how in wanted.correlate.items()}
        if None in found.values():
            return False
        self.heard.correlated |= found
        return True

    def is_so(self, key: str, wanted: Any, event: Event) -> bool:
        """Whether one attribute is as wanted; an expression may judge it, or give its value."""
        about = event.get("data") if key == "data" else event
        found = value(wanted, about, self.frame())
        return bool(found == event.get(key)) or (found is True and is_text(wanted))

    def correlation(self, name: str, how: Any, event: Event) -> Any:
        """The value by which the event belongs to the others; None where it does not."""
        found = expression(how["from"], event, self.frame())
        if "expect" in how:
            expected = value(how["expect"], event, self.frame())
        else:
            expected = self.heard.correlated.get(name, found)
        return found if found == expected else None

    def frame(self) -> Frame:
        """What conditions and filters see."""
        return Frame(self.interpreter.variables(self.local), self.task, self.given)

    async def take(self, event: Event) -> None:
        """Take what an event says, or what the tasks for each event make of it."""
        heard = self.heard
        seen = event if self.task.read == "envelope" else event.get("data")
        result = seen if self.task.tasks is None else await self.made_of(seen)
        heard.results.append(result)
        if self.to.until_condition is not None and not self.never_ends:
            heard.events.append(event)
        if len(orjson.dumps([heard.results, heard.events])) > MOST_TAKEN:
            detail = f"The events taken have more than {MOST_TAKEN} bytes."
            raise Fault.standard("runtime", detail)

    async def made_of(self, seen: Any) -> Any:
        """What the tasks for each event make of one."""
        task, interpreter = self.task, self.interpreter
        own = self.local.having(**{task.each: seen, task.at: len(self.heard.results)})
        output = await interpreter.room(
            own, lambda inner: run_list(interpreter, task.tasks or (), seen, inner)
        )
        frame = Frame(interpreter.variables(own), task, seen, extra={"output": output})
        output = transformed(task.each_flow.output_as, output, frame)
        check(task.each_flow.output_schema, output, "what was made of the event")
        if task.each_flow.export_as is not None:
            frame.extra["output"] = output
            exported = transformed(task.each_flow.export_as, output, frame)
            check(task.each_flow.export_schema, exported, "the context")
            own.memory.context = exported
        return output


def is_text(wanted: Any) -> bool:
    """Whether a filter's value is an expression."""
    return isinstance(wanted, str) and wanted.strip().startswith("${")


async def listen(interpreter: "Interpreter", task: Listen, given: Any, local: Local) -> list[Any]:
    """Wait until enough events have come; what they say, in their order."""
    request, journal = interpreter.request, interpreter.journal
    key, name = journal.key("heard"), journal.path
    heard = Heard.model_validate(journal.results.get(key) or {})
    if heard.memory is not None:
        local.memory.load(heard.memory)
    if not heard.over:
        hearing.start(request.carried, name)
        await request.act(effects.subscribe, effects.Subscribe(filters=wide_filters(task.to)))
    listener = Listener(interpreter, task, given, local, heard)
    why = f"Waiting for events in {task.name}"
    while not heard.over:
        with journal.within(journal.key(f"event {heard.number}")):
            heard.over = listener.is_enough()
            if not heard.over:
                await request.wait(partial(hearing.has_come, request.carried, name), None, why)
                await consider(request, listener, name)
        journal.drop(f"{journal.path}event {heard.number}")
        heard.number, heard.memory = heard.number + 1, local.memory.dump()
        journal.results[key] = heard.model_dump()
        await request.continue_if_long()
    await leaving.close(request)
    return heard.results


async def consider(request: RequestWorkflow, listener: Listener, name: str) -> None:
    """Take the next event if it is meant."""
    event = hearing.next_event(request.carried, name)
    if event is None:
        detail = f"More than {hearing.MOST_WAITING} events waited to be heard, and some were lost."
        raise Fault.standard("runtime", detail)
    if listener.hears(event):
        await listener.take(event)
    hearing.has_heard(request.carried, name)


def wide_filters(to: Consumption) -> list[dict[str, str]]:
    """What the portal delivers events by: literal attributes; an empty filter takes every event."""
    every = list(to.filters) + list(to.until_events.filters if to.until_events else ())
    if not to.filters and to.mode == "any":
        return [{}]
    return [
        {
            name: each.attributes[name]
            for name in ATTRIBUTES
            if isinstance(each.attributes.get(name), str) and not is_text(each.attributes[name])
        }
        for each in every
    ]
