"""The events that have come and that some listener has yet to hear, in the state that travels."""

from typing import Any

from workflows.messages import Carried

Event = dict[str, Any]

MOST_WAITING = 100
"""Events that may wait to be heard; each may have 16 KB, and a state that travels has a limit."""


def start(carried: Carried, listener: str) -> None:
    """A listener hears every event from now on, unless it has begun before."""
    carried.listening.setdefault(listener, carried.passed + len(carried.events))


def hear(carried: Carried, event: Event) -> None:
    """An event came; nobody keeps it unless somebody listens."""
    if not carried.listening:
        return
    if len(carried.events) < MOST_WAITING:
        carried.events.append(event)
    else:
        carried.lost += 1


def has_come(carried: Carried, listener: str) -> bool:
    """Whether there is an event that the listener has not heard, or whether it has missed some."""
    return carried.lost > 0 or next_event(carried, listener) is not None


def next_event(carried: Carried, listener: str) -> Event | None:
    """The next event for the listener; None where none has come that is still kept."""
    number = carried.listening[listener] - carried.passed
    return carried.events[number] if number < len(carried.events) else None


def has_heard(carried: Carried, listener: str) -> None:
    """The listener is done with its next event."""
    carried.listening[listener] += 1
    forget(carried)


def stop(carried: Carried, below: tuple[str, ...]) -> None:
    """The listeners whose names begin so hear no more."""
    for listener in [each for each in carried.listening if each.startswith(below)]:
        del carried.listening[listener]
    forget(carried)


def forget(carried: Carried) -> None:
    """Drop the events that every listener has heard."""
    end = carried.passed + len(carried.events)
    first = min(carried.listening.values(), default=end)
    del carried.events[: first - carried.passed]
    carried.passed = first
    if not carried.listening:
        carried.lost = 0
