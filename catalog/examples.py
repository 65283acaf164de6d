"""The examples of an item: valid answers for whoever asks, on the day they are asked for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from catalog.definitions import Example
from catalog.explain import Mistake, Path
from catalog.forms import Context, Form
from catalog.forms.rules import DAY, day_limit
from catalog.forms.walk import steps
from catalog.problems import suggestion
from catalog.registry import Registry
from ground.messages import translate

OPTION = re.compile(r"option:([a-z][a-z0-9-]*)")


def answers_for(example: Example, context: Context) -> dict[str, Any]:
    """The example's answers for one person today.

    `today+14d` becomes that day, and `option:my-subscriptions` the first option that this data
    source offers after the answers above it; it stays as it is where there is none.
    """
    answers: dict[str, Any] = {}
    for name, value in example.answers.items():
        answers[name] = filled(value, context, answers)
    return answers


def filled(value: Any, context: Context, answers: dict[str, Any]) -> Any:
    """`value` with its words for days and options replaced."""
    if isinstance(value, dict):
        return {name: filled(member, context, answers) for name, member in value.items()}
    if isinstance(value, list):
        return [filled(member, context, answers) for member in value]
    if isinstance(value, str) and DAY.fullmatch(value):
        return day_limit(value, context.today).isoformat()
    if isinstance(value, str) and (option := OPTION.fullmatch(value)):
        return next((first for first, _ in context.options(option[1], answers)), value)
    return value


def check_example(
    example: Example, form: Form, today: date, registry: Registry, at: Path
) -> Iterator[Mistake]:
    """Whatever the form refuses in the example, whose answers lie at `at` in the file."""
    unknown = list(unknown_sources(example.answers, registry.option_sources, at))
    yield from unknown
    if unknown:
        return
    context = AnyOption(today, example.answers)
    judged = form.evaluate(answers_for(example, context), "en", context=context)
    for error in judged.errors:
        reason = error.text or translate("en", error.key, error.params)
        message = f"the example `{example.name}` is not valid: {reason}"
        hint = f"Look at this field in forms/{form.name}.json"
        yield Mistake((*at, *steps(error.pointer)), message, hint)


def unknown_sources(value: Any, known: frozenset[str], at: Path) -> Iterator[Mistake]:
    """Each `option:` of a data source that does not exist."""
    for path, leaf in leaves(value, at):
        option = OPTION.fullmatch(leaf) if isinstance(leaf, str) else None
        if option and option[1] not in known:
            message = f"there is no source of options `{option[1]}`"
            yield Mistake(path, message, suggestion(option[1], known))


@dataclass(frozen=True)
class AnyOption:
    """The world as it is known while loading: the day, but no customer and no data source."""

    today: date
    given: Any
    zone: str = "UTC"

    def options(self, name: str, answers: Mapping[str, Any]) -> list[tuple[Any, str]]:
        """Whatever the example says may be an option; `option:` words stand for themselves."""
        return [(f"option:{name}", ""), *((value, "") for _, value in leaves(self.given, ()))]

    def compute(self, name: str, answers: Mapping[str, Any]) -> None:
        """Nothing can be computed without a customer."""


def leaves(value: Any, at: Path) -> Iterator[tuple[Path, Any]]:
    """Every value inside `value` that holds no others, with its path."""
    if isinstance(value, (dict, list)):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, member in members:
            yield from leaves(member, (*at, name))
    else:
        yield at, value
