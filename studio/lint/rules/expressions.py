"""Rules about what expressions read."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from catalog.definitions import LANGUAGES
from catalog.expressions import is_expression, reads_whole, source_of
from catalog.expressions.nodes import Index, Node, Variable
from catalog.problems import suggestion
from catalog.processes.model import Call, Path, Set, Task
from studio.lint.inference import Missing
from studio.lint.knowledge import Site
from studio.lint.rule import Found, rule
from studio.lint.subject import Definition, Subject
from studio.lint.values import NULL

BARE = re.compile(
    r"\$(answers|context|input|now|output|request|settings|task|workflow)(\.[\w.\[\]]+)?"
)
"""What stands where an expression was meant."""


@rule("unknown-answer", "error")
def unknown_answer(subject: Subject) -> Iterator[Found]:
    """An answer that the form does not ask for: what reads it always gets null."""
    for site, note in missing(subject, lambda origin: origin.partition(".")[0] == "answers"):
        message = f"the form has no answer `{note.spelt}`"
        yield Found(site.path, message, suggestion(note.name, note.owner.members or ()))
    for _, path, name in subject.names("answer"):
        owner = subject.definition.answers
        for part in str(name).split("."):
            found = owner.member(part)
            if found is None:
                hint = suggestion(part, owner.members or ())
                yield Found(path, f"the form has no answer `{name}`", hint)
                break
            owner = found


@rule("half-expression", "error")
def half_expression(subject: Subject) -> Iterator[Found]:
    """A text with `${ }` in its middle: only a text that is an expression as a whole is evaluated.

    In `metadata` none is but in `values`, and in the languages of a text none.
    """
    for task in subject.tasks:
        for path, text in evaluated(task):
            if not is_expression(text) or path[-1] in LANGUAGES:
                hint = 'Write one expression: `${ "Dear \\(.name)" }`, or `%(name)s` and `values`'
                yield Found(path, "this would stand there as it is, not evaluated", hint)
        others = {key: value for key, value in task.metadata.items() if key != "values"}
        for path, _ in places_with(others, (*task.path, "metadata")):
            hint = "Write `%(name)s` in the title, and give it under `values`"
            yield Found(path, "expressions in `metadata` are not evaluated, but for `values`", hint)


@rule("bare-variable", "error")
def bare_variable(subject: Subject) -> Iterator[Found]:
    """A text such as `$answers.name` without `${ }` around it, which stands there as it is."""
    for task in subject.tasks:
        given = task.arguments if isinstance(task, Call) else None
        if isinstance(task, Set) and not isinstance(task.value, str):
            given = task.value
        at = (*task.path, "set" if isinstance(task, Set) else "with")
        found = [*texts_in(given, at)]
        found += texts_in(task.metadata.get("values"), (*task.path, "metadata", "values"))
        for path, text in found:
            if BARE.fullmatch(text.strip()):
                message = f"`{text.strip()}` is a text here, and no expression"
                yield Found(path, message, f"Write `${{ {text.strip()} }}`")


def texts_in(value: Any, at: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a value with its path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts_in(inner, (*at, str(key)))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from texts_in(inner, (*at, index))
    elif isinstance(value, str):
        yield at, value


def evaluated(task: Task) -> Iterator[tuple[Path, str]]:
    """The texts with `${` in them where expressions are evaluated."""
    if isinstance(task, Call):
        yield from places_with(task.arguments, (*task.path, "with"))
    elif isinstance(task, Set) and not isinstance(task.value, str):
        yield from places_with(task.value, (*task.path, "set"))


def places_with(value: Any, at: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a value that has `${` in it."""
    return ((path, text) for path, text in texts_in(value, at) if "${" in text)


@rule("whole-answers", "warning")
def whole_answers(subject: Subject) -> Iterator[Found]:
    """`$answers` without a name behind it: only answers that are named anywhere are there."""
    for site in subject.sites:
        if site.tree is not None and reads_whole(source_of(site.text), "answers"):
            message = "only those answers are there that some expression names"
            yield Found(site.path, message, "Name what you need: `$answers.amount`")


