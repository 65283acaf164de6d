"""How fast a process goes: it pauses now and then, and never goes in circles without waiting."""

from datetime import timedelta

from temporalio import workflow

from workflows.declared.faults import Circling
from workflows.request import RequestWorkflow

MOST_WITHOUT_WAITING = 2_000
"""Tasks that may run one after the other without anything that is waited for."""
MOST_EFFECTS = 500
"""Effects that it may have without waiting for people, events or time."""
CATCHING_UP = 10
"""So many times more may a new run pass until it is where the one before has left."""
BREATH = 250
"""Tasks after which the engine gets a turn: it takes a worker that computes for 2 s for stuck."""
MOMENT = timedelta(milliseconds=1)


class Pace:
    """Counts the tasks of one request since something was last waited for."""

    def __init__(self, request: RequestWorkflow) -> None:
        self.request = request
        self.most = MOST_WITHOUT_WAITING
        if workflow.info().continued_run_id:
            self.most *= CATCHING_UP
        self.seen = self.progress()
        self.count = 0

    def progress(self) -> tuple[int, int]:
        """What changes whenever something is waited for."""
        return workflow.info().get_current_history_length(), self.request.carried.acts

    async def step(self) -> None:
        """Count a task. Raises `Circling` when nothing was waited for in too many."""
        if self.progress() != self.seen:
            self.seen, self.count, self.most = self.progress(), 0, MOST_WITHOUT_WAITING
        self.count += 1
        if self.count > self.most or self.request.carried.acts > MOST_EFFECTS:
            raise Circling
        if self.count % BREATH == 0:
            await workflow.sleep(MOMENT)
            self.seen = self.progress()
