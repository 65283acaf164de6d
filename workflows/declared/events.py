"""Events that a process publishes and waits for: CloudEvents 1.0."""

from functools import partial
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from activities import events as effects
from catalog.processes.model import Consumption, Filter, Listen
from workflows.declared.data import Frame, Variables, check, expression, holds, transformed, value
from workflows.declared.faults import Fault
from workflows.request import RequestWorkflow

if TYPE_CHECKING:
    from workflows.declared.interpreter import Interpreter

Event = dict[str, Any]
ATTRIBUTES = ("type", "source", "subject", "id")
"""What a subscription narrows events down by; the rest is judged here."""


async def emit(request: RequestWorkflow, attributes: Event) -> Event:
    """Publish an event and give it back, completed."""
    made = request.journal.once(
        "event", lambda: {"id": str(workflow.uuid4()), "time": workflow.now().isoformat()}
    )
    source = f"urn:ventanilla:{request.start.item}"
    event = {"specversion": "1.0", "source": source, **made, **attributes}
    if not isinstance(event["source"], str) or not isinstance(event["type"], str):
        raise Fault.standard("validation", "An event's `source` and `type` are texts.")
    await request.act(effects.publish, effects.Publish(event=event))
    return event


class Listener:
    """One wait for events: which have been taken, and whether they are enough."""

    def __init__(self, interpreter: "Interpreter", to: Consumption, local: Variables) -> None:
        self.interpreter, self.to, self.local = interpreter, to, local
        self.taken: list[Event] = []
        self.met: set[int] = set()
        self.until_met: set[int] = set()
        self.correlated: dict[str, Any] = {}

    @property
    def enough(self) -> bool:
        """Whether no further event is waited for."""
        to = self.to
        if to.mode == "all":
            return len(self.met) == len(to.filters)
        if to.mode == "one":
            return bool(self.taken)
        if to.until_events is not None:
            until = to.until_events
            needed = len(until.filters) if until.mode == "all" else 1
            return len(self.until_met) >= needed
        if to.until_condition is not None:
            return bool(self.taken) and holds(to.until_condition, self.taken, self.frame({}))
        return bool(self.taken)

    def hears(self, event: Event) -> bool:
        """Take an event that is meant; whether it was."""
        if self.to.until_events is not None:
            met = self.matching(self.to.until_events, event)
            if met is not None:
                self.until_met.add(met)
                return False
        index = self.matching(self.to, event)
        if index is None or (self.to.mode == "all" and index in self.met):
            return False
        self.met.add(index)
        self.taken.append(event)
        return True

    def matching(self, to: Consumption, event: Event) -> int | None:
        """The filter that means this event; `any` without filters means every one."""
        if to.mode == "any" and not to.filters:
            return 0
        order = sorted(range(len(to.filters)), key=lambda n: n in self.met)
        return next((n for n in order if self.means(to.filters[n], event)), None)

    def means(self, wanted: Filter, event: Event) -> bool:
        """Whether a filter means this event: its attributes and its correlation."""
        fits = all(self.attribute(key, each, event) for key, each in wanted.attributes.items())
        return fits and all(
            self.correlates(name, how, event) for name, how in wanted.correlate.items()
        )

    def attribute(self, key: str, wanted: Any, event: Event) -> bool:
        """Whether one attribute is as wanted; an expression may judge it, or give its value."""
        about = event.get("data") if key == "data" else event
        found = transformed(wanted, about, self.frame({})) if is_text(wanted) else wanted
        if not is_text(wanted):
            found = value(wanted, about, self.frame({}))
        return found is True or found == event.get(key)

    def correlates(self, name: str, how: Any, event: Event) -> bool:
        """Whether the event belongs to those taken before, or to what is expected."""
        found = expression(how["from"], event, self.frame({}))
        if "expect" in how:
            return bool(found == value(how["expect"], event, self.frame({})))
        if found is None:
            return False
        return bool(self.correlated.setdefault(name, found) == found)

    def frame(self, more: Variables) -> Frame:
        return Frame(self.interpreter.variables({**self.local, **more}))


def is_text(wanted: Any) -> bool:
    """Whether a filter's value is an expression."""
    return isinstance(wanted, str) and wanted.strip().startswith("${")


async def listen(
    interpreter: "Interpreter", task: Listen, given: Any, frame: Frame, local: Variables
) -> list[Any]:
    """Wait until enough events have come; what they say, in their order."""
    request = interpreter.request
    journal = request.journal
    key = f"{request.start.request}/{journal.path}"
    heard = journal.once("heard", lambda: len(request.carried.events))
    filters = wide_filters(interpreter, task.to, given, frame)
    await request.act(effects.subscribe, effects.Subscribe(key=key, filters=filters))
    listener, results = Listener(interpreter, task.to, local), list[Any]()
    why = f"Waiting for events in {task.name}"
    while not listener.enough:
        await request.wait(partial(has_come, request, heard), None, why)
        event = request.carried.events[heard]
        heard += 1
        if listener.hears(event):
            results.append(await taken(interpreter, task, event, len(results), local))
    await request.act(effects.unsubscribe, effects.Unsubscribe(key=key))
    return results


def has_come(request: RequestWorkflow, heard: int) -> bool:
    """Whether there are more events than have been heard."""
    return len(request.carried.events) > heard


async def taken(
    interpreter: "Interpreter", task: Listen, event: Event, index: int, local: Variables
) -> Any:
    """What one event says, or what the tasks for each event make of it."""
    seen = event if task.read == "envelope" else event.get("data")
    if task.tasks is None:
        return seen
    own = {**local, task.each: seen, task.at: index}
    with interpreter.journal.within(interpreter.journal.key(str(index))):
        output, _ = await interpreter.run_list(task.tasks, seen, own)
    frame = Frame(interpreter.variables(own), task, seen)
    output = transformed(task.each_flow.output_as, output, frame)
    if task.each_flow.export_as is not None:
        exported = transformed(task.each_flow.export_as, output, frame)
        check(task.each_flow.export_schema, exported, "the context")
        interpreter.context = exported
    return output


def wide_filters(
    interpreter: "Interpreter", to: Consumption, given: Any, frame: Frame
) -> list[dict[str, str]]:
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
