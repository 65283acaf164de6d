"""What a process takes in of another system's answer: all of it, or what its task picks.

An answer that no expression could read whole is cut down to what `output.as` makes of it before it
enters the workflow, so that neither the history nor the next tasks carry the rest.
"""

from typing import Any

import orjson
from pydantic import BaseModel

from catalog.expressions import ExpressionError, Jq, evaluate_all, source_of
from catalog.expressions.limits import LARGEST_STATE
from services.faults import CallFailed, unanswered
from services.outbound import LARGEST_ANSWER

ENGINE = Jq(largest_state=2 * LARGEST_ANSWER)
PICKED_FROM = LARGEST_STATE // 2
"""Bytes of an answer beyond which a task's `output.as` is applied to it at once."""


class Pick(BaseModel):
    """The `output.as` of a task, with the variables that it names."""

    source: Any
    variables: dict[str, Any] = {}

    def of(self, answer: Any) -> Any:
        """What it makes of an answer. Raises `CallFailed`."""
        seen = {**self.variables, "output": answer}
        try:
            if isinstance(self.source, str):
                return ENGINE.evaluate(source_of(self.source), answer, seen)
            return evaluate_all(ENGINE, self.source, answer, seen)
        except ExpressionError as why:
            title = "The expression could not be evaluated"
            raise CallFailed(
                "expression", 400, title, f"{why.message} {why.hint}".strip()
            ) from None


def taken_in(answer: Any, pick: Pick | None) -> tuple[Any, bool]:
    """What the process gets of an answer, and whether that is picked already.

    Raises `CallFailed` where it is too large all the same.
    """
    size = len(orjson.dumps(answer))
    if pick is not None and size > PICKED_FROM:
        return small(pick.of(answer)), True
    return small(answer), False


def small(value: Any) -> Any:
    """The value, if a process can take it in. Raises `CallFailed`."""
    size = len(orjson.dumps(value))
    if size > LARGEST_STATE:
        limit = LARGEST_STATE // 1024
        raise unanswered(
            502,
            "answer too large",
            f"the answer has {-(-size // 1024)} kB, and a process takes at most {limit} kB: say "
            "under `output: {as: ...}` of the task what it needs of it, or ask for less",
            passing=False,
        )
    return value
