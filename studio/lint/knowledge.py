"""What is known of the data at every expression of a process, followed from task to task.

Each task is given what those before it may have left: its input, and the context. Where paths meet,
either may hold; where a process goes round, what keeps changing is given up as unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from catalog.expressions import ExpressionError, names_read, source_of
from catalog.expressions.nodes import Node
from catalog.expressions.parsing import parse
from catalog.processes.model import (
    CONTINUE,
    END,
    EXIT,
    Call,
    Do,
    Flow,
    For,
    Fork,
    Listen,
    Path,
    Process,
    Raise,
    Run,
    Set,
    Switch,
    Task,
    Try,
)
from catalog.processes.places import of_flow, of_task
from studio.lint.inference import Reader
from studio.lint.outputs import Outputs
from studio.lint.values import (
    ANYTHING,
    NULL,
    NUMBER,
    TEXT,
    Value,
    items_of,
    join,
    joined,
    list_of,
    object_of,
)

MOST_VISITS = 5_000
MOST_CHANGES = 3
ERROR = object_of(
    {"type": TEXT, "status": NUMBER, "instance": TEXT.or_null()}
    | dict.fromkeys(("title", "detail"), ANYTHING),
    "error",
)

Variables = Mapping[str, Value]


class State(NamedTuple):
    """What goes from one task to the next."""

    data: Value
    context: Value


UNKNOWN = State(ANYTHING, ANYTHING)
Exits = Iterator[tuple[str | None, State]]


@dataclass(frozen=True)
class Site:
    """An expression where it stands: the task that it belongs to, and what it sees."""

    path: Path
    text: str
    task: Task | None
    dot: Value
    variables: Variables

    @cached_property
    def tree(self) -> Node | None:
        """The expression's tree; None for a broken one."""
        try:
            return parse(source_of(self.text))
        except ExpressionError:
            return None

    @cached_property
    def names(self) -> set[str]:
        """Every name of a member that it mentions, and perhaps a few more."""
        return names_read(source_of(self.text)) if self.tree is not None else set()

    @cached_property
    def reader(self) -> Reader:
        """What was noted when the expression was followed."""
        reader = Reader(self.variables)
        if self.tree is not None:
            reader.value(self.tree, self.dot)
        return reader

    @cached_property
    def value(self) -> Value:
        """What the expression gives."""
        return Reader(self.variables).value(self.tree, self.dot) if self.tree else ANYTHING


def either(one: State | None, other: State) -> State:
    """What is known where two paths meet."""
    if one is None:
        return other
    return State(join(one.data, other.data), join(one.context, other.context))


