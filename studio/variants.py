"""Ways to fill an item's form: its examples, and each with other answers where a branch depends."""

from typing import Any

from sqlmodel import Session

from catalog.examples import answers_for
from catalog.forms import Form
from catalog.forms.nodes import Node
from catalog.processes.reading import names_read_by, numbers_in
from catalog.versions import Version
from services import forms
from services.access import Viewer
from studio.choices import Path
from studio.filling import filled
from studio.simulate import Simulation

AS_IN_EXAMPLE = "as in the example"
MOST_NUMBERS = 6
CUSTOMERS = ("customer@example.com", "customer2@example.com")


class Variants:
    """The answers that are worth trying."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.form: Form = version.form()
        self.examples = {example.name: example for example in version.item.examples}
        sources = [version.process or {}, version.item.settings]
        self.numbers = numbers_in(sources)
        self.read = sorted(names_read_by(version.process or {}) & set(self.form.shape.known))

    def answers(self, simulation: Simulation, path: Path) -> dict[str, Any]:
        """The answers of the next way to fill the form. Raises `Refusal` where there is none."""
        viewer = simulation.population.viewer(self.customer(path))
        return simulation.database.read_now(self.made, viewer, path)

    def customer(self, path: Path) -> str:
        """Who asks: the demo customers differ in what they have."""
        return path.choose("customer", CUSTOMERS)

    def made(self, session: Session, viewer: Viewer, path: Path) -> dict[str, Any]:
        """An example's answers, some of them changed, and filled up where that asks for more."""
        context = forms.context(session, viewer.account_id, "en")
        example = self.examples[path.choose("example", tuple(self.examples))]
        answers = answers_for(example, context)
        changed = False
        for name in self.read:
            values = {str(value): value for value in alternatives(self.form, name, self.numbers)}
            if len(values) < 2 or name not in answers:
                continue
            chosen = path.choose(f"answer {name}", (AS_IN_EXAMPLE, *values))
            if chosen != AS_IN_EXAMPLE:
                answers[name], changed = values[chosen], True
        if not changed:
            return answers
        sound = self.form.evaluate(answers, context=context, strict=False).sound
        return filled(self.form, sound, context)


def alternatives(form: Form, name: str, numbers: set[int]) -> list[Any]:
    """What else could be answered to a question with few answers, or near a limit."""
    found: list[Any] = []
    for node in form.shape.known[name]:
        facts = node.facts
        if facts.options and not facts.many:
            found += [option.value for option in facts.options]
        elif facts.rules.get("type") == "boolean":
            found += [True, False]
        elif facts.rules.get("type") in ("integer", "number"):
            found += near_limits(node, numbers)
    return list(dict.fromkeys(found))


def near_limits(node: Node, numbers: set[int]) -> list[int]:
    """Numbers at and beside those that the process and its settings name."""
    rules = node.facts.rules
    least, most = rules.get("minimum", 0), rules.get("maximum", float("inf"))
    near = sorted({n + step for n in numbers for step in (0, 1)} | {least, least + 1})
    within = [number for number in near if least <= number <= most]
    return spread(within, MOST_NUMBERS)


def spread(numbers: list[int], most: int) -> list[int]:
    """So many of the numbers at most, from the first to the last of them."""
    if len(numbers) <= most:
        return numbers
    return [numbers[round(step * (len(numbers) - 1) / (most - 1))] for step in range(most)]
