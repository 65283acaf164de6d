"""Rules about deadlines, reminders and waits."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pydantic_core import PydanticCustomError

from catalog.durations import BusinessTime, parse_duration
from catalog.processes.model import Call, Path, Wait
from studio.lint.rule import Found, rule
from studio.lint.subject import Subject

YEAR = timedelta(days=366)
WAITS = ("wait", "valid_for")
"""Inputs that say how long to wait for a customer, by the clock."""


@rule("reminder-too-late", "warning")
def reminder_too_late(subject: Subject) -> Iterator[Found]:
    """A reminder at or after the deadline that it reminds of: it is never sent."""
    for task in subject.calls:
        for path, reminder, end in reminders(subject, task):
            if reminder >= end:
                hint = "Remind earlier, or wait longer"
                yield Found(path, "this reminder comes when the time is already over", hint)


def reminders(subject: Subject, task: Call) -> Iterator[tuple[Path, timedelta, timedelta]]:
    """Each reminder of a task with the time after which it is too late, both from the asking."""
    ends = [end for key in WAITS if (end := clock(subject.literal_at(task, key)))]
    for end in ends[:1]:
        for index, one in enumerate(listed(subject.literal_at(task, "reminders"))):
            if after := clock(one):
                yield (*task.path, "with", "reminders", index), after, end
    whole = deadline(subject, task)
    for index, one in enumerate(listed(subject.literal_at(task, "deciders", "reminders"))):
        if whole and (after := business(one)):
            yield (*task.path, "with", "deciders", "reminders", index), after, whole


def deadline(subject: Subject, task: Call) -> timedelta | None:
    """The business time that all deciders have together; None where it is not written down."""
    total = business(subject.literal_at(task, "deciders", "deadline"))
    for one in listed(subject.literal_at(task, "deciders", "escalations")):
        more = business(one.get("within")) if isinstance(one, dict) else None
        total = total + more if total and more else None
    return total


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def clock(value: Any) -> timedelta | None:
    """A length of time by the clock; None for anything else, such as an expression."""
    try:
        return parse_duration(value) if isinstance(value, str) else None
    except PydanticCustomError:
        return None


def business(value: Any) -> timedelta | None:
    """Business time in days and hours that compare with one another."""
    try:
        found = BusinessTime.parse(value) if isinstance(value, str) else None
    except PydanticCustomError:
        return None
    return timedelta(days=found.days) + found.time if found else None


@rule("timeout-too-short", "warning")
def timeout_too_short(subject: Subject) -> Iterator[Found]:
    """A `timeout` that ends a step before the time which the step itself gives people."""
    for task in subject.calls:
        waits = [clock(subject.literal_at(task, key)) for key in WAITS]
        given = next((one for one in [*waits, deadline(subject, task)] if one), None)
        if given and isinstance(task.timeout, timedelta) and task.timeout < given:
            message = f"this ends `{task.name}` before the time that it gives people"
            hint = "Leave the timeout out: the step ends by itself, and says so in its output"
            yield Found((*task.path, "timeout"), message, hint)


@rule("no-calendar", "warning")
def no_calendar(subject: Subject) -> Iterator[Found]:
    """Business time in an item without a calendar: it passes by the clock, at night too."""
    if subject.item is None or subject.item.service_level is not None:
        return
    hint = "Add `service_level:` with a `calendar`"
    for task in subject.calls:
        if subject.literal_at(task, "business") is True:
            yield Found((*task.path, "with", "business"), "the item has no calendar", hint)
        elif "deciders" in task.arguments:
            at = (*task.path, "with", "deciders", "deadline")
            yield Found(at, "the item has no calendar for business time", hint)


@rule("long-wait", "warning")
def long_wait(subject: Subject) -> Iterator[Found]:
    """A wait of more than a year."""
    for task in subject.tasks:
        hint = "Is that meant? A request that sleeps so long is easily forgotten"
        if isinstance(task, Wait) and isinstance(task.duration, timedelta) and task.duration > YEAR:
            yield Found((*task.path, "wait"), "this waits for more than a year", hint)
        for key in WAITS if isinstance(task, Call) else ():
            given = clock(subject.literal_at(task, key))
            if given and given > YEAR:
                yield Found((*task.path, "with", key), "this waits for more than a year", hint)
