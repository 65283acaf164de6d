"""What tasks give, as far as it is known before they run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from catalog.expressions import ExpressionError, is_expression, source_of
from catalog.expressions.parsing import parse
from catalog.forms import Form
from catalog.processes.inputs import given, usual_forms
from catalog.processes.model import Call, Emit, Task
from catalog.registry import StepType
from studio.lint.inference import Reader
from studio.lint.schemas import of_form, of_schema
from studio.lint.values import (
    ANYTHING,
    NULL,
    Value,
    joined,
    list_of,
    literal,
    object_of,
)

ONLY_IF = {
    "approval": ("decision", "returned", ("may_return",)),
    "ask-customer": ("outcome", "overtaken", ("revision", "messages")),
    "collect-document": ("outcome", "overtaken", ("revision",)),
    "task": ("outcome", "overtaken", ("revision",)),
}
"""What only some of a step's inputs make possible: the member, its value, and those inputs."""
READ_ANSWERS, DECIDE = "read-answers", "decide"
Variables = Mapping[str, Value]


@dataclass(frozen=True)
class Outputs:
    """The steps there are, and the forms that they show."""

    steps: Mapping[str, StepType]
    forms: Mapping[str, Form]

    def expression(self, text: str, dot: Value, seen: Variables) -> Value:
        """What an expression gives."""
        try:
            return Reader(seen).value(parse(source_of(text)), dot)
        except ExpressionError:
            return ANYTHING

    def value(self, source: Any, dot: Value, seen: Variables) -> Value:
        """What a value with expressions in it gives."""
        if is_expression(source):
            return self.expression(source, dot, seen)
        if isinstance(source, Mapping):
            return object_of({str(key): self.value(one, dot, seen) for key, one in source.items()})
        if isinstance(source, list | tuple):
            found = [self.value(one, dot, seen) for one in source]
            return list_of(joined(found) if found else None)
        return literal(source)

    def transformed(self, source: Any, dot: Value, seen: Variables) -> Value:
        """The same where a text is an expression with or without `${ }`."""
        if isinstance(source, str):
            return self.expression(source, dot, seen)
        return self.value(source, dot, seen)

    def plain(self, task: Task, data: Value) -> Value:
        """What a task without tasks inside gives: an event, or what it was given."""
        return ANYTHING if isinstance(task, Emit) else data

    def of_step(self, task: Call, dot: Value, seen: Variables, answers: Value) -> Value:
        """What a step answers."""
        step = self.steps.get(task.function)
        if step is None:
            return ANYTHING
        origin = f"step {task.function}"
        if task.function == READ_ANSWERS:
            return answers
        if task.function == DECIDE:
            return self.decided(task.arguments.get("table"), dot, seen).named(origin)
        shown = given(task, step)
        found = without(of_schema(step.output_schema), task.function, shown).named(origin)
        form = self.forms.get(str(shown.get("form", usual_forms(step, shown).get("form"))))
        if form is None or found.members is None:
            return found
        return self.answered(found, form, shown).named(origin)

    def answered(self, found: Value, form: Form, shown: Mapping[str, Any]) -> Value:
        """What a step that shows a form answers: the decisions and answers that the form has."""
        members, can = dict(found.members or {}), of_form(form, "")
        decision = members.get("decision")
        # Where the step has decisions of its own, those of the form only lead to them.
        if decision is not None and decision.choices is None:
            members["decision"] = (can.member("decision") or NULL).or_null()
        returned = shown.get("returns", [])
        if "answers" in members and isinstance(returned, list | tuple):
            names = [name for name in returned if isinstance(name, str)]
            members["answers"] = object_of(
                {name: (can.member(name) or NULL).or_null() for name in names}, "returns"
            )
        return object_of(members)

    def decided(self, table: Any, dot: Value, seen: Variables) -> Value:
        """What a decision table gives: one of its results, or a list of them."""
        if not isinstance(table, Mapping) or not isinstance(table.get("rules"), list):
            return ANYTHING
        rows = [row.get("then") for row in table["rules"] if isinstance(row, Mapping)]
        rows += [table["default"]] if "default" in table else []
        found = joined(self.value(row, dot, seen) for row in rows)
        return list_of(found) if table.get("hit") == "collect" else found


def without(found: Value, function: str, shown: Mapping[str, Any]) -> Value:
    """What a step answers, without what its inputs make impossible."""
    member, value, inputs = ONLY_IF.get(function, ("", "", ()))
    known = (found.members or {}).get(member)
    if known is None or known.choices is None or any(shown.get(name) for name in inputs):
        return found
    left = replace(known, choices=known.choices - {f'"{value}"'})
    return object_of({**(found.members or {}), member: left})