@dataclass
class Knowledge:
    """Follows a process; `sites` are its expressions, by their paths."""

    process: Process
    surroundings: Variables
    outputs: Outputs
    sites: dict[Path, Site] = field(default_factory=dict)
    exported: list[list[Value]] = field(default_factory=list)
    """For each `try` that is being followed, what it may have kept before it failed."""
    visits: int = 0
    depth: int = 0

    def follow(self, given: Value) -> None:
        """Follow the process from its input to its end."""
        self.note(of_flow(self.process.flow, ()), None, given, self.surroundings)
        start = State(self.given(self.process.flow, given, self.surroundings), NULL)
        self.run_list(self.process.tasks, start, {})
        if self.visits > MOST_VISITS:
            self.sites.clear()

    def site(self, path: Path, text: str, task: Task | None) -> Site:
        """An expression; where nothing came to it, nothing is known of what it sees."""
        return self.sites.get(path) or Site(path, text, task, ANYTHING, {})

    # What expressions see and give

    def variables(self, state: State, local: Variables) -> Variables:
        return {**self.surroundings, "context": state.context, **local}

    def note(
        self, places: Iterator[tuple[Path, str]], task: Task | None, dot: Value, seen: Variables
    ) -> None:
        """Keep what some expressions see."""
        for path, text in places:
            self.sites[path] = Site(path, text, task, dot, seen)

    def value(self, source: object, dot: Value, seen: Variables) -> Value:
        """What a text, or a value with expressions in it, gives."""
        return self.outputs.value(source, dot, seen)

    def given(self, flow: Flow, data: Value, seen: Variables) -> Value:
        """What a task or process works on."""
        if flow.input_from is None:
            return data
        return self.outputs.transformed(flow.input_from, data, seen)

    # Lists and tasks

    def run_list(self, tasks: tuple[Task, ...], state: State, local: Variables) -> State | None:
        """What leaves a list of tasks; None if nothing does."""
        places = {task.name: index for index, task in enumerate(tasks)}
        arriving, changes = {0: state}, dict.fromkeys(range(len(tasks)), 0)
        left, leaving = {0} if tasks else set(), None if tasks else state
        while left:
            index = min(left)
            left.remove(index)
            for word, out in self.run_task(tasks[index], arriving[index], local):
                goal = index + 1 if word in (None, CONTINUE) else places.get(word or "", len(tasks))
                if word == END:
                    continue
                if word == EXIT or goal >= len(tasks):
                    leaving = either(leaving, out)
                elif (joint := either(arriving.get(goal), out)) != arriving.get(goal):
                    changes[goal] += 1
                    arriving[goal] = joint if changes[goal] <= MOST_CHANGES else UNKNOWN
                    left.add(goal)
        return leaving

    def run_task(self, task: Task, state: State, local: Variables) -> Exits:
        """What leaves a task, by where it says to go."""
        self.visits += 1
        if self.visits > MOST_VISITS:
            return
        seen = {**self.variables(state, local), "input": state.data}
        if task.condition is not None:
            yield None, state
        given = self.given(task.flow, state.data, seen)
        within = {**seen, "input": given}
        self.note(of_task(task), task, given, within)
        self.before(task, state.data, seen)
        for word, raw in list(self.work(task, State(given, state.context), local, within)):
            yield word, self.after(task, raw, local, given)

    def before(self, task: Task, data: Value, seen: Variables) -> None:
        """Keep what is seen by expressions that a task begins with."""
        at = task.path
        places = (
            (path, text)
            for path, text in of_task(task)
            if path[: len(at) + 1] == (*at, "if") or path[: len(at) + 2] == (*at, "input", "from")
        )
        self.note(places, task, data, seen)

    def after(self, task: Task, raw: State, local: Variables, given: Value) -> State:
        """What a task hands on and keeps."""
        flow, at = task.flow, task.path
        seen = {**self.variables(raw, local), "input": given, "output": raw.data}
        self.note(of_flow(Flow(output_as=flow.output_as), at), task, raw.data, seen)
        output = raw.data
        if flow.output_as is not None:
            output = self.outputs.transformed(flow.output_as, raw.data, seen)
        if flow.export_as is None:
            return State(output, raw.context)
        seen = {**seen, "output": output}
        self.note(of_flow(Flow(export_as=flow.export_as), at), task, output, seen)
        context = self.outputs.transformed(flow.export_as, output, seen).named("context")
        for kept in self.exported:
            kept.append(context)
        return State(output, context)

    # The kinds of tasks

    def work(self, task: Task, state: State, local: Variables, seen: Variables) -> Exits:
        """What a task gives before its output is transformed."""
        match task:
            case Set():
                made = self.outputs.transformed(task.value, state.data, seen)
                yield task.then, State(made, state.context)
            case Switch():
                yield from ((case.then, state) for case in task.cases)
                if all(case.when is not None for case in task.cases):
                    yield task.then, state
            case Raise():
                return
            case Try():
                yield from self.tried(task, state, local, seen)
            case Do() | For() | Listen() | Fork():
                left = getattr(self, f"run_{task.kind}")(task, state, local, seen)
                if left is not None:
                    yield task.then, left
            case Call():
                yield task.then, self.called(task, state, local, seen)
            case Run():
                yield task.then, State(ANYTHING if task.awaits else state.data, state.context)
            case _:
                yield task.then, State(self.outputs.plain(task, state.data), state.context)

    def run_do(self, task: Do, state: State, local: Variables, seen: Variables) -> State | None:
        return self.run_list(task.tasks, state, local)

    def run_for(self, task: For, state: State, local: Variables, seen: Variables) -> State | None:
        items = self.outputs.transformed(task.collection, state.data, seen)
        own = {**local, task.each: items_of(items), task.at: NUMBER}
        return self.repeated(task, state, own)

    def repeated(self, task: For, state: State, local: Variables) -> State:
        """What is known before and after each round of a loop."""
        for _ in range(MOST_CHANGES):
            self.note_while(task, state, local)
            left = self.run_list(task.tasks, state, local)
            joint = either(left, state)
            if joint == state:
                return state
            state = joint
        self.note_while(task, UNKNOWN, local)
        self.run_list(task.tasks, UNKNOWN, local)
        return UNKNOWN

    def note_while(self, task: For, state: State, local: Variables) -> None:
        if task.loop_while is not None:
            place = ((*task.path, "while"), task.loop_while)
            seen = {**self.variables(state, local), "input": state.data}
            self.note(iter((place,)), task, state.data, seen)

    def run_listen(
        self, task: Listen, state: State, local: Variables, seen: Variables
    ) -> State | None:
        own = {**local, task.each: ANYTHING, task.at: NUMBER}
        everything = {**self.variables(UNKNOWN, own), "input": ANYTHING, "output": ANYTHING}
        self.note(of_task(task), task, ANYTHING, everything)
        self.before(task, state.data, seen)
        left = self.run_list(task.tasks, State(ANYTHING, ANYTHING), own) if task.tasks else None
        context = ANYTHING if left else state.context
        return State(list_of(None), context)

    def run_fork(self, task: Fork, state: State, local: Variables, seen: Variables) -> State | None:
        left = [self.run_list((branch,), state, local) for branch in task.branches]
        ends = [each for each in left if each is not None]
        if not ends or (len(ends) < len(left) and not task.compete):
            return None
        context = joined([state.context, *(end.context for end in ends)])
        data = joined(end.data for end in ends)
        return State(data if task.compete else list_of(data), context)

    def tried(self, task: Try, state: State, local: Variables, seen: Variables) -> Exits:
        self.exported.append([])
        left = self.run_list(task.tasks, state, local)
        context = joined([state.context, *self.exported.pop()])
        if left is not None:
            yield task.then, left
        own = {**local, task.catch.variable: ERROR}
        about = {**self.variables(State(state.data, context), own), "error": ERROR, "input": NULL}
        place = (*task.path, "catch")
        caught = (one for one in of_task(task) if one[0][: len(place)] == place)
        self.note(caught, task, state.data, about)
        after: State | None = State(state.data, context)
        if task.catch.tasks is not None:
            after = self.run_list(task.catch.tasks, State(state.data, context), own)
        if after is not None:
            yield task.catch.then or task.then, after

    def called(self, task: Call, state: State, local: Variables, seen: Variables) -> State:
        """What a step or a function answers."""
        function = self.process.functions.get(task.function)
        if function is None:
            answers = self.surroundings.get("answers", ANYTHING)
            return State(self.outputs.of_step(task, state.data, seen, answers), state.context)
        if self.depth > 3:
            return UNKNOWN
        self.depth += 1
        arguments = self.outputs.value(dict(task.arguments), state.data, seen)
        left = self.run_list((function,), State(arguments, state.context), local)
        self.depth -= 1
        # Others may call it with something else, so what it sees is not known for sure.
        for path in [path for path in self.sites if path[: len(function.path)] == function.path]:
            del self.sites[path]
        return left or UNKNOWN
