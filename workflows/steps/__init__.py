"""The steps of customer service, one module each: typed input, typed output, what customers see.

Python workflows call a step as a coroutine, `await approval(self, Approval(...))`; its result is
journalled as a whole, so that a story which runs again passes it at once.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter

from workflows.request import RequestWorkflow

Q = TypeVar("Q", bound=RequestWorkflow)
W = TypeVar("W")
R = TypeVar("R")

STEPS: dict[str, Callable[[Any, Any], Awaitable[Any]]] = {}
"""The steps by name; some are only for workflows that have a case."""


def step(work: Callable[[Q, W], Awaitable[R]]) -> Callable[[Q, W], Awaitable[R]]:
    """Register a step under its name, `ask_customer` as `ask-customer`, and journal its result."""
    name = work.__name__.replace("_", "-")
    result_type: TypeAdapter[Any] = TypeAdapter(get_type_hints(work)["return"])

    @wraps(work)
    async def run(request: Q, wants: W) -> R:
        key = request.journal.key(name)
        if key in request.journal.results:
            return result_type.validate_python(request.journal.results[key])  # type: ignore[no-any-return]
        with request.journal.within(key):
            result = await work(request, wants)
        request.journal.finish(key, result_type.dump_python(result, mode="json"))
        return result

    STEPS[name] = run
    return run
