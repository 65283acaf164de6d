"""Rules: a name, how grave it is, a docstring that becomes documentation, and a function."""

import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal, NamedTuple

from catalog.processes.findings import Severity
from catalog.processes.model import Path

About = Literal["item", "process"]


class Found(NamedTuple):
    """What a rule has found: where, what, and how to mend it.

    The path of a rule about processes begins at the process, of one about items at the item.
    """

    path: Path
    message: str
    hint: str = ""


Check = Callable[[Any], Iterable[Found]]


@dataclass(frozen=True)
class Rule:
    """One rule. `about` says what its function is given: a `Definition` or a `Subject`."""

    name: str
    severity: Severity
    about: About
    check: Check

    @property
    def words(self) -> str:
        """What it finds and why that matters."""
        return " ".join(inspect.cleandoc(self.check.__doc__ or "").split())


RULES: dict[str, Rule] = {}
"""The rules by name, as far as their modules have been imported; see `all_rules`."""


def rule(name: str, severity: Severity, about: About = "process") -> Callable[[Check], Check]:
    """Make a rule of a function. Raises `ValueError` when there is one of that name."""

    def add(check: Check) -> Check:
        if name in RULES:
            raise ValueError(f"there are two rules `{name}`")
        RULES[name] = Rule(name, severity, about, check)
        return check

    return add


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by name, in alphabetical order; the modules of `rules/` are imported once."""
    from studio.lint import rules

    for module in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        import_module(module.name)
    return dict(sorted(RULES.items()))


def rules_about(about: About) -> Iterator[Rule]:
    """The rules about items, or about processes."""
    return (one for one in all_rules().values() if one.about == about)
