"""Turns: a story that goes back and forth carries only the turn it is in, however long it lasts.

Each turn is told which comes next by the one before. A finished turn leaves nothing in the journal
and nothing to undo, so whatever is to be undone is done before the first.
"""

from collections.abc import Awaitable, Callable, Mapping

from pydantic import BaseModel

from workflows.request import RequestWorkflow

PRESENT = "turn"
"""The key of the present turn in the journal."""

Turns = Mapping[str, Callable[[], Awaitable[str | None]]]


class Turn(BaseModel):
    """One turn of a story; without a name the story has had its last."""

    number: int
    name: str | None

    @property
    def path(self) -> str:
        """Under which the turn journals."""
        return f"{self.name}.{self.number}"


async def take_turns(request: RequestWorkflow, turns: Turns, first: str) -> None:
    """Take turns from the first on, or from the one that the run before left off, to the last."""
    kept = request.journal.results.get(PRESENT)
    turn = Turn.model_validate(kept or {"number": 1, "name": first})
    if kept:
        request.carried.stage = request.left_off
    while turn.name:
        request.journal.results[PRESENT] = turn.model_dump()
        with request.journal.within(turn.path):
            following = await turns[turn.name]()
        forget(request, turn)
        turn = Turn(number=turn.number + 1, name=following)
    request.journal.results[PRESENT] = turn.model_dump()


def forget(request: RequestWorkflow, turn: Turn) -> None:
    """Drop what a finished turn has journalled, and its undos."""
    request.journal.drop(turn.path)
    begins = f"{request.start.request}/{turn.path}/"
    request.carried.undos = [
        (name, key) for name, key in request.carried.undos if not key.startswith(begins)
    ]
