"""A declared process as it is understood: a tree of tasks, frozen.

Texts, expressions and inputs stay as they are written; `workflows/declared/` evaluates them. The
`pointer` of a task is its JSON pointer in the document, which errors name as their instance.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal

Path = tuple[str | int, ...]
Length = timedelta | str
"""A duration, or the expression that gives one."""

Backoff = Literal["constant", "linear", "exponential"]

CONTINUE, EXIT, END = "continue", "exit", "end"
DIRECTIVES = (CONTINUE, EXIT, END)
ERROR_KEYS = ("type", "status", "instance", "title", "detail")


@dataclass(frozen=True)
class Flow:
    """What goes into a task or a process and comes out: schemas, and expressions or mappings."""

    input_schema: Mapping[str, Any] | None = None
    input_from: Any = None
    output_schema: Mapping[str, Any] | None = None
    output_as: Any = None
    export_schema: Mapping[str, Any] | None = None
    export_as: Any = None


@dataclass(frozen=True)
class Task:
    """What every task has: its name and place, and when, on what and how long it runs."""

    name: str
    path: Path
    condition: str | None = None
    flow: Flow = Flow()
    timeout: Length | None = None
    then: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def pointer(self) -> str:
        """The task's JSON pointer."""
        return pointer(self.path)

    @property
    def kind(self) -> str:
        """The keyword that makes it what it is: `call`, `do`, …"""
        return type(self).__name__.lower()

    @cached_property
    def names_its_start(self) -> bool:
        """Whether an expression in it may ask when it began."""
        return "startedAt" in str(self.source)

    def lists(self) -> Iterator[tuple["Task", ...]]:
        """The lists of tasks directly inside this one."""
        return iter(())


@dataclass(frozen=True)
class Call(Task):
    """Calls a step, or a function that the process defines."""

    function: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Do(Task):
    """Runs tasks one after the other."""

    tasks: tuple[Task, ...] = ()

    def lists(self) -> Iterator[tuple[Task, ...]]:
        yield self.tasks


@dataclass(frozen=True)
class For(Task):
    """Runs tasks for each item of a collection, as long as a condition holds."""

    each: str = "item"
    at: str = "index"
    collection: Any = None
    loop_while: str | None = None
    tasks: tuple[Task, ...] = ()

    def lists(self) -> Iterator[tuple[Task, ...]]:
        yield self.tasks


@dataclass(frozen=True)
class Fork(Task):
    """Runs branches side by side; if they compete, the first to finish wins."""

    branches: tuple[Task, ...] = ()
    compete: bool = False

    def lists(self) -> Iterator[tuple[Task, ...]]:
        return ((branch,) for branch in self.branches)


@dataclass(frozen=True)
class Case:
    """One case of a switch; without a condition it is the default."""

    name: str
    when: str | None
    then: str
    path: Path


@dataclass(frozen=True)
class Switch(Task):
    """Goes where the first case that matches says."""

    cases: tuple[Case, ...] = ()


@dataclass(frozen=True)
class Set(Task):
    """Gives data."""

    value: Any = None


@dataclass(frozen=True)
class Raise(Task):
    """Raises an error."""

    error: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait(Task):
    """Waits for some time by the clock."""

    duration: Length = timedelta()


@dataclass(frozen=True)
class Emit(Task):
    """Publishes an event."""

    event: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Filter:
    """Which events are meant: attributes, literal or as expressions, and correlation."""

    attributes: Mapping[str, Any]
    correlate: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Consumption:
    """Which events a listener takes: one, any or all of some filters, and until when."""

    mode: Literal["one", "any", "all"]
    filters: tuple[Filter, ...] = ()
    until_condition: str | None = None
    until_events: "Consumption | None" = None


@dataclass(frozen=True)
class Listen(Task):
    """Waits for events; with `tasks`, runs them for each event as it comes."""

    to: Consumption = Consumption("any")
    read: Literal["data", "envelope", "raw"] = "data"
    each: str = "item"
    at: str = "index"
    tasks: tuple[Task, ...] | None = None
    each_flow: Flow = Flow()

    def lists(self) -> Iterator[tuple[Task, ...]]:
        if self.tasks is not None:
            yield self.tasks


@dataclass(frozen=True)
class Retry:
    """When and how often to try again. `backoff` multiplies the delay by attempt or by 2 each."""

    delay: Length = timedelta()
    backoff: Backoff = "constant"
    attempts: int | None = None
    attempt_duration: Length | None = None
    duration: Length | None = None
    jitter: tuple[Length, Length] | None = None
    when: str | None = None
    except_when: str | None = None


@dataclass(frozen=True)
class Catch:
    """Which errors a `try` catches, and what it does then."""

    errors: Mapping[str, Any] = field(default_factory=dict)
    variable: str = "error"
    when: str | None = None
    except_when: str | None = None
    retry: Retry | None = None
    tasks: tuple[Task, ...] | None = None
    then: str | None = None


@dataclass(frozen=True)
class Try(Task):
    """Runs tasks and catches their errors."""

    tasks: tuple[Task, ...] = ()
    catch: Catch = Catch()

    def lists(self) -> Iterator[tuple[Task, ...]]:
        yield self.tasks
        if self.catch.tasks is not None:
            yield self.catch.tasks


@dataclass(frozen=True)
class Run(Task):
    """Runs another process inside this one."""

    process: str = ""
    """Its `namespace/name`."""
    arguments: Any = None
    awaits: bool = True


@dataclass(frozen=True)
class Process:
    """A whole process. `bare` ones are documents of their own, not parts of a catalog item."""

    tasks: tuple[Task, ...]
    flow: Flow = Flow()
    timeout: Length | None = None
    functions: Mapping[str, Task] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    schedule: Mapping[str, Any] | None = None
    document: Mapping[str, Any] | None = None
    parts: Mapping[str, "Process"] = field(default_factory=dict)
    """Processes that `run` may name, by `namespace/name`."""
    source: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def bare(self) -> bool:
        """Whether it is a document of its own."""
        return self.document is not None

    def every_task(self) -> Iterator[Task]:
        """Every task of the process, its functions included, outer before inner."""
        yield from walk(self.tasks)
        yield from walk(self.functions.values())


def walk(tasks: Any) -> Iterator[Task]:
    """Every task of a list, outer before inner."""
    for task in tasks:
        yield task
        for inner in task.lists():
            yield from walk(inner)


def pointer(path: Path) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
