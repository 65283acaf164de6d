"""Leaving things behind in order: questions and waits for events that nobody needs any more."""

from activities.events import end_subscription
from activities.tasks import close_task
from store.requests import StageState
from workflows.declared import hearing
from workflows.request import RequestWorkflow

OPEN = frozenset((close_task.name, end_subscription.name))
"""The undo activities of what merely stands open, as opposed to effects that were wanted."""


def here(request: RequestWorkflow) -> tuple[str, ...]:
    """The beginnings of all journal keys of where the story is, in whichever attempt."""
    journal = request.journal
    return tuple(dict.fromkeys((journal.path, journal.steady)))


async def close(request: RequestWorkflow) -> None:
    """Close whatever was left open where the story is: questions, and waits for events."""
    below = here(request)
    hearing.stop(request.carried, below)
    if await request.undo_all(below, OPEN):
        resume(request)


async def take_back(request: RequestWorkflow, names: list[str]) -> None:
    """Take back all that was done below these names where the story is."""
    below = tuple(f"{path}{name}/" for path in here(request) for name in names)
    hearing.stop(request.carried, below)
    if await request.undo_all(below):
        resume(request)


def resume(request: RequestWorkflow) -> None:
    """Show that the stage goes on, where nobody is asked any more."""
    if request.carried.stage and not request.asking:
        request.telling.move(request.carried.stage, StageState.IN_PROGRESS)
