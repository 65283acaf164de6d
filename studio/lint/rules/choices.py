"""Rules about switches and decision tables."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson
from pydantic import ValidationError

from catalog.expressions import is_expression
from catalog.expressions.nodes import Node
from catalog.processes.model import Call, Path, Switch
from catalog.processes.places import inside
from studio.lint.inference import Impossible, Reader, path_of, truth
from studio.lint.knowledge import Site
from studio.lint.rule import Found, rule
from studio.lint.subject import Subject
from studio.lint.values import Value, as_schema, with_member
from workflows.steps.decide import Problem, Table, problems

NOTHING = "null"


@rule("case-after-default", "warning")
def case_after_default(subject: Subject) -> Iterator[Found]:
    """A case of a `switch` that stands behind the one without `when`, and is never looked at."""
    for task in switches(subject):
        default = next((n for n, case in enumerate(task.cases) if case.when is None), None)
        for case in task.cases[default + 1 :] if default is not None else ():
            message = f"`{case.name}` stands behind the case that always matches"
            yield Found(case.path, message, "Move the case without `when` to the end")


@rule("missing-default", "warning")
def missing_default(subject: Subject) -> Iterator[Found]:
    """A `switch` in which perhaps no case matches, so that it runs on into the next task."""
    for task in open_switches(subject):
        found = list(unhandled(subject, task))
        if not any(not left for _, left in found) and not any(
            left - {NOTHING} for _, left in found
        ):
            message = f"it may be that no case of `{task.name}` matches"
            hint = "Add a last case without `when`: `- otherwise: {then: …}`"
            yield Found((*task.path, "switch"), message, hint)


@rule("unhandled-choice", "warning")
def unhandled_choice(subject: Subject) -> Iterator[Found]:
    """A choice of a form, or a decision, for which a `switch` has no case."""
    for task in open_switches(subject):
        found = list(unhandled(subject, task))
        if any(not left for _, left in found):
            continue
        for words, left in found:
            if listed := sorted(left - {NOTHING}):
                message = f"no case handles `{words}` being {' or '.join(listed)}"
                hint = "Add a case for it, or a last case without `when`"
                yield Found((*task.path, "switch"), message, hint)


def switches(subject: Subject) -> Iterator[Switch]:
    return (task for task in subject.tasks if isinstance(task, Switch))


def open_switches(subject: Subject) -> Iterator[Switch]:
    """Those that do not say what happens when no case matches."""
    for task in switches(subject):
        if task.cases and task.then is None and all(case.when is not None for case in task.cases):
            yield task


def unhandled(subject: Subject, task: Switch) -> Iterator[tuple[str, frozenset[str]]]:
    """What each path that the cases compare can be, and no case handles."""
    sites = [site for case in task.cases if (site := subject.site((*case.path, "when")))]
    paths: dict[str, tuple[Node, Value]] = {}
    for site in sites:
        paths |= site.reader.compared
    for words, (node, known) in paths.items():
        if known.choices is not None:
            left = (one for one in known.choices if not any(may_hold(s, node, one) for s in sites))
            yield words, frozenset(left)


def may_hold(site: Site, node: Node, choice: str) -> bool:
    """Whether a condition may hold while a path has this value."""
    variable, names = path_of(node)
    value = Value(frozenset((kind(choice),)), frozenset((choice,)))
    variables, dot = dict(site.variables), site.dot
    if variable:
        variables[variable] = with_member(variables.get(variable, Value()), names, value)
    else:
        dot = with_member(dot, names, value)
    return site.tree is None or truth(Reader(variables).value(site.tree, dot)) is not False


def kind(choice: str) -> str:
    """The kind of a scalar that is given as JSON."""
    first = choice[0]
    return {'"': "string", "n": "null", "t": "boolean", "f": "boolean"}.get(first, "number")


@rule("impossible-value", "warning")
def impossible_value(subject: Subject) -> Iterator[Found]:
    """A comparison with a value that the form, step or table never gives: it is always false."""
    for site in subject.sites:
        for note in site.reader.notes:
            if isinstance(note, Impossible):
                can = ", ".join(sorted(note.choices - {NOTHING})) or "nothing"
                yield Found(site.path, f"`{note.spelt}` is never {note.value}", f"It can be {can}")


# Decision tables


@rule("table-gap", "warning")
def table_gap(subject: Subject) -> Iterator[Found]:
    """Values for which a decision table has neither a row nor a `default`: it then fails."""
    for at, _, problem in tables(subject):
        if problem.kind == "gap":
            message = f"no rule holds for {example(problem)}"
            yield Found(at, message, "Add a rule, or a `default`")
        elif problem.kind == "too-big":
            message = "this table has too many combinations to be checked for gaps"
            yield Found(at, message, "Divide it into two tables")


@rule("table-overlap", "warning")
def table_overlap(subject: Subject) -> Iterator[Found]:
    """Two rules of a `unique` decision table that hold at once: it then fails."""
    for at, _, problem in tables(subject):
        if problem.kind == "overlap":
            one, other = problem.rules
            message = f"rules {one} and {other} both hold for {example(problem)}"
            hint = "Narrow one of them, or write `hit: first`"
            yield Found((*at, "rules", other - 1), message, hint)


@rule("table-row-unused", "warning")
def table_row_unused(subject: Subject) -> Iterator[Found]:
    """A rule of a decision table that never comes to hold."""
    for at, _, problem in tables(subject):
        if problem.kind == "never":
            (number,) = problem.rules
            message = f"rule {number} never holds"
            hint = "An earlier rule covers it, or its conditions exclude one another"
            yield Found((*at, "rules", number - 1), message, hint)


def tables(subject: Subject) -> Iterator[tuple[Path, Table, Problem]]:
    """What is wrong with each decision table that is written down."""
    for task in subject.calls_of("decide"):
        at = (*task.path, "with", "table")
        source = task.arguments.get("table")
        if (table := read_table(source)) is not None:
            schemas = {name: schema_of(subject, task, name) for name in table.inputs}
            yield from ((at, table, problem) for problem in problems(table, schemas))


def read_table(source: Any) -> Table | None:
    """The table, if it is one and its conditions are known."""
    if not isinstance(source, Mapping) or not isinstance(source.get("rules"), list):
        return None
    conditions = [row.get("when") for row in source["rules"] if isinstance(row, Mapping)]
    if any(True for _ in inside(conditions, ())):
        return None
    try:
        return Table.model_validate(dict(source))
    except ValidationError:
        # The rule about inputs tells of it.
        return None


def schema_of(subject: Subject, task: Call, name: str) -> dict[str, Any]:
    """What an input of a table can be."""
    source = task.arguments["table"]["inputs"][name]
    site = subject.site((*task.path, "with", "table", "inputs", name))
    if site is None or not is_expression(source):
        return {}
    known = site.value
    if known.choices is not None and len(known.choices) == 1:
        known = replace(known, choices=None)
    return as_schema(known)


def example(problem: Problem) -> str:
    """Values that show a problem."""
    pairs = (
        f"{name} {orjson.dumps(value, default=float).decode()}" for name, value in problem.example
    )
    return ", ".join(pairs)
