"""The examples of an item: valid answers on the day they are asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from catalog.definitions import Example
from catalog.explain import Mistake, Path
from catalog.forms import Form
from catalog.forms.rules import DAY, day_limit
from catalog.forms.walk import steps
from ground.messages import translate


def answers_on(example: Example, today: date) -> dict[str, Any]:
    """The example's answers with `today+14d` and the like as days: so they never grow stale."""
    return {name: dated(value, today) for name, value in example.answers.items()}


def dated(value: Any, today: date) -> Any:
    """`value` with every word for a day replaced by that day."""
    if isinstance(value, dict):
        return {name: dated(member, today) for name, member in value.items()}
    if isinstance(value, list):
        return [dated(member, today) for member in value]
    if isinstance(value, str) and DAY.fullmatch(value):
        return day_limit(value, today).isoformat()
    return value


def check_example(example: Example, form: Form, today: date, at: Path) -> Iterator[Mistake]:
    """Whatever the form refuses in the example, whose answers lie at `at` in the file."""
    answers = answers_on(example, today)
    judged = form.evaluate(answers, "en", context=AnyOption(today, answers))
    for error in judged.errors:
        reason = error.text or translate("en", error.key, error.params)
        message = f"the example `{example.name}` is not valid: {reason}"
        hint = f"Look at this field in forms/{form.name}.json"
        yield Mistake((*at, *steps(error.pointer)), message, hint)


@dataclass(frozen=True)
class AnyOption:
    """The world as it is known while loading: the day, but no customer and no data source."""

    today: date
    given: Any

    def options(self, name: str, answers: Mapping[str, Any]) -> list[tuple[Any, str]]:
        """Whatever the example says may be an option of a data source."""
        return [(value, "") for value in leaves(self.given)]

    def compute(self, name: str, answers: Mapping[str, Any]) -> None:
        """Nothing can be computed without a customer."""


def leaves(value: Any) -> Iterator[Any]:
    """Every value inside `value` that holds no others."""
    if isinstance(value, (dict, list)):
        for member in value.values() if isinstance(value, dict) else value:
            yield from leaves(member)
    else:
        yield value
