"""Telling: the customer's timeline, and what ops read in the Temporal UI.

Entries gather here and travel with the next effect, so that telling costs no command of its own.
"""

from datetime import datetime
from typing import Any

from temporalio import workflow

from ground import search_attributes
from services.timeline import Entry, Visible
from store.requests import StageState
from workflows.journal import Journal
from workflows.messages import Start


class Telling:
    """What one request tells, once, whichever run of its workflow it is in."""

    def __init__(self, start: Start, journal: Journal) -> None:
        self.start, self.carried, self.journal = start, start.carried, journal

    def say(
        self,
        text: str = "",
        *,
        params: dict[str, Any] | None = None,
        visible: Visible = "customer",
        stage: str | None = None,
        state: StageState | None = None,
        known_end: datetime | None = None,
    ) -> None:
        """Add an entry to those that travel with the next effect."""
        # By what it says: a lost attempt of this task may have told something else in this place.
        key = self.journal.key(f"told {text or f'{stage} {state}'}")
        if key in self.journal.results:
            return
        self.journal.results[key] = True
        if self.start.timeline:
            told = Entry(key=key, at=workflow.now(), text=text, params=params or {})
            told.visible, told.stage, told.state, told.known_end = visible, stage, state, known_end
            self.carried.pending.append(told)

    def take(self) -> list[Entry]:
        """The gathered entries, which now travel."""
        entries, self.carried.pending = self.carried.pending, []
        return entries

    def put_back(self, entries: list[Entry]) -> None:
        """Entries whose effect was refused travel with the next one."""
        self.carried.pending = entries + self.carried.pending

    def move(self, stage: str, state: StageState, known_end: datetime | None = None) -> None:
        """Put a stage into a state, for people and for the search in the Temporal UI."""
        self.say(stage=stage, state=state, known_end=known_end)
        if state == StageState.IN_PROGRESS and self.carried.stage != stage:
            self.carried.stage = stage
            workflow.upsert_search_attributes([search_attributes.STAGE.value_set(stage)])

    def waits(self, why: str) -> None:
        """Show in the Temporal UI what the request waits for, and since when."""
        workflow.set_current_details(
            f"**{why}** since {workflow.now():%Y-%m-%d %H:%M} UTC\n\n"
            f"Item `{self.start.item}`, stage `{self.carried.stage or 'received'}`"
        )

    def expects(self, group: str, due: datetime | None) -> None:
        """Let ops find the request by who is to act now, since when and until when."""
        if self.carried.expected == (group, due):
            return
        self.carried.expected = (group, due)
        due_now = search_attributes.DUE
        workflow.upsert_search_attributes(
            [
                search_attributes.GROUP.value_set(group),
                search_attributes.SINCE.value_set(workflow.now()),
                due_now.value_set(due) if due else due_now.value_unset(),
            ]
        )

    def ended(self, outcome: str) -> None:
        """Show the outcome in the Temporal UI."""
        workflow.upsert_search_attributes([search_attributes.OUTCOME.value_set(outcome)])
        workflow.set_current_details(f"**{outcome}**")
