"""Rules about what steps are given: people, forms, answers, titles."""

from collections.abc import Iterator
from typing import Any

from catalog.forms import Form
from catalog.forms.nodes import facts_of
from catalog.problems import suggestion
from catalog.processes.inputs import usual_forms
from catalog.processes.model import Path
from studio.lint.rule import Found, rule
from studio.lint.subject import Definition, Subject
from workflows.steps.approval import APPROVE, RETURN
from workflows.steps.offer import ACCEPT

DECISION = "decision"
CUSTOMER = "customer"
SHOWN = ("title", "stage", "values")
"""What a task's metadata may hold that the interpreter reads."""


@rule("unknown-group", "warning")
def unknown_group(subject: Subject) -> Iterator[Found]:
    """A group that no item and none of the demo's staff belongs to: perhaps a slip of the pen."""
    known = subject.definition.around.groups
    for _, path, name in subject.names("group"):
        if name not in known and name != CUSTOMER:
            yield Found(path, f"no group `{name}` is known here", suggestion(str(name), known))


@rule("unknown-skill", "warning")
def unknown_skill(subject: Subject) -> Iterator[Found]:
    """A skill that none of the demo's staff has."""
    known = subject.definition.around.skills
    for _, path, name in subject.names("skill"):
        if name not in known:
            yield Found(path, f"no skill `{name}` is known here", suggestion(str(name), known))


@rule("unknown-computed", "error")
def unknown_computed(subject: Subject) -> Iterator[Found]:
    """A calculation that does not exist."""
    known = subject.registry.computed
    for _, path, name in subject.names("computed"):
        if name not in known:
            yield Found(path, f"there is no calculation `{name}`", suggestion(str(name), known))


@rule("unused-form", "warning", about="item")
def unused_form(definition: Definition) -> Iterator[Found]:
    """A form among the `task_forms` that no task shows."""
    if definition.item is None or not definition.processes:
        return
    shown = set[Any]()
    for subject in definition.processes:
        shown |= {name for _, _, name in subject.names("form") if isinstance(name, str)}
        for task in subject.calls:
            step = subject.step(task)
            shown |= set(usual_forms(step, task.arguments).values()) if step else set()
        if any(
            "form" in task.arguments and not subject.literal_at(task, "form")
            for task in subject.calls
        ):
            return
    for index, name in enumerate(definition.item.task_forms):
        if name not in shown:
            yield Found(("task_forms", index), f"no task shows the form `{name}`", "Take it out")


@rule("decision-missing", "error")
def decision_missing(subject: Subject) -> Iterator[Found]:
    """A form that cannot say yes: an approval needs the `decision` `approve`, an offer `accept`."""
    for task in subject.calls_of("approval", "offer"):
        form = subject.form_of(task)
        needed = [ACCEPT] if task.function == "offer" else [APPROVE]
        if task.function == "approval" and subject.literal_at(task, "may_return") is True:
            needed.append(RETURN)
        for word in needed if form else ():
            assert form
            if word not in decisions(form):
                message = f"the form `{form.name}` has no decision `{word}`"
                hint = f"Give its field `{DECISION}` the choice `{word}`, or name another form"
                yield Found((*task.path, "with", "form"), message, hint)


def decisions(form: Form) -> set[Any]:
    """What the field `decision` of a form can be."""
    nodes = form.shape.known.get(DECISION)
    return {option.value for option in facts_of(nodes).options} if nodes else set()


@rule("unknown-return", "error")
def unknown_return(subject: Subject) -> Iterator[Found]:
    """A field under `returns` that the form of the task does not have."""
    for task, path, name in subject.names("field"):
        form = subject.form_of(task)
        if form is not None and not form.shape.open and name not in form.shape.known:
            message = f"the form `{form.name}` has no field `{name}`"
            yield Found(path, message, suggestion(str(name), form.shape.known))


@rule("title-missing", "warning")
def title_missing(subject: Subject) -> Iterator[Found]:
    """A step that people read about, such as a charge, and that says not what it is for."""
    for task in subject.calls:
        step = subject.step(task)
        assert step
        title = step.input_schema.get("properties", {}).get("title")
        if title and title.get("default", ...) is None and not subject.given(task).get("title"):
            message = f"nobody is told what `{task.name}` is for"
            hint = "Add `title: {en: …, es: …, pt: …}` to `with` or `metadata`"
            yield Found(task.path, message, hint)


@rule("metadata-misspelt", "warning")
def metadata_misspelt(subject: Subject) -> Iterator[Found]:
    """A key of `metadata` that is nearly `title`, `stage` or `values`, and is not read."""
    for task in subject.tasks:
        for key in task.metadata:
            near = suggestion(str(key), SHOWN)
            if key not in SHOWN and near.startswith("Did"):
                path: Path = (*task.path, "metadata", key)
                yield Found(path, f"nothing reads `{key}`", near)


@rule("result-ignored", "warning")
def result_ignored(subject: Subject) -> Iterator[Found]:
    """A decision, or a charge that may be declined, whose result nothing looks at."""
    for task in subject.calls_of("approval", "offer", "charge"):
        if subject.literal_at(task, "method") == "invoice":
            continue  # An invoice is never declined.
        word = "status" if task.function == "charge" else DECISION
        places = subject.graph.after(task.path) | {task.path}
        sites = (site for place in places for site in subject.by_task.get(place, ()))
        if not any(word in site.names for site in sites):
            message = f"nothing looks at the `{word}` of `{task.name}`"
            hint = f"Add a `switch` with a case such as `when: ${{ .{word} == … }}`"
            yield Found(task.path, message, hint)
