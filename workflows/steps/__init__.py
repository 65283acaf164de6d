"""The steps of customer service, one module each: typed input, typed output, what customers see.

Python workflows call a step as a coroutine, `await approval(self, Approval(...))`, declared
processes by its name. Its result is journalled as a whole, so that a story which runs again passes
it at once. A module in this folder with a `@step` in it is all that a new step needs.
"""

import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import Any, Generic, TypeVar, get_type_hints, overload

from pydantic import BaseModel, TypeAdapter

from activities.effects import Activity, summary_of
from workflows.request import RequestWorkflow

Q = TypeVar("Q", bound=RequestWorkflow)
W = TypeVar("W", bound=BaseModel)
R = TypeVar("R")

NOBODY = "nobody: it happens by itself"


@dataclass(frozen=True)
class Step(Generic[Q, W, R]):
    """One unit of a process.

    `effects` are those that last beyond the step, `permission` says in plain words who acts. `told`
    is the message key of what the customer reads when a process begins the step without a title;
    None where the step speaks for itself or has nothing to say. One that runs `again` does so with
    the story: what it does inside is journalled, what it tells the workflow is not. A result that
    was `in_vain` has changed nothing: another attempt of the process does it anew.
    """

    name: str
    summary: str
    wants: type[W]
    result: Any
    work: Callable[[Q, W], Awaitable[R]]
    effects: tuple[Activity[Any, Any], ...] = ()
    permission: str = NOBODY
    told: str | None = None
    again: bool = False
    in_vain: Callable[[Any], bool] | None = None

    async def __call__(self, request: Q, wants: W) -> R:
        """Run the step, or return its result if it has come to its end before."""
        key = request.journal.key(self.name)
        if self.again:
            with request.journal.within(key):
                return await self.work(request, wants)
        if key in request.journal.results:
            return self.load(request.journal.results[key])
        with request.journal.within(key):
            result = await self.work(request, wants)
        request.journal.finish(key, self.dump(result))
        return result

    def dump(self, result: R) -> Any:
        """The result as JSON, as the journal keeps it and as declared processes see it."""
        return self.adapter.dump_python(result, mode="json")

    def load(self, stored: Any) -> R:
        """The typed result of a stored one."""
        return self.adapter.validate_python(stored)  # type: ignore[no-any-return]

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.result)

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """The JSON Schema of what the step is given."""
        return self.wants.model_json_schema()

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """The JSON Schema of what the step answers."""
        return self.adapter.json_schema(mode="serialization")

    @property
    def has_effect(self) -> bool:
        """Whether it changes anything that lasts beyond the step."""
        return bool(self.effects)

    @property
    def undoable(self) -> bool:
        """Whether all that it changes can be taken back."""
        return all(effect.undo for effect in self.effects)


STEPS: dict[str, Step[Any, Any, Any]] = {}
"""The steps by name, as far as their modules have been imported; see `all_steps`."""

Work = Callable[[Q, W], Awaitable[R]]


@overload
def step(work: Work[Q, W, R]) -> Step[Q, W, R]: ...


@overload
def step(
    *,
    effects: tuple[Activity[Any, Any], ...] = (),
    permission: str = NOBODY,
    told: str | None = None,
    again: bool = False,
    in_vain: Callable[[Any], bool] | None = None,
    internal: bool = False,
) -> Callable[[Work[Q, W, R]], Step[Q, W, R]]: ...


def step(work: Any = None, *, internal: bool = False, **more: Any) -> Any:
    """Make a step of a coroutine `(request, wants) -> result`, named `ask-customer` for that name.

    An `internal` one is a part of other steps or of one workflow; declared processes cannot call
    it. Raises `ValueError` when another module has a step of that name.
    """

    def wrap(work: Work[Q, W, R]) -> Step[Q, W, R]:
        hints = get_type_hints(work)
        name = work.__name__.replace("_", "-")
        made = Step(name, summary_of(work), hints["wants"], hints["return"], work, **more)
        if not internal:
            register(made)
        return made

    return wrap(work) if work else wrap


def register(made: Step[Any, Any, Any]) -> None:
    """Offer a step to declared processes."""
    known = STEPS.get(made.name)
    if known and known.work.__module__ != made.work.__module__:
        raise ValueError(f"{made.work.__module__} and {known.work.__module__} have one name")
    STEPS[made.name] = made


@cache
def all_steps() -> dict[str, Step[Any, Any, Any]]:
    """Every step by name, in alphabetical order; the modules of this folder are imported once."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        import_module(module.name)
    return dict(sorted(STEPS.items()))
