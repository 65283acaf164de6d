"""What rules are asked about: a definition, its processes, and what is known around them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from catalog.definitions import CatalogItem
from catalog.expressions import is_expression
from catalog.forms import Form
from catalog.processes.inputs import given, names_in, usual_forms
from catalog.processes.model import Call, Path, Process, Task
from catalog.processes.places import expressions
from catalog.registry import Registry, StepType
from ground.messages import languages
from studio.lint.graph import Graph
from studio.lint.knowledge import Knowledge, Site
from studio.lint.outputs import Outputs
from studio.lint.schemas import of_form
from studio.lint.values import (
    ANYTHING,
    NUMBER,
    TEXT,
    Value,
    literal,
    object_of,
    one_of,
    rooted,
)

REQUEST = object_of(
    dict.fromkeys(("id", "reference", "item", "version", "channel", "submitted_at"), TEXT)
    | {"language": one_of(languages()), "revision": NUMBER}
)
TASK = object_of(
    dict.fromkeys(("name", "reference"), TEXT) | {"definition": ANYTHING, "input": ANYTHING}
)
WORKFLOW = object_of(
    {"id": TEXT, "input": ANYTHING, "definition": ANYTHING}
    | {
        "startedAt": object_of(
            {"iso8601": TEXT, "epoch": literal({"seconds": 0, "milliseconds": 0})}
        )
    }
)


@dataclass(frozen=True)
class Around:
    """What is known around a definition."""

    registry: Registry
    groups: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    titles: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """The items that have each title, by its language and itself."""
    hosts: frozenset[str] = frozenset()
    """Hosts that processes may call here."""


@dataclass(frozen=True)
class Definition:
    """A catalog item with what belongs to it; or no item, for a document of its own."""

    around: Around
    item: CatalogItem | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    sources: tuple[Process, ...] = ()
    """The process of the item and those that it runs, or the document."""

    @cached_property
    def processes(self) -> "tuple[Subject, ...]":
        """The processes as rules are asked about them."""
        return tuple(Subject(self, process) for process in self.sources)

    @property
    def form(self) -> Form | None:
        """The form of the item, where it can be compiled."""
        return self.forms.get(self.item.form) if self.item else None

    @cached_property
    def answers(self) -> Value:
        """What the form can give."""
        return rooted(of_form(self.form, ""), "answers") if self.form else ANYTHING


@dataclass(frozen=True)
class Subject:
    """One process of a definition."""

    definition: Definition
    process: Process

    @property
    def item(self) -> CatalogItem | None:
        """The item that it carries."""
        return self.definition.item

    @property
    def registry(self) -> Registry:
        return self.definition.around.registry

    @property
    def first(self) -> bool:
        """Whether the item names it itself."""
        return self.process is self.definition.sources[0]

    # Tasks

    @cached_property
    def graph(self) -> Graph:
        """Which task may come after which."""
        return Graph.of(self.process)

    @cached_property
    def tasks(self) -> list[Task]:
        """Every task, outer before inner."""
        return list(self.process.every_task())

    @cached_property
    def calls(self) -> list[Call]:
        """Every call of a step that there is."""
        return [task for task in self.tasks if isinstance(task, Call) and self.step(task)]

    def calls_of(self, *steps: str) -> Iterator[Call]:
        """The calls of these steps."""
        return (task for task in self.calls if task.function in steps)

    def step(self, task: Task) -> StepType | None:
        """The step that a task calls."""
        if not isinstance(task, Call) or task.function in self.process.functions:
            return None
        return self.registry.steps.get(task.function)

    def lists(self) -> Iterator[tuple[Task, ...]]:
        """Every list of tasks."""
        yield self.process.tasks
        for task in self.tasks:
            yield from task.lists()

    # What steps are given

    def given(self, task: Call) -> dict[str, Any]:
        """What a step is given, its title included."""
        step = self.step(task)
        return given(task, step) if step else dict(task.arguments)

    def names(self, *kinds: str) -> Iterator[tuple[Call, Path, Any]]:
        """Where steps are given names of these kinds, expressions left out: task, path, name.

        Only words for people may be anything but a text.
        """
        for task, path, kind, name in self.every_name:
            if kind in kinds and (isinstance(name, str) or kind == "texts"):
                yield task, path, name

    @cached_property
    def every_name(self) -> list[tuple[Call, Path, str, Any]]:
        """Every name that a step is given, with its task, its path and its kind."""
        return [
            (task, (*task.path, "with", *path), kind, name)
            for task in self.calls
            if (step := self.step(task))
            for path, kind, name in names_in(step, task.arguments)
        ]

    def form_of(self, task: Call) -> Form | None:
        """The form that a step shows, where it is written down and can be compiled."""
        step = self.step(task)
        shown = usual_forms(step, task.arguments).get("form") if step else None
        name = task.arguments.get("form", shown)
        return self.definition.forms.get(name) if isinstance(name, str) else None

    # Expressions

    @cached_property
    def knowledge(self) -> Knowledge:
        """What is known of the data at every expression."""
        outputs = Outputs(self.registry.steps, self.definition.forms)
        made = Knowledge(self.process, self.surroundings, outputs)
        made.follow(self.surroundings.get("answers", ANYTHING) if self.first else ANYTHING)
        return made

    @cached_property
    def sites(self) -> list[Site]:
        """Every expression where it stands."""
        tasks = {task.path: task for task in self.tasks}
        found = []
        for path, text in expressions(self.process):
            lengths = range(len(path), 0, -1)
            task = next((tasks[path[:n]] for n in lengths if path[:n] in tasks), None)
            found.append(self.knowledge.site(path, text, task))
        return found

    def site(self, path: Path) -> Site | None:
        """The expression at a path."""
        return self.by_path.get(path)

    @cached_property
    def by_path(self) -> dict[Path, Site]:
        return {site.path: site for site in self.sites}

    @cached_property
    def by_task(self) -> dict[Path, list[Site]]:
        """The expressions of each task, by its path."""
        found: dict[Path, list[Site]] = {}
        for site in self.sites:
            found.setdefault(site.task.path if site.task else (), []).append(site)
        return found

    @cached_property
    def surroundings(self) -> dict[str, Value]:
        """What every expression sees."""
        always = {
            "workflow": rooted(WORKFLOW, "workflow"),
            "task": rooted(TASK, "task"),
            "now": TEXT,
            "runtime": rooted(literal({"name": "", "version": ""}), "runtime"),
            "secrets": rooted(object_of(dict.fromkeys(self.process.secrets, TEXT)), "secrets"),
        }
        if self.item is None or self.definition.sources[0].bare:
            return always
        return always | {
            "answers": self.definition.answers,
            "request": rooted(REQUEST, "request"),
            "settings": rooted(literal(self.item.settings), "settings"),
        }

    def literal_at(self, task: Task, *keys: str) -> Any:
        """What stands in `with` of a call; None where nothing or an expression does."""
        found: Any = self.given(task) if isinstance(task, Call) else None
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        return None if is_expression(found) else found