@rule("context-before-export", "error")
def context_before_export(subject: Subject) -> Iterator[Found]:
    """`$context` read where nothing has been kept yet."""
    for site in subject.sites:
        known = site.variables.get("context")
        if known == NULL and site.tree is not None and takes_member(site.tree, "context"):
            hint = "Keep it before with `export: {as: …}`"
            yield Found(site.path, "nothing has been kept in `$context` before this", hint)


def takes_member(node: Node, variable: str) -> bool:
    """Whether an expression takes a member of a variable."""
    if isinstance(node, Index) and node.target == Variable(variable):
        return True
    return any(takes_member(inner, variable) for inner in node.children)


@rule("unknown-context", "error")
def unknown_context(subject: Subject) -> Iterator[Found]:
    """A member of `$context` that no task before has kept there."""
    for site, note in missing(subject, lambda origin: origin == "context"):
        hint = suggestion(note.name, note.owner.members or ())
        yield Found(site.path, f"nothing has been kept as `{note.spelt}`", hint)


@rule("context-lost", "warning")
def context_lost(subject: Subject) -> Iterator[Found]:
    """An `export` that leaves out what was kept before and is read later on."""
    for task in subject.tasks:
        site = subject.site((*task.path, "export", "as"))
        if site is None or task.flow.export_as is None:
            continue
        before, after = site.variables.get("context"), site.value
        if before is None or before.members is None or after.members is None:
            continue
        for name in sorted(before.members.keys() - after.members.keys()):
            if is_read_after(subject, task.path, name):
                hint = "Keep it too: `${ $context + {…} }`"
                yield Found(site.path, f"this forgets `$context.{name}`, which is read later", hint)


def is_read_after(subject: Subject, place: Path, name: str) -> bool:
    """Whether a member of the context is read after a task, before it is kept anew."""
    seen, left = set[Path](), list(subject.graph.follows.get(place, ()))
    while left:
        here = left.pop()
        if here in seen:
            continue
        seen.add(here)
        if any(("context", name) in site.reader.reads for site in subject.by_task.get(here, ())):
            return True
        exported = subject.site((*here, "export", "as"))
        if exported is None or name not in (exported.value.members or ()):
            left += subject.graph.follows.get(here, ())
    return False


@rule("unknown-setting", "error")
def unknown_setting(subject: Subject) -> Iterator[Found]:
    """A setting that the item does not have."""
    for site, note in missing(subject, lambda origin: origin.partition(".")[0] == "settings"):
        hint = suggestion(note.name, note.owner.members or ())
        yield Found(site.path, f"the item has no setting `{note.spelt}`", hint)


@rule("unused-setting", "warning", about="item")
def unused_setting(definition: Definition) -> Iterator[Found]:
    """A setting of an item with a process that no expression reads."""
    if definition.item is None or not definition.processes:
        return
    read, whole = set[str](), False
    for subject in definition.processes:
        for site in subject.sites:
            whole |= site.tree is not None and reads_whole(source_of(site.text), "settings")
            read |= site.names
    for name in definition.item.settings if not whole else ():
        if name not in read:
            message = f"nothing reads the setting `{name}`"
            yield Found(
                ("settings", name), message, f"Read it with `$settings.{name}`, or take it out"
            )


@rule("unknown-output", "error")
def unknown_output(subject: Subject) -> Iterator[Found]:
    """A member of a step's output that the step does not have."""
    for site, note in missing(subject, lambda origin: origin.startswith(("step ", "returns"))):
        who = note.owner.origin.removeprefix("step ").replace("returns", "returns:")
        hint = suggestion(note.name, note.owner.members or ())
        yield Found(site.path, f"`{who}` gives no `{note.spelt}`", hint)


@rule("unknown-member", "warning")
def unknown_member(subject: Subject) -> Iterator[Found]:
    """A member of anything else that cannot be there, so that null is read."""
    told = ("answers", "context", "settings", "step ", "returns", "secrets")
    for site, note in missing(subject, lambda origin: not origin.startswith(told)):
        hint = suggestion(note.name, note.owner.members or ())
        yield Found(site.path, f"`{note.spelt}` is never there", hint)


def missing(subject: Subject, meant: Callable[[str], bool]) -> Iterator[tuple[Site, Missing]]:
    """Members that are read and cannot be there, of the owners that are meant."""
    for site in subject.sites:
        for note in site.reader.notes:
            if isinstance(note, Missing) and meant(note.owner.origin):
                yield site, note
