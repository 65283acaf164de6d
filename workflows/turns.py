"""Turns: a story that goes back and forth carries only the turn it is in, however long it lasts.

Each turn is told which comes next by the one before. A finished turn leaves nothing in the journal
and nothing to undo, so whatever is to be undone is done before the first.
"""

from collections.abc import Awaitable, Callable, Mapping

from pydantic import BaseModel

from workflows.request import RequestWorkflow

PRESENT = "turn"
"""The key of the present turn in the journal, in its story or step."""

Turns = Mapping[str, Callable[[], Awaitable[str | None]]]


class Turn(BaseModel):
    """One turn of a story; without a name the story has had its last."""

    number: int
    name: str | None

    def below(self, path: str) -> str:
        """Under which the turn journals, in a story or step of this path."""
        return f"{path}{self.name}.{self.number}"


async def take_turns(request: RequestWorkflow, turns: Turns, first: str) -> None:
    """Take turns from the first on, or from the one that the run before left off, to the last."""
    path, results = request.journal.path, request.journal.results
    kept = results.get(f"{path}{PRESENT}")
    turn = Turn.model_validate(kept or {"number": 1, "name": first})
    while turn.name:
        results[f"{path}{PRESENT}"] = turn.model_dump()
        with request.journal.within(turn.below(path)):
            following = await turns[turn.name]()
        forget(request, turn.below(path))
        turn = Turn(number=turn.number + 1, name=following)
    results[f"{path}{PRESENT}"] = turn.model_dump()


def forget(request: RequestWorkflow, path: str) -> None:
    """Drop what a finished turn has journalled under this path, and its undos."""
    request.journal.drop(path)
    request.let_stand(f"{path}/")
