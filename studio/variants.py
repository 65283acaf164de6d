"""Ways to fill an item's form: its examples, and each with other answers where a branch depends."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from catalog.examples import answers_for
from catalog.forms import Context, Form
from catalog.forms.nodes import Node
from catalog.processes.reading import names_read_by, numbers_in
from catalog.versions import Version
from ground import clock
from services import balance, forms
from services.access import Viewer
from store.billing import EntryKind
from studio.choices import Path
from studio.filling import DOCUMENT, asked, filled
from studio.simulate import Simulation

AS_IN_EXAMPLE = "as in the example"
MOST_DAYS = 800
MOST_AHEAD = 300
"""Days to come that are tried: what waits for them is to go on before a simulation ends."""
MOST_NEAR = 6
"""Numbers or days that are tried in one question."""
MOST_OFFERED = 6
"""Options of a data source that are tried."""
AS_IT_IS, EMPTY = "as it is", "empty"
TOLD = frozenset(("document", "message", "params", "text", "title", "values", "why"))
"""Inputs of steps that are only told to people: no branch depends on them."""
CUSTOMERS = ("customer@example.com", "customer2@example.com")


class Variants:
    """The answers that are worth trying."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.form: Form = version.form()
        self.examples = {example.name: example for example in version.item.examples}
        self.numbers = limits_in(version)
        self.read = sorted(deciding(version.process) & set(self.form.shape.known))

    def answers(self, simulation: Simulation, path: Path) -> dict[str, Any]:
        """The answers of the next way to fill the form. Raises `Refusal` where there is none."""
        viewer = simulation.population.viewer(self.customer(path))
        return simulation.database.write_now(self.made, viewer, path)

    def customer(self, path: Path) -> str:
        """Who asks: the demo customers differ in what they have."""
        return path.choose("customer", CUSTOMERS)

    def made(self, session: Session, viewer: Viewer, path: Path) -> dict[str, Any]:
        """An example's answers, some of them changed, and filled up where that asks for more."""
        example = self.examples[path.choose("example", tuple(self.examples))]
        if path.choose(f"balance for {example.name}", (AS_IT_IS, EMPTY)) == EMPTY:
            spend_all(session, viewer.account_id)
        context = forms.context(session, viewer.account_id, "en")
        answers = answers_for(example, context)
        changed = False
        for name in self.read:
            if name not in answers and name not in asked(self.form, answers, context):
                continue
            values = alternatives(self.form, answers, name, self.numbers, context)
            if not values:
                continue
            chosen = path.choose(f"{name} of {example.name}", (AS_IN_EXAMPLE, *values))
            if chosen != AS_IN_EXAMPLE:
                answers[name], changed = values[chosen], True
        if not changed:
            return answers
        sound = self.form.evaluate(answers, context=context, strict=False).sound
        return filled(self.form, sound, context)


def deciding(process: Mapping[str, Any] | None) -> set[str]:
    """The names that a process reads where a branch may depend on them."""
    return names_read_by(untold(process or {}))


def untold(value: Any) -> Any:
    """A part of a process without what is only told to people."""
    if isinstance(value, list | tuple):
        return [untold(inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    kept = {key: untold(inner) for key, inner in value.items() if key != "metadata"}
    if isinstance(kept.get("with"), dict):
        kept["with"] = {key: inner for key, inner in kept["with"].items() if key not in TOLD}
    return kept


def spend_all(session: Session, account_id: str) -> None:
    """Leave a customer without money or credit, so that nothing can be charged."""
    if held := balance.balance_minor(session, account_id):
        balance.book(session, account_id, EntryKind.PAYMENT, -held, None, clock.now())
    account = balance.billing_account(session, account_id, lock=True)
    account.credit_limit_minor = 0
    session.add(account)


def alternatives(
    form: Form, answers: dict[str, Any], name: str, numbers: set[int], context: Context
) -> dict[str, Any]:
    """What else could be answered to a question with few answers, or near a limit.

    By the words for it; an answer that the form refuses is none.
    """
    found = {
        str(one): one
        for node in form.shape.known[name]
        for one in likely(node, numbers, context, answers)
        if one != answers.get(name)
    }
    fit = [
        word
        for word, value in found.items()
        if not any(
            error.pointer.startswith(f"/{name}")
            for error in form.evaluate(answers | {name: value}, context=context).errors
        )
    ]
    facts = form.shape.known[name][0].facts
    few = fit if facts.options or facts.source else spread(fit, MOST_NEAR)
    return {word: found[word] for word in few}


def likely(node: Node, numbers: set[int], context: Context, answers: dict[str, Any]) -> list[Any]:
    """The answers to one question that may lead elsewhere."""
    facts = node.facts
    kind = facts.rules.get("type")
    if facts.options and not facts.many:
        return [option.value for option in facts.options]
    if facts.source and not facts.many:
        return [value for value, _ in context.options(facts.source, answers)][:MOST_OFFERED]
    if facts.widget == "file":
        return [[DOCUMENT] if facts.many else DOCUMENT]
    if kind == "boolean":
        return [True, False]
    if kind in ("integer", "number"):
        return near_limits(node, numbers)
    if facts.rules.get("format") == "date":
        return near_days(numbers, context)
    return []


def near_days(numbers: set[int], context: Context) -> list[str]:
    """Days at and beside the distances that the process and its settings name, in their order."""
    distances = {0} | {n + step for n in numbers if n <= MOST_DAYS for step in (0, 1)}
    both = sorted({sign * n for n in distances for sign in (-1, 1) if sign * n <= MOST_AHEAD})
    return [(context.today + timedelta(days=n)).isoformat() for n in both]


def near_limits(node: Node, numbers: set[int]) -> list[int]:
    """Numbers at and beside those that the process and its settings name."""
    rules = node.facts.rules
    least, most = rules.get("minimum", 0), rules.get("maximum", float("inf"))
    near = sorted({n + step for n in numbers for step in (0, 1)} | {least, least + 1})
    return [number for number in near if least <= number <= most]


def spread(values: list[str], most: int) -> list[str]:
    """So many of the values at most, from the first to the last of them."""
    if len(values) <= most:
        return values
    return [values[round(step * (len(values) - 1) / (most - 1))] for step in range(most)]


def limits_in(version: Version) -> set[int]:
    """The numbers by which a branch may be decided; those of errors are none."""
    process = {key: value for key, value in (version.process or {}).items() if key != "use"}
    return numbers_in([untold(process), version.item.settings])
